"""What a similarity means: its place among pairs of different faces, and one plain sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_AS_GOOD_AS_CEILING = 0.97
"""Share of the ceiling from which on the rest is within the affinity network's own error."""


@dataclass(frozen=True, slots=True)
class ImpostorPairs:
    """How similar pairs of different faces are: `similarities[i]` is reached by all but `percents[i]` percent of them."""

    percents: tuple[float, ...]
    similarities: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.percents) != len(self.similarities) or not self.percents:
            raise ValueError(
                f"{len(self.percents)} percents and {len(self.similarities)} similarities: expected as many of both"
            )

    def percentile(self, similarity: float) -> float:
        """Percent of the pairs that are less alike than this, 0 to 100; linear between the measured ones."""
        if similarity < self.similarities[0]:
            return 0.0
        if similarity > self.similarities[-1]:
            return 100.0
        return float(np.interp(similarity, self.similarities, self.percents))

    def similarity(self, percent: float) -> float:
        """The similarity below which that many percent of the pairs are."""
        return float(np.interp(percent, self.percents, self.similarities))

    def density(self, similarities: Sequence[float]) -> list[float]:
        """How many pairs lie around each of these evenly spaced similarities, the greatest being 1."""
        edges = np.asarray(similarities, dtype=np.float64)
        shares = np.interp(edges, self.similarities, self.percents, left=0.0, right=100.0)
        kernel = np.exp(-0.5 * np.linspace(-2, 2, 9) ** 2)
        slopes = np.convolve(np.gradient(shares), kernel / kernel.sum(), mode="same")
        return [float(slope) for slope in slopes / max(float(slopes.max()), 1e-9)]


def explain(similarity: float, percentile: float, ceiling: float) -> str:
    """One sentence for a player: how close the character is, and whether the creator could do better."""
    closer = f"Closer to the photo than {_share(percentile)} pairs of different faces are to each other"
    if percentile < 50:
        return (
            f"Not alike: most pairs of different faces are closer to each other ({similarity:.2f}). Try another photo."
        )
    if similarity >= _AS_GOOD_AS_CEILING * ceiling:
        return f"{closer}, and about as close as this creator gets to this face."
    return f"{closer}; this creator could get up to about {ceiling:.2f} for this face."


def _share(percentile: float) -> str:
    if percentile >= 99.95:
        return "all measured"
    if percentile >= 99:
        return f"{percentile * 10:.0f} of 1,000"
    return f"{percentile:.0f} of 100"
