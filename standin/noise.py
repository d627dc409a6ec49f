"""Tileable noise pictures. Legend: N = texture edge in texels, K = kind of texture."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

TEXTURE_EDGE = 256
BLOTCH, GRAIN, STRAND, SPOT = range(4)
_RECIPES: Sequence[tuple[int, int, tuple[float, float]]] = (
    # octaves, cells of the coarsest octave, stretch (down, across)
    (5, 4, (1.0, 1.0)),  # BLOTCH
    (3, 40, (1.0, 1.0)),  # GRAIN
    (3, 24, (0.16, 1.6)),  # STRAND
    (2, 34, (1.0, 1.0)),  # SPOT
)


def textures(seed: int) -> NDArray[np.float32]:
    """(K, N, N), zero mean and unit variance each."""
    rng = np.random.default_rng([seed, 7])
    pictures_KNN: NDArray[np.float32] = np.stack([fractal(rng, *recipe) for recipe in _RECIPES])
    return pictures_KNN


def fractal(rng: np.random.Generator, octaves: int, cells: int, stretch: tuple[float, float]) -> NDArray[np.float32]:
    total_NN = np.zeros((TEXTURE_EDGE, TEXTURE_EDGE))
    amplitude = 1.0
    for octave in range(octaves):
        rows, columns = (max(1, int(cells * 2**octave * s)) for s in stretch)
        total_NN += amplitude * _upsampled(rng.normal(size=(rows, columns)))
        amplitude *= 0.55
    total_NN -= total_NN.mean()
    picture_NN: NDArray[np.float32] = (total_NN / total_NN.std()).astype(np.float32)
    return picture_NN


def _upsampled(lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = lattice.shape
    y0, y1, fade_y = _weights(rows)
    x0, x1, fade_x = _weights(columns)
    top = lattice[y0][:, x0] * (1 - fade_x) + lattice[y0][:, x1] * fade_x
    bottom = lattice[y1][:, x0] * (1 - fade_x) + lattice[y1][:, x1] * fade_x
    mixed: NDArray[np.float64] = top * (1 - fade_y)[:, None] + bottom * fade_y[:, None]
    return mixed


def _weights(cells: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    position = np.arange(TEXTURE_EDGE) / TEXTURE_EDGE * cells
    lower = np.floor(position).astype(np.int64)
    fade = position - lower
    return lower % cells, (lower + 1) % cells, fade * fade * (3 - 2 * fade)
