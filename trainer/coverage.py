"""How well a creator's reachable faces cover the space of faces.

Three looks at it: in how many directions the creator's faces spread at all, how much of what makes targets differ lies in those
directions, and how alike the best character is that inversion can find for them. Shape letters: N rows, T targets, D dimension,
K leading axes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.inversion import InversionConfig, PreparedImitator, invert
from trainer.space import EmbeddingSpace, Floats

LEADING_SHARE = 0.95
"""Of the variance of the creator's own faces: the axes that hold it are where the creator can go."""


@dataclass(frozen=True, eq=False)
class Reach:
    """Where a creator's faces spread: `axes_KD` hold LEADING_SHARE of their variance; all in the standardised space."""

    space: EmbeddingSpace
    axes_KD: Floats
    covariance_DD: NDArray[np.float64]
    effective_dimensions: float

    @classmethod
    def of(cls, embeddings_ND: Floats, space: EmbeddingSpace) -> Reach:
        centred_ND = space.standardised(embeddings_ND).astype(np.float64)
        covariance_DD = centred_ND.T @ centred_ND / len(centred_ND)
        values_D, vectors_DD = np.linalg.eigh(covariance_DD)
        values_D, vectors_DD = np.maximum(values_D[::-1], 0), vectors_DD[:, ::-1]
        shares_D = np.cumsum(values_D) / max(float(values_D.sum()), 1e-12)
        count = int(np.searchsorted(shares_D, LEADING_SHARE)) + 1
        return cls(space, vectors_DD[:, :count].T.astype(np.float32), covariance_DD, _effective(values_D))

    def share_within(self, targets_TD: Floats) -> float:
        """Of the targets' squared distance from the mean face, the part in the creator's leading directions."""
        centred_TD = self.space.standardised(targets_TD)
        within = float(np.sum((centred_TD @ self.axes_KD.T) ** 2))
        return within / max(float(np.sum(centred_TD**2)), 1e-12)

    def random_directions(self, count: int, *, seed: int) -> Floats:
        """Raw targets in any direction whatever, at the length of a face."""
        drawn_TD = np.random.default_rng(seed).standard_normal((count, self.space.dimension))
        return self.space.raw(drawn_TD.astype(np.float32))

    def random_mixtures(self, count: int, *, seed: int) -> Floats:
        """Raw targets that spread as the creator's faces do, but are no faces: normal, with their covariance."""
        drawn_TD = np.random.default_rng(seed).standard_normal((count, self.space.dimension))
        values_D, vectors_DD = np.linalg.eigh(self.covariance_DD)
        spread_TD = (drawn_TD * np.sqrt(np.maximum(values_D, 0))) @ vectors_DD.T
        return self.space.raw(spread_TD.astype(np.float32))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one kind of target. `reached` are similarities that inversion expects of its best characters."""

    num_targets: int
    share_within: float
    effective_dimensions: float | None
    reached_mean: float
    reached_p5: float

    def to_json(self) -> dict[str, float | int | None]:
        return asdict(self)


def coverage(prepared: PreparedImitator, reach: Reach, targets_TD: Floats, config: InversionConfig) -> Coverage:
    """`effective_dimensions` only where there are more targets than that takes to say."""
    found = invert(prepared, targets_TD, prepared.profile, config).top_similarities_TF[:, 0]
    own = Reach.of(targets_TD, reach.space).effective_dimensions if len(targets_TD) > 2 * len(reach.axes_KD) else None
    return Coverage(
        len(targets_TD), reach.share_within(targets_TD), own, float(found.mean()), float(np.percentile(found, 5))
    )


def _effective(values_D: NDArray[np.float64]) -> float:
    """Participation ratio: as many equally strong directions would spread alike."""
    return float(values_D.sum() ** 2 / max(float((values_D**2).sum()), 1e-12))
