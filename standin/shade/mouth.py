"""Lips: where they lie, their relief, their colour."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.head import MOUTH_Y
from standin.kernel import INLINED, INNER
from standin.noise import GRAIN
from standin.shade.brush import bell, darken, noise, paint_over, ramp
from standin.shade.slots import (
    CUPID,
    LIP_B,
    LIP_BLEND,
    LIP_CORNER,
    LIP_G,
    LIP_GLOSS,
    LIP_LOWER,
    LIP_R,
    LIP_UPPER,
    PX_B,
    PX_G,
    PX_OPEN,
    PX_R,
    PX_SHARP,
    PX_SPECULAR,
)


@njit(**INNER)  # type: ignore[untyped-decorator]
def lip_curves(u: float, look: NDArray[np.float64]) -> tuple[float, float, float]:
    """Heights of the line between the lips, of the upper lip's upper and the lower lip's lower edge."""
    au = math.sqrt(u * u + 0.06)
    a = min(au / 2.55, 1.0)
    middle = MOUTH_Y - 0.05 * bell(au, 0.5) + 0.05 * bell(au - 0.9, 0.7) - 0.10 * a * a
    middle += look[LIP_CORNER] * a * a * a
    bow = (0.10 * bell(au - 0.50, 0.40) * (1 - a) - 0.14 * bell(au, 0.30)) * look[CUPID]
    a2 = a * a
    upper = middle + (1 - a2 * (0.8 + 0.2 * a)) * 0.60 * look[LIP_UPPER] + bow
    lower = middle - (1 - a2 * (0.6 + 0.4 * a)) * 0.86 * look[LIP_LOWER]
    return middle, upper, lower


@njit(**INNER)  # type: ignore[untyped-decorator]
def lip_relief(u: float, v: float, look: NDArray[np.float64]) -> float:
    au = abs(u)
    middle, upper, lower = lip_curves(u, look)
    groove = 0.10 * bell(v - middle, 0.09) * (1 - ramp(2.2, 2.75, au))
    edges = 0.030 * (bell(v - upper, 0.07) + bell(v - lower, 0.09) * 0.7) * (1 - ramp(1.8, 2.5, au))
    return float(-groove - edges)


@njit(**INLINED)  # type: ignore[untyped-decorator]
def paint_lips(
    px: NDArray[np.float64], u: float, v: float, look: NDArray[np.float64], textures: NDArray[np.float32]
) -> None:
    au = abs(u)
    middle, upper, lower = lip_curves(u, look)
    mask = ramp(-0.05, 0.08, upper - v) * ramp(-0.07, 0.13, v - lower) * (1 - ramp(2.1, 2.62, au))
    if mask > 0:
        blend = look[LIP_BLEND]
        r = px[PX_R] * 0.95 * (1 - blend) + look[LIP_R] * blend
        g = px[PX_G] * 0.62 * (1 - blend) + look[LIP_G] * blend
        b = px[PX_B] * 0.68 * (1 - blend) + look[LIP_B] * blend
        shade = 1 + 0.07 * noise(textures[GRAIN], u * 0.5, v * 0.08)
        if v > middle:
            shade *= 0.84
        paint_over(px, mask, r * shade, g * shade, b * shade)
        px[PX_SPECULAR] += mask * (0.02 + 0.10 * look[LIP_GLOSS])
        px[PX_SHARP] += 14 * mask
    line = bell(v - middle, 0.075) * (1 - ramp(2.25, 2.70, au))
    darken(px, line, 0.78, 0.86, 0.86)
    px[PX_OPEN] *= 1 - 0.3 * bell(v - middle, 0.2) * (1 - ramp(2.2, 2.8, au))
