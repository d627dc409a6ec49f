"""Errors of figures and logs.

LookalikeError
└── TelemetryError
    ├── EndpointError   a process cannot listen for scrapes
    └── FigureError     a figure is not in the catalogue, or has other labels
"""

from protocol.errors import LookalikeError


class TelemetryError(LookalikeError):
    """Raised when a process cannot tell how it is."""


class EndpointError(TelemetryError):
    """Raised when a process cannot listen for scrapes; names the address and the remedy."""


class FigureError(TelemetryError):
    """Raised for a figure that the catalogue does not know, or that has other labels there."""
