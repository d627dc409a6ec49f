"""What a similarity means: its place among pairs of different faces, and one plain sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from matcher.errors import MatcherError

_FEWEST_PERCENTILES = 2
_AS_GOOD_AS_CEILING = 0.97
"""Share of the ceiling from which on the rest is within the affinity network's own error."""


@dataclass(frozen=True, slots=True)
class ImpostorPairs:
    """How similar pairs of different faces are: `similarities[i]` is reached by all but `percents[i]` percent of them."""

    percents: tuple[float, ...]
    similarities: tuple[float, ...]

    @classmethod
    def of(cls, percentiles: Mapping[str, float]) -> ImpostorPairs:
        """From a model card's {"p5": -0.38, ..., "p99.9": 0.66}. Raises MatcherError when there are too few."""
        if len(percentiles) < _FEWEST_PERCENTILES:
            raise MatcherError(
                f"The model card has {len(percentiles)} percentiles of pairs of different faces, at least "
                f"{_FEWEST_PERCENTILES} are needed to say what a similarity means. Train on more frames."
            )
        pairs = sorted((float(name.removeprefix("p")), value) for name, value in percentiles.items())
        return cls(tuple(percent for percent, _ in pairs), tuple(value for _, value in pairs))

    def __post_init__(self) -> None:
        if len(self.percents) != len(self.similarities) or len(self.percents) < _FEWEST_PERCENTILES:
            raise ValueError(
                f"{len(self.percents)} percents, {len(self.similarities)} similarities: expected as many of both"
            )
        if not all(0 < percent < 100 for percent in self.percents):
            raise ValueError(f"percents {self.percents}: expected numbers between 0 and 100, without these")

    def percentile(self, similarity: float) -> float:
        """Percent of the pairs that are less alike; beyond the outermost that were measured, 0 or the greatest of them."""
        if similarity < self.similarities[0]:
            return 0.0
        return float(min(self.shares([similarity])[0], self.percents[-1]))

    def similarity(self, percent: float) -> float:
        """What so many percent of the pairs stay below, as far as it was measured."""
        return float(np.interp(percent, self.percents, self.similarities))

    def shares(self, similarities: Sequence[float]) -> NDArray[np.float64]:
        """Percent of the pairs below each similarity: like a bell curve between the measured percentiles and beyond them."""
        normal = NormalDist()
        quantiles = [normal.inv_cdf(percent / 100) for percent in self.percents]
        slope = (quantiles[-1] - quantiles[0]) / max(self.similarities[-1] - self.similarities[0], 1e-6)
        low, high = self.similarities[0], self.similarities[-1]
        beyond = [slope * (min(value - low, 0.0) + max(value - high, 0.0)) for value in similarities]
        found = np.interp(similarities, self.similarities, quantiles) + beyond
        return np.array([100 * normal.cdf(float(quantile)) for quantile in found])

    def density(self, similarities: Sequence[float]) -> list[float]:
        """How many pairs lie around each of these evenly spaced similarities, the greatest being 1."""
        kernel = np.exp(-0.5 * np.linspace(-2, 2, 9) ** 2)
        slopes = np.convolve(np.gradient(self.shares(similarities)), kernel / kernel.sum(), mode="same")
        return [float(slope) for slope in slopes / max(float(slopes.max()), 1e-9)]


class Verdict(StrEnum):
    """What there is to say about a similarity, for whoever says it in another language."""

    NOT_ALIKE = "not_alike"
    AT_CEILING = "at_ceiling"
    BELOW_CEILING = "below_ceiling"


def judge(similarity: float, percentile: float, ceiling: float) -> Verdict:
    if percentile < 50:
        return Verdict.NOT_ALIKE
    return Verdict.AT_CEILING if similarity >= _AS_GOOD_AS_CEILING * ceiling else Verdict.BELOW_CEILING


def explain(similarity: float, percentile: float, ceiling: float, *, is_measured: bool = False) -> str:
    """One sentence for a player: how close the character is, and whether the creator could do better."""
    closer = "Closer" if is_measured else "By prediction closer"
    closer += f" to the photo than {_share(percentile)} pairs of this creator's faces are to each other"
    match judge(similarity, percentile, ceiling):
        case Verdict.NOT_ALIKE:
            return f"Not alike: most pairs of this creator's faces are closer ({similarity:.2f}). Try another photo."
        case Verdict.AT_CEILING:
            return f"{closer}, and about as close as this creator gets to this face."
        case Verdict.BELOW_CEILING:
            return f"{closer}; this creator could get up to about {ceiling:.2f} for this face."


def _share(percentile: float) -> str:
    if percentile >= 99:
        return f"{percentile * 10:.0f} of 1,000"
    return f"{percentile:.0f} of 100"
