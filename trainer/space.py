"""The recogniser's space with the mean of the creator's faces in its origin: where similarity means something.

A recogniser's space need not be centred (dlib's is not: a constant scores a raw cosine of 0.955), so every similarity here is
the cosine of centred embeddings. Shape letters: N rows, T targets, D dimension.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SMALLEST_NORM = 1e-9
"""Below this a centred embedding has no direction; its cosine with anything counts as 0."""


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingSpace:
    """`mean_D` is subtracted, then all dimensions are divided by the same `scale`: cosines survive that."""

    mean_D: Floats
    scale: float

    @classmethod
    def of(cls, embeddings_ND: Floats) -> EmbeddingSpace:
        """The space of a creator's faces: their mean, and their root mean square distance from it a dimension."""
        mean_D = embeddings_ND.mean(axis=0, dtype=np.float64)
        scale = float(np.sqrt(np.mean((embeddings_ND - mean_D) ** 2)))
        return cls(mean_D.astype(np.float32), max(scale, SMALLEST_NORM))

    @property
    def dimension(self) -> int:
        return len(self.mean_D)

    def standardised(self, embeddings_ND: Floats) -> Floats:
        standardised_ND: Floats = ((embeddings_ND - self.mean_D) / np.float32(self.scale)).astype(np.float32)
        return standardised_ND

    def raw(self, standardised_ND: Floats) -> Floats:
        raw_ND: Floats = (standardised_ND * np.float32(self.scale) + self.mean_D).astype(np.float32)
        return raw_ND


def cosines(first_ND: Floats, second_ND: Floats) -> Floats:
    """Cosine of each row with the row at the same place; both already centred."""
    norms_N = np.linalg.norm(first_ND, axis=-1) * np.linalg.norm(second_ND, axis=-1)
    products_N = np.sum(first_ND * second_ND, axis=-1)
    return np.where(norms_N > SMALLEST_NORM, products_N / np.maximum(norms_N, SMALLEST_NORM), 0.0).astype(np.float32)
