"""Stubble and beard."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.kernel import INLINED
from standin.noise import GRAIN
from standin.shade.brush import darken, noise, paint_over, ramp
from standin.shade.slots import (
    BEARD,
    BEARD_B,
    BEARD_CHEEK,
    BEARD_CHIN,
    BEARD_G,
    BEARD_LIP,
    BEARD_R,
    PX_SPECULAR,
    SITE_BEARD_CHEEK,
    SITE_BEARD_CHIN,
    SITE_BEARD_LIP,
    SITE_GRAIN,
    STUBBLE,
)


@njit(**INLINED)  # type: ignore[untyped-decorator]
def paint_beard(
    px: NDArray[np.float64],
    u: float,
    v: float,
    look: NDArray[np.float64],
    site: NDArray[np.float32],
    textures: NDArray[np.float32],
) -> None:
    mask = max(site[SITE_BEARD_LIP] * look[BEARD_LIP], site[SITE_BEARD_CHIN] * look[BEARD_CHIN])
    mask = min(max(mask, site[SITE_BEARD_CHEEK] * look[BEARD_CHEEK]), 1.0)
    if mask <= 0.01:
        return
    shadow = mask * look[STUBBLE] * (0.80 + 0.25 * site[SITE_GRAIN])
    darken(px, min(max(shadow, 0.0), 1.0), 0.50, 0.44, 0.34)
    if look[BEARD] > 0:
        strand = noise(textures[GRAIN], u * 0.17 + 0.31, v * 0.045)
        hair = ramp(0.10, 0.75, mask + 0.09 * strand) * look[BEARD]
        bright = max(0.45, 0.95 + 0.27 * strand + 0.07 * site[SITE_GRAIN])
        paint_over(px, min(hair, 0.93), look[BEARD_R] * bright, look[BEARD_G] * bright, look[BEARD_B] * bright)
        px[PX_SPECULAR] *= 1 - 0.7 * hair
