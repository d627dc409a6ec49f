"""Draws slider values uniformly from what the creator offers.

Letters: S sliders, N draws.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from creator.profile import Row


@dataclass(frozen=True, slots=True)
class SliderValues:
    """The values of one slider within the middle `range_share` of its range, each as likely as any other."""

    first: int
    step: int
    count: int

    @classmethod
    def of(cls, row: Row, range_share: float = 1.0) -> SliderValues:
        middle, reach = (row.minimum + row.maximum) / 2, (row.maximum - row.minimum) / 2 * range_share
        lowest = math.ceil((middle - reach - row.minimum) / row.step - 1e-9)
        highest = math.floor((middle + reach - row.minimum) / row.step + 1e-9)
        if highest < lowest:  # a share so small that no step of the slider lies in it
            lowest = highest = round((middle - row.minimum) / row.step)
        return cls(int(row.minimum + lowest * row.step), int(row.step), highest - lowest + 1)

    def at(self, share: float) -> int:
        """The value at a share of the way from the lowest to the highest, 0 <= share < 1."""
        return self.first + min(int(share * self.count), self.count - 1) * self.step


@dataclass(slots=True)
class StratifiedDraws:
    """Shares for S sliders, drawn one slider at a time: every `num_strata` draws of a slider cover its range evenly."""

    rng: np.random.Generator
    num_sliders: int
    num_strata: int = 16
    _waiting: list[list[float]] = field(init=False)

    def __post_init__(self) -> None:
        self._waiting = [[] for _ in range(self.num_sliders)]

    def draw(self, slider: int) -> float:
        if not self._waiting[slider]:
            strata_N: NDArray[np.int64] = self.rng.permutation(self.num_strata)
            self._waiting[slider] = list((strata_N + self.rng.random(self.num_strata)) / self.num_strata)
        return self._waiting[slider].pop()
