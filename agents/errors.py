"""Errors of agents: what the screen showed, what was wanted, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.device import Picture
from protocol.errors import DeviceError, LookalikeError


class AgentError(LookalikeError):
    """Raised when an agent cannot do its work."""


class CalibrationError(AgentError):
    """Raised when a creator cannot be learned, or a calibration belongs to another profile, screen size or version. `pictures`
    are the last ones seen, where the creator was looked at."""

    def __init__(self, message: str, pictures: Sequence[Picture] = ()) -> None:
        super().__init__(message)
        self.pictures = tuple(pictures)


class DriverError(AgentError):
    """Raised when the creator could not be brought to what was wanted; `pictures` are the last ones seen."""

    def __init__(self, wanted: str, read: str, pictures: Sequence[Picture] = ()) -> None:
        super().__init__(
            f"Wanted {wanted}, but the screen shows {read}; look at the attached pictures or calibrate again"
        )
        self.wanted = wanted
        self.read = read
        self.pictures = tuple(pictures)


class CaptureError(AgentError):
    """Raised when no settled picture could be taken, or when labels and re-read settings differ again and again."""


class SpoolError(AgentError):
    """Raised when the spool folder is full for too long, damaged or not writable."""


class UplinkError(AgentError):
    """Raised when the coordinator cannot be reached, or answers with something that makes no sense."""


class RefusedError(UplinkError):
    """Raised when the coordinator refuses this agent for good: token, scope or version; asking again does not help."""


class LeaseLostError(UplinkError):
    """Raised when the coordinator no longer knows the lease: the shard is somebody else's now."""


class TouchedError(DeviceError):
    """Raised when the person at the machine uses keyboard or mouse: no key was pressed. `retry_after_seconds` is None while
    the pause key holds the agent."""

    def __init__(self, message: str, retry_after_seconds: float | None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class RecordingError(DeviceError):
    """Raised when a recording cannot be written or read, or when what is played back does something else than was recorded."""
