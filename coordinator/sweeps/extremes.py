"""Each captured slider at each end of its range, all others at the gender's default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coordinator.sweeps.block import Block, PlanRequest
from coordinator.sweeps.bounds import check_optional_count
from coordinator.sweeps.combination_order import chosen_cells, spread_cells, walk_combinations
from creator.character import default_character
from creator.profile import Profile
from protocol.character import Character

Sliders = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extremes:
    """`num_combinations` combinations of one gender with each slider set, others with the next; None: all of them."""

    num_combinations: int | None = None

    def __post_init__(self) -> None:
        check_optional_count("num_combinations", self.num_combinations)

    def blocks(self, request: PlanRequest) -> Iterator[Block]:
        profile, number = request.profile, 0
        for gender in profile.genders:
            spread = spread_cells(profile, gender)
            for sliders in extreme_slider_sets(profile, gender):
                cells = chosen_cells(spread, number, self.num_combinations or len(spread))
                walk = walk_combinations(profile, gender, cells)
                characters = tuple(Character(*combination, sliders) for combination in walk)
                yield Block(request.slider_set(number), characters)
                number += 1


def extreme_slider_sets(profile: Profile, gender: str) -> list[Sliders]:
    """Distinct slider sets in menu order; a default that is an end itself gives its set once."""
    defaults = default_character(profile, gender).sliders
    sets: dict[Sliders, None] = {}
    for at, row in enumerate(profile.sliders):
        for end in (row.minimum, row.maximum):
            sets[(*defaults[:at], int(end), *defaults[at + 1 :])] = None
    return list(sets)
