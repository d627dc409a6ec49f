"""How good an imitator is, how good it could be, and what a similarity is worth.

Shape letters: N rows, S sliders, D dimension of the recogniser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.space import EmbeddingSpace, Floats, cosines

IMPOSTOR_PERCENTILES = (1.0, 5.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9)
MAX_IMPOSTOR_PAIRS = 200_000
_APART_SHARE = 0.5
"""Of the sliders: two faces with fewer different ones are no strangers."""


@dataclass(frozen=True, slots=True)
class ImitationMetrics:
    """Predicted beside measured embeddings of characters that were never trained on.

    `centred_cosine` is the mean, `centred_cosine_p5` the 5th percentile. `r2` compares with predicting the training rows' mean
    everywhere. Squared distances are in the recogniser's own units: per vector (summed over dimensions) and per dimension.
    `raw_cosine` is only there because others quote it. `noise_floor_r2` is what a perfect imitator would score, None where
    unknown.
    """

    num_rows: int
    centred_cosine: float
    centred_cosine_p5: float
    r2: float
    squared_distance_per_vector: float
    squared_distance_per_dimension: float
    distance: float
    raw_cosine: float
    noise_floor_r2: float | None = None

    def to_json(self) -> dict[str, float | int | None]:
        return asdict(self)


def imitation_metrics(
    predicted_ND: Floats, measured_ND: Floats, mean_D: Floats, noise_variance: float | None = None
) -> ImitationMetrics:
    """Metrics of raw predictions. `noise_variance` is the expected squared distance of a capture from its own mean."""
    errors_N = np.sum((predicted_ND - measured_ND).astype(np.float64) ** 2, axis=1)
    spread_N = np.sum((measured_ND - mean_D).astype(np.float64) ** 2, axis=1)
    spread = max(float(spread_N.mean()), 1e-12)
    cosines_N = cosines(predicted_ND - mean_D, measured_ND - mean_D)
    return ImitationMetrics(
        num_rows=len(measured_ND),
        centred_cosine=float(cosines_N.mean()),
        centred_cosine_p5=float(np.percentile(cosines_N, 5)),
        r2=1.0 - float(errors_N.mean()) / spread,
        squared_distance_per_vector=float(errors_N.mean()),
        squared_distance_per_dimension=float(errors_N.mean()) / measured_ND.shape[1],
        distance=float(np.sqrt(errors_N).mean()),
        raw_cosine=float(cosines(predicted_ND, measured_ND).mean()),
        noise_floor_r2=None if noise_variance is None else 1.0 - noise_variance / spread,
    )


def repeat_noise_variance(
    choices_N3: NDArray[np.int64], sliders_NS: Floats, embeddings_ND: Floats
) -> tuple[float, int] | None:
    """Expected squared distance of one capture from the mean of its character, and how many repeats say so.

    Only characters captured more than once count; None where there are none. The estimate is unbiased.
    """
    settings_NX = np.concatenate([choices_N3.astype(np.float32), np.round(sliders_NS, 5)], axis=1)
    _, group_N, counts_G = np.unique(settings_NX, axis=0, return_inverse=True, return_counts=True)
    group_N = group_N.reshape(-1)
    is_repeated_N = counts_G[group_N] > 1
    degrees = int(is_repeated_N.sum() - (counts_G > 1).sum())
    if degrees == 0:
        return None
    repeated_ND, groups_N = embeddings_ND[is_repeated_N].astype(np.float64), group_N[is_repeated_N]
    sums_GD = np.zeros((len(counts_G), embeddings_ND.shape[1]))
    np.add.at(sums_GD, groups_N, repeated_ND)
    means_GD = sums_GD / counts_G[:, None]
    return float(np.sum((repeated_ND - means_GD[groups_N]) ** 2)) / degrees, degrees


def impostor_similarities(
    embeddings_ND: Floats, sliders_NS: Floats, space: EmbeddingSpace, *, seed: int = 0
) -> dict[str, float]:
    """Percentiles of `impostor_pairs`: what chance reaches."""
    similarities_P = impostor_pairs(embeddings_ND, sliders_NS, space, seed=seed)
    if not len(similarities_P):
        return {}
    values = np.percentile(similarities_P, IMPOSTOR_PERCENTILES)
    return {f"p{percent:g}": float(value) for percent, value in zip(IMPOSTOR_PERCENTILES, values, strict=True)}


def impostor_pairs(embeddings_ND: Floats, sliders_NS: Floats, space: EmbeddingSpace, *, seed: int = 0) -> Floats:
    """Centred cosines (P) of pairs of different faces drawn at random; none of fewer than two faces.

    Faces that share most of their sliders are no strangers: a sweep captures them one after the other, or the same one twice, and
    they alone would make up the pairs that are most alike. They count only where there are no others.
    """
    num_rows = len(embeddings_ND)
    if num_rows < 2:
        return np.empty(0, np.float32)
    rng = np.random.default_rng(seed)
    num_pairs = min(MAX_IMPOSTOR_PAIRS, num_rows * (num_rows - 1) // 2)
    first_P = rng.integers(num_rows, size=num_pairs)
    second_P = (first_P + rng.integers(1, num_rows, size=num_pairs)) % num_rows
    is_apart_P = np.mean(sliders_NS[first_P] != sliders_NS[second_P], axis=1) >= _APART_SHARE
    if is_apart_P.any():
        first_P, second_P = first_P[is_apart_P], second_P[is_apart_P]
    centred_ND = space.standardised(embeddings_ND)
    return cosines(centred_ND[first_P], centred_ND[second_P])


def rank_correlation(first_X: Sequence[float] | Floats, second_X: Sequence[float] | Floats) -> float:
    """Spearman's correlation, ties in the order in which they stand; 0 where one side is constant."""
    first, second = np.asarray(first_X), np.asarray(second_X)
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    ranks = [np.argsort(np.argsort(values, kind="stable"), kind="stable") for values in (first, second)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
