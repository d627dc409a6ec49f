"""A captured frame: a picture and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from protocol.character import Character
from protocol.errors import MessageError
from protocol.message import Message

ImageFormat = Literal["jpeg", "webp", "png"]
MAX_PIXELS = 16_384
"""Of either side: what WebP can hold."""


@dataclass(frozen=True, slots=True)
class FrameRecord(Message):
    """The label of one picture and its provenance.

    `character` is what was read back from the screen, never what was wished for. `is_verified` says that every setting was
    read after the last key that could have changed it and before the next one. `confidence` is the least of its readouts,
    0 to 1. `captured_seconds` is the device's clock, `captured_unix_seconds` the wall clock. Raises MessageError.
    """

    shard_id: str
    step: int
    slider_set: int
    attempt: int
    agent: str
    game_version: str
    calibration_id: str
    profile_hash: str
    character: Character
    is_verified: bool
    confidence: float
    captured_seconds: float
    captured_unix_seconds: float
    image_format: ImageFormat
    width: int
    height: int
    sha256: str

    def __post_init__(self) -> None:
        if not 0 <= self.confidence <= 1:
            raise MessageError(f"FrameRecord.confidence: expected 0 to 1, got {self.confidence:g}")
        for name, pixels in (("width", self.width), ("height", self.height)):
            if not 1 <= pixels <= MAX_PIXELS:
                raise MessageError(f"FrameRecord.{name}: expected 1 to {MAX_PIXELS} pixels, got {pixels}")


@dataclass(frozen=True, slots=True)
class Frame:
    """A record and the encoded picture that its `sha256` is of."""

    record: FrameRecord
    image: bytes


def image_format_of(image: bytes) -> ImageFormat | None:
    """By its first bytes; whether it can be decoded is another question."""
    if image.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if image.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    return "webp" if image[:4] == b"RIFF" and image[8:12] == b"WEBP" else None
