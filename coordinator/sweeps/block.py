"""A block: characters of one slider set in the order in which they are captured."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from creator.profile import Profile
from protocol.character import Character

_SLIDER_SET_BYTES = 6  # 48 bits: any JSON reader keeps them, and a million sets collide once in 560 campaigns


@dataclass(frozen=True, slots=True)
class Block:
    """`slider_set` is the number of the one independent draw of sliders that all its characters come from."""

    slider_set: int
    characters: tuple[Character, ...]


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a kind of sweep needs to know beside its own settings."""

    profile: Profile
    sweep: str
    seed: int
    frames_per_shard: int | None
    shard_seconds: float

    def slider_set(self, number: int) -> int:
        """The same for every block that shares this draw, and no other sweep's."""
        digest = hashlib.sha256(f"{self.sweep}/{number}".encode()).digest()
        return int.from_bytes(digest[:_SLIDER_SET_BYTES], "big")


class SweepSettings(Protocol):
    """The fields of one kind of sweep, checked when they are made."""

    def blocks(self, request: PlanRequest) -> Iterator[Block]:
        """What is to be captured: a function of the settings and the request alone."""
