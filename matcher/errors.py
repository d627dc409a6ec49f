"""What can go wrong between a photo and its character.

LookalikeError
└── MatcherError
    ├── ModelMismatchError   a model set of another profile, recogniser or embedding size
    ├── ConstraintError      a wish that the creator cannot fulfil
    ├── TargetError          a photo or embedding that cannot be a target
    ├── VerifyError          a match that was set and captured, but not recognised
    └── ServiceError         the service cannot do what it was asked
        ├── ServiceConfigError   what it was told does not make sense
        ├── AccessError          a token is wanted and missing
        ├── ForeignSiteError     another site's page asks, through a visitor's browser
        ├── AbandonedError       whoever asked has gone
        ├── RequestError         a request that cannot be understood
        ├── TooLargeError        a body beyond the limits
        ├── NotKeptError         a photo that is not kept here
        └── BusyError            too much at once: come again
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


class ServiceError(MatcherError):
    """Raised when the service cannot do what it was asked."""


class ServiceConfigError(ServiceError):
    """Raised when a field of the service's configuration makes no sense; names it and what was expected."""


class AccessError(ServiceError):
    """Raised when a token is wanted and the request has none that is known."""


class ForeignSiteError(ServiceError):
    """Raised when a browser says that another site's page asks, or asks by a name that is not this service's."""


class AbandonedError(ServiceError):
    """Raised when whoever asked closed the connection before the work began; nobody reads the answer."""


class RequestError(ServiceError):
    """Raised when a request cannot be understood; names the field."""


class TooLargeError(ServiceError):
    """Raised when a body has more bytes than the limit."""


class NotKeptError(ServiceError):
    """Raised when a photo that was to be deleted is not kept, or the service keeps none."""


class BusyError(ServiceError):
    """Raised when a client, or all of them together, asked for more than is allowed at once."""

    def __init__(self, what: str, retry_after_seconds: float) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"{what}. Try again in {max(1, round(retry_after_seconds))} s.")
