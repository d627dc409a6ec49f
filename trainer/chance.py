"""What chance reaches: how often two different faces are as alike as this.

Two answers stand side by side. Real faces are not spread evenly over the sphere, so measured pairs are the honest one; the exact
sphere is what is usually quoted, and in many dimensions promises far too much. Shape letters: P pairs, N rows, D dimension.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from trainer.check import require
from trainer.space import Floats

_STEPS = 200_000
_DEVIATIONS = 1.96  # of a normal distribution, 95 % within


@dataclass(frozen=True, slots=True)
class Chance:
    """Odds that two different faces are at least `similarity` alike, as shares of all pairs.

    `measured_at_most` is the upper end of a 95 % interval: what may be said of a share that was never seen.
    """

    similarity: float
    measured: float
    measured_at_most: float
    num_pairs: int
    sphere: float

    def to_json(self) -> dict[str, float | int]:
        return asdict(self)


def chances(similarities: list[float], impostors_P: Floats, dimension: int) -> list[Chance]:
    """One for each similarity; `impostors_P` are measured similarities of pairs of different faces."""
    num_pairs = len(impostors_P)
    require(num_pairs > 0, "impostors_P", num_pairs, "at least one pair")
    found = []
    for similarity in similarities:
        share = float((impostors_P >= similarity).mean())
        found.append(
            Chance(similarity, share, _at_most(share, num_pairs), num_pairs, math.exp(log_cap(similarity, dimension)))
        )
    return found


def log_cap(similarity: float, dimension: int) -> float:
    """Logarithm of the chance that two independent directions in `dimension` dimensions have at least this cosine.

    The cosine's density is (1 - t^2)^((dimension - 3) / 2) / B(1/2, (dimension - 1) / 2).
    Source: Li 2011, Concise Formulas for the Area and Volume of a Hyperspherical Cap.
    """
    require(dimension >= 2, "dimension", dimension, "at least 2")
    if similarity >= 1:
        return -math.inf
    if similarity < 0:
        return math.log1p(-math.exp(log_cap(-similarity, dimension))) if similarity > -1 else 0.0
    angles = (np.arange(_STEPS) + 0.5) / _STEPS * math.acos(similarity)  # t = cos(angle) takes the end's sharpness away
    logs = (dimension - 2) * np.log(np.sin(angles))
    highest = float(logs.max())
    area = float(np.exp(logs - highest).sum()) * math.acos(similarity) / _STEPS
    log_whole = 0.5 * math.log(math.pi) + math.lgamma((dimension - 1) / 2) - math.lgamma(dimension / 2)
    return math.log(area) + highest - log_whole


def _at_most(share: float, count: int) -> float:
    """Upper end of Wilson's interval."""
    square = _DEVIATIONS**2
    middle = share + square / (2 * count)
    reach = _DEVIATIONS * math.sqrt(share * (1 - share) / count + square / (4 * count**2))
    return min(1.0, (middle + reach) / (1 + square / count))
