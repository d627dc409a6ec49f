"""What can go wrong between a photo and its character.

LookalikeError
└── MatcherError
    ├── ModelMismatchError   a model set of another profile, recogniser or embedding size
    ├── ConstraintError      a wish that the creator cannot fulfil
    ├── TargetError          a photo or embedding that cannot be a target
    └── VerifyError          a match that was set and captured, but not recognised
"""

from __future__ import annotations

from protocol.errors import LookalikeError


class MatcherError(LookalikeError):
    """Raised when no character can be found for a photo, or none shown for it."""


class ModelMismatchError(MatcherError):
    """Raised when the models were trained for something else than what is at hand."""

    def __init__(self, what: str, got: str, expected: str, remedy: str) -> None:
        self.what = what
        self.got = got
        self.expected = expected
        super().__init__(f"The models are of {what} {got}, but {what} {expected} is in use. {remedy}")


class ConstraintError(MatcherError):
    """Raised when a wish names something that the creator does not offer, or leaves no character."""


class TargetError(MatcherError):
    """Raised when something handed in as a photo is neither a picture nor an embedding of the models' recogniser."""


class VerifyError(MatcherError):
    """Raised when the creator's picture of a matched character cannot be compared with the photo."""
