"""Cuts blocks of characters into shards of a few minutes each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from coordinator.cost import MenuWalk
from coordinator.sweeps.block import Block, PlanRequest
from protocol.character import Character
from protocol.shard import Shard

_SLACK_SHARE = 0.15  # a block a little over the budget stays whole: its beginning is the dear part


@dataclass(slots=True)
class _Open:
    """The shard that is being filled."""

    characters: list[Character] = field(default_factory=list)
    slider_sets: list[int] = field(default_factory=list)
    size: float = 0.0

    def add(self, block: Block, size: float) -> None:
        self.characters += block.characters
        self.slider_sets += [block.slider_set] * len(block.characters)
        self.size += size


def cut_shards(blocks: Iterable[Block], request: PlanRequest) -> list[Shard]:
    """Whole blocks are put together while they fit; a block that is larger than a shard is cut into equal pieces."""
    budget = _budget(request)
    groups: list[_Open] = []
    for block, size in _pieces(blocks, request, budget):
        if not groups or groups[-1].size + size > budget:
            groups.append(_Open())
        groups[-1].add(block, size)
    return [
        Shard(request.sweep, index, request.profile.hash, tuple(group.characters), tuple(group.slider_sets))
        for index, group in enumerate(groups)
    ]


def _budget(request: PlanRequest) -> float:
    if request.frames_per_shard is not None:
        return request.frames_per_shard
    return request.shard_seconds * request.profile.timing.frames_per_second


def _pieces(blocks: Iterable[Block], request: PlanRequest, budget: float) -> Iterator[tuple[Block, float]]:
    walk = MenuWalk(request.profile)
    for block in blocks:
        size = _size(block, walk, request)
        count = min(len(block.characters), max(1, math.ceil(size / budget - _SLACK_SHARE)))
        ends = [len(block.characters) * (at + 1) // count for at in range(count)]
        for start, end in zip([0, *ends], ends, strict=False):
            yield Block(block.slider_set, block.characters[start:end]), size / count


def _size(block: Block, walk: MenuWalk, request: PlanRequest) -> float:
    if request.frames_per_shard is not None:
        return len(block.characters)
    return sum(walk.capture(character).game_frames for character in block.characters)
