"""A captured frame: a picture and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from protocol.character import Character
from protocol.message import Message


@dataclass(frozen=True, slots=True)
class FrameRecord(Message):
    """The label of one picture and its provenance.

    `character` is what was read back from the screen, never what was wished for. `is_verified` says that every setting was
    read after the last key that could have changed it and before the next one. `confidence` is the least of its readouts,
    0 to 1. `captured_seconds` is the device's clock, `captured_unix_seconds` the wall clock.
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
    image_format: Literal["jpeg", "webp", "png"]
    width: int
    height: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A record and the encoded picture that its `sha256` is of."""

    record: FrameRecord
    image: bytes
