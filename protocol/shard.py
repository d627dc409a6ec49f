"""A shard: a few minutes of capture that one agent does in one piece."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.character import Character
from protocol.errors import MessageError
from protocol.message import Message


@dataclass(frozen=True, slots=True)
class Shard(Message):
    """Characters to set and capture in this order. The step of a frame is its place in `characters`.

    `slider_set` numbers say which steps belong to one independent draw of sliders: a split into training and held-out
    rows never cuts through one, since neighbours in an interleaved walk are alike.
    """

    sweep: str
    index: int
    profile_hash: str
    characters: tuple[Character, ...]
    slider_sets: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.slider_sets) != len(self.characters):
            raise MessageError(
                f"Shard.slider_sets: expected one for each of {len(self.characters)} characters, got {len(self.slider_sets)}"
            )

    @property
    def shard_id(self) -> str:
        return f"{self.sweep}-{self.index:05d}"
