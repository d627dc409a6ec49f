"""Displacement fields without their zeros. Legend: S = field, V = vertex, K = nonzero (field, vertex) pair."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from standin.curves import Floats


@dataclass(frozen=True, slots=True)
class SparseFields:
    """Fields with their zeros left out; field s owns pairs starts[s] to starts[s + 1]."""

    starts: NDArray[np.int64]
    vertices_K: NDArray[np.int32]
    vectors_K3: NDArray[np.float32]

    @classmethod
    def of(cls, fields_SV3: Floats) -> "SparseFields":
        kept = [np.flatnonzero(np.abs(field).max(axis=1) > 2e-3) for field in fields_SV3]
        starts = np.cumsum([0, *(len(k) for k in kept)]).astype(np.int64)
        vectors = [field[k] for field, k in zip(fields_SV3, kept, strict=True)]
        return cls(starts, np.concatenate(kept).astype(np.int32), np.concatenate(vectors).astype(np.float32))
