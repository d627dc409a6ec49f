"""How far embeddings are from each other.

An embedding space that is not centred (dlib's: random characters of one creator have a raw cosine above
0.9) says little by its raw cosine; compare there by L2 distance, or by cosine around a mean. Which mean is
the caller's knowledge: the trainer's is the mean of its training rows.

Shape letters: N pairs, D dimension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def l2_distance(first_ND: NDArray[np.float32], second_ND: NDArray[np.float32]) -> NDArray[np.float32]:
    """Euclidean distance of each pair of rows (N,); one side may be a single vector (D,)."""
    return np.asarray(np.linalg.norm(first_ND - second_ND, axis=-1), dtype=np.float32)


def cosine(
    first_ND: NDArray[np.float32],
    second_ND: NDArray[np.float32],
    *,
    centre_D: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Cosine of each pair of rows (N,), around `centre_D` where it is given; 0 for a zero vector."""
    if centre_D is not None:
        first_ND, second_ND = first_ND - centre_D, second_ND - centre_D
    lengths_N = np.linalg.norm(first_ND, axis=-1) * np.linalg.norm(second_ND, axis=-1)
    dots_N = np.sum(first_ND * second_ND, axis=-1)
    return np.asarray(dots_N / np.maximum(lengths_N, np.finfo(np.float32).tiny), dtype=np.float32)
