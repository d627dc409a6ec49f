"""Frames for tests."""

from __future__ import annotations

from typing import Any

from protocol.character import Character
from protocol.chunk import checksum
from protocol.frame import Frame, FrameRecord

STARTS = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "webp": b"RIFF\0\0\0\0WEBP"}
PICTURE = STARTS["jpeg"] + b" not really a picture"


def make_frame(*, step: int = 0, image: bytes = PICTURE, **fields: Any) -> Frame:
    values: dict[str, Any] = {
        "shard_id": "sweep-00000", "step": step, "slider_set": 5, "attempt": 1, "agent": "agent-1", "game_version": "1",
        "calibration_id": "abc", "profile_hash": "0123456789abcdef", "character": Character("male", 3, 4, (0, -7, 100)),
        "is_verified": True, "confidence": 0.98, "captured_seconds": 1.5, "captured_unix_seconds": 1.7e9,
        "image_format": "jpeg", "width": 256, "height": 256, "sha256": checksum(image),
    }  # fmt: skip
    return Frame(FrameRecord(**{**values, **fields}), image)
