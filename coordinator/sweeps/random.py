"""Slider sets that fill the space evenly, each with all combinations or some of them.

Letters: N slider sets, S sliders.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coordinator.sweeps.block import Block, PlanRequest
from coordinator.sweeps.bounds import check_count, check_optional_count, check_share
from coordinator.sweeps.combination_order import all_cells, chosen_cells, spread_cells, walk_combinations
from coordinator.sweeps.slider_draw import SliderValues
from creator.profile import Profile
from protocol.character import Character

Sliders = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Random:
    """`num_slider_sets` sets within the middle `range_share` of every slider's range.

    Without `num_combinations` each set meets every combination of every gender. With it, each set meets so many of one
    gender, since a change of gender costs setting all sliders anew: genders take turns, combinations too.
    """

    num_slider_sets: int
    num_combinations: int | None = None
    range_share: float = 1.0

    def __post_init__(self) -> None:
        check_count("num_slider_sets", self.num_slider_sets, most=1 << 24)
        check_optional_count("num_combinations", self.num_combinations)
        check_share("range_share", self.range_share)

    def blocks(self, request: PlanRequest) -> Iterator[Block]:
        profile = request.profile
        spread = {gender: spread_cells(profile, gender) for gender in profile.genders}
        for number, sliders in enumerate(self._slider_sets(request)):
            genders = profile.genders if self.num_combinations is None else (_turn(profile, number),)
            for gender in genders:
                turn = number // len(profile.genders)
                cells = (
                    all_cells(profile, gender)
                    if self.num_combinations is None
                    else chosen_cells(spread[gender], turn, self.num_combinations)
                )
                walk = walk_combinations(profile, gender, cells)
                characters = tuple(Character(*combination, sliders) for combination in walk)
                yield Block(request.slider_set(number), characters)

    def _slider_sets(self, request: PlanRequest) -> Iterator[Sliders]:
        values = [SliderValues.of(row, self.range_share) for row in request.profile.sliders]
        for shares_S in sobol_shares_NS(self.num_slider_sets, len(values), request.seed):
            yield tuple(value.at(float(share)) for value, share in zip(values, shares_S, strict=True))


def sobol_shares_NS(num_slider_sets: int, num_sliders: int, seed: int) -> NDArray[np.float64]:
    """Points of a scrambled Sobol sequence in [0, 1). Source: Owen 1998, as in scipy.stats.qmc."""
    from scipy.stats import qmc  # here: its import takes a second that every process of the cluster would pay

    sampler = qmc.Sobol(num_sliders, scramble=True, rng=np.random.default_rng(seed))
    exponent = max(0, (num_slider_sets - 1).bit_length())
    shares_NS: NDArray[np.float64] = sampler.random_base2(exponent)[:num_slider_sets]
    return shares_NS


def _turn(profile: Profile, number: int) -> str:
    return profile.genders[number % len(profile.genders)]
