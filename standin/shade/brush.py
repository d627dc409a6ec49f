"""How a point is painted: curves without exponentials, noise, darkening and covering. Colours are linear RGB."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.kernel import INNER
from standin.shade.slots import PX_B, PX_G, PX_R

TONE_STEPS = 512.0
TONE_CURVE = (1 - np.exp(-np.arange(2048) / TONE_STEPS * 1.25)) ** (1 / 2.2)


@njit(**INNER)  # type: ignore[untyped-decorator]
def ramp(start: float, end: float, x: float) -> float:
    t = (x - start) / (end - start)
    if t <= 0.0:
        return 0.0
    if t >= 1.0:
        return 1.0
    return t * t * (3.0 - 2.0 * t)


@njit(**INNER)  # type: ignore[untyped-decorator]
def bell(x: float, sigma: float) -> float:
    """Close to exp(-x² / 2 sigma²), zero beyond 2.8 sigma, no exponential."""
    t = x / sigma
    t = 1.0 - t * t * 0.125
    if t <= 0.0:
        return 0.0
    t *= t
    t *= t
    return t * t


@njit(**INNER)  # type: ignore[untyped-decorator]
def noise(texture: NDArray[np.float32], u: float, v: float) -> float:
    """Bilinear sample; one turn of u or v is one tile of 256 texels."""
    x = (u - math.floor(u)) * 256.0
    y = (v - math.floor(v)) * 256.0
    column, row = int(x), int(y)
    fx, fy = x - column, y - row
    column &= 255
    row &= 255
    right, below = (column + 1) & 255, (row + 1) & 255
    top = texture[row, column] * (1 - fx) + texture[row, right] * fx
    bottom = texture[below, column] * (1 - fx) + texture[below, right] * fx
    return float(top * (1 - fy) + bottom * fy)


@njit(**INNER)  # type: ignore[untyped-decorator]
def darken(px: NDArray[np.float64], amount: float, r: float, g: float, b: float) -> None:
    """Darkens by a share of each channel."""
    px[PX_R] *= 1 - amount * r
    px[PX_G] *= 1 - amount * g
    px[PX_B] *= 1 - amount * b


@njit(**INNER)  # type: ignore[untyped-decorator]
def paint_over(px: NDArray[np.float64], amount: float, r: float, g: float, b: float) -> None:
    px[PX_R] += (r - px[PX_R]) * amount
    px[PX_G] += (g - px[PX_G]) * amount
    px[PX_B] += (b - px[PX_B]) * amount


@njit(**INNER)  # type: ignore[untyped-decorator]
def toned(x: float, curve: NDArray[np.float64]) -> float:
    i = int(x * TONE_STEPS)
    return float(curve[min(max(i, 0), curve.shape[0] - 1)])
