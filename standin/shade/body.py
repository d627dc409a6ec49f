"""Ears, neck and cloth."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.kernel import INLINED, INNER
from standin.shade.brush import bell, darken, ramp
from standin.shade.slots import CLOTH_B, CLOTH_G, CLOTH_R, PX_B, PX_G, PX_OPEN, PX_R, PX_SPECULAR


@njit(**INLINED)  # type: ignore[untyped-decorator]
def paint_ear(px: NDArray[np.float64], v: float, z: float) -> None:
    darken(px, 1.0, -0.02, 0.07, 0.09)
    px[PX_OPEN] = 0.92 * (1 - 0.55 * bell(z + 0.45, 0.75) * bell(v + 1.9, 1.3))
    px[PX_OPEN] *= 1 - 0.30 * bell(z + 1.15, 0.28) * ramp(3.0, 2.0, abs(v + 1.5))


@njit(**INNER)  # type: ignore[untyped-decorator]
def paint_body(px: NDArray[np.float64], u: float, v: float, look: NDArray[np.float64]) -> bool:
    """True where the collar covers the skin."""
    au = abs(u)
    collar = -17.2 + 0.045 * u * u if au < 6 else -15.6
    px[PX_OPEN] = 0.30 + 0.70 * ramp(-10.8, -17.0, v) if au < 7 else 0.9
    px[PX_OPEN] = min(1.0, px[PX_OPEN] + 0.15 * ramp(3, 6, au))
    if v >= collar:
        return False
    weave = 0.75 + 0.08 * math.sin(u * 9) * math.sin(v * 9)
    if v > collar - 0.35:
        weave *= 0.55
    px[PX_R], px[PX_G], px[PX_B] = look[CLOTH_R] * weave, look[CLOTH_G] * weave, look[CLOTH_B] * weave
    px[PX_SPECULAR] = 0.01
    return True
