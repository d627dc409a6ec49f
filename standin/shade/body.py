"""Ears, neck and cloth."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.kernel import INLINED, INNER
from standin.shade.brush import bell, darken, ramp
from standin.shade.slots import CLOTH_B, CLOTH_G, CLOTH_R, PX_B, PX_G, PX_OPEN, PX_R, PX_SPECULAR


@njit(**INLINED)  # type: ignore[untyped-decorator]
def paint_ear(px: NDArray[np.float64], radius: float, around: float) -> None:
    """Dark in the bowl and in the groove under the rim, red where the light shines through."""
    back = 0.5 + 0.5 * math.cos(around)
    bowl = 1 - ramp(0.18, 0.52, radius)
    groove = bell(radius - 0.75, 0.08) * (0.3 + 0.7 * back) * ramp(-0.95, -0.45, math.sin(around))
    darken(px, 1.0, -0.03, 0.10 + 0.10 * radius, 0.10 + 0.08 * radius)
    px[PX_OPEN] = 0.95 - 0.50 * bowl - 0.26 * groove


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
