"""Errors of the stand-in creator.

LookalikeError
└── StandinError
    ├── LookError      a character asks for something that the head cannot show
    ├── RulesError     the game cannot keep such time, or look like that
    ├── DisplayError   there is no display for the window, or a smaller one
    ├── PainterError   the process that renders faces has ended
    ├── FaultError     a fault is unknown or its rate makes no sense
    └── TruthLogError  a truth log cannot be read or written
"""

from protocol.errors import LookalikeError


class StandinError(LookalikeError):
    """Raised when the stand-in creator is asked for something it does not have."""


class LookError(StandinError):
    """Raised when a character asks for something that the head cannot show."""


class RulesError(StandinError):
    """Raised when the game is asked to keep a time or to look in a way that makes no sense."""


class DisplayError(StandinError):
    """Raised when nobody could see the window, or not all of it; says what to change."""


class PainterError(StandinError):
    """Raised when the process that renders faces has ended."""


class FaultError(StandinError):
    """Raised when a fault is unknown or its rate makes no sense; names the fault."""


class TruthLogError(StandinError):
    """Raised when a file is no truth log, has been damaged before its last line, or cannot be written."""
