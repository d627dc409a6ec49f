"""Characters near given ones, such as the ones that were matched: rows where the imitator matters most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from coordinator.sweeps.block import Block, PlanRequest
from coordinator.sweeps.bounds import check_count, check_share
from coordinator.sweeps.characters import Characters
from creator.character import nearest_character
from creator.profile import Profile
from protocol.character import Character


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """`num_neighbours` of each centre: every slider off by a normal step of `reach_share` of its range, ends included.

    A centre and its neighbours are one slider set: they are alike, so no split may part them.
    """

    characters: tuple[Character, ...]
    num_neighbours: int = 32
    reach_share: float = 0.1

    def __post_init__(self) -> None:
        object.__setattr__(self, "characters", Characters(characters=self.characters).characters)
        check_count("num_neighbours", self.num_neighbours, most=100_000)
        check_share("reach_share", self.reach_share)

    def blocks(self, request: PlanRequest) -> Iterator[Block]:
        rng = np.random.default_rng(request.seed)
        for block in Characters(characters=self.characters).blocks(request):
            for centre in block.characters:
                neighbours = [self._neighbour(request.profile, centre, rng) for _ in range(self.num_neighbours)]
                yield Block(block.slider_set, (centre, *neighbours))

    def _neighbour(self, profile: Profile, centre: Character, rng: np.random.Generator) -> Character:
        ranges = np.array([row.maximum - row.minimum for row in profile.sliders])
        offsets = np.rint(rng.normal(size=len(ranges)) * self.reach_share * ranges)
        moved = tuple(int(value + offset) for value, offset in zip(centre.sliders, offsets, strict=True))
        return nearest_character(profile, Character(centre.gender, centre.face, centre.skin, moved))
