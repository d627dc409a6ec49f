"""Errors of the stand-in creator.

LookalikeError
└── StandinError
    └── LookError      a character asks for something that the head cannot show
"""

from protocol.errors import LookalikeError


class StandinError(LookalikeError):
    """Raised when the stand-in creator is asked for something it does not have."""


class LookError(StandinError):
    """Raised when a character asks for something that the head cannot show."""
