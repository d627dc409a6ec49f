"""Brows."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.kernel import INLINED
from standin.noise import STRAND
from standin.shade.brush import noise, paint_over, ramp
from standin.shade.slots import (
    BROW_ARCH,
    BROW_B,
    BROW_DENSITY,
    BROW_G,
    BROW_INNER,
    BROW_OUTER,
    BROW_R,
    BROW_THICK,
    PX_SPECULAR,
)


@njit(**INLINED)  # type: ignore[untyped-decorator]
def paint_brow(
    px: NDArray[np.float64], u: float, v: float, look: NDArray[np.float64], textures: NDArray[np.float32]
) -> None:
    au = abs(u)
    s = (au - look[BROW_INNER]) / (look[BROW_OUTER] - look[BROW_INNER])
    if s < -0.15 or s > 1.1:
        return
    sc = min(max(s, 0.0), 1.0)
    bend = (sc - 0.64) / (0.64 if sc < 0.64 else 0.53)
    line = 1.72 + 0.10 * sc + (0.45 + look[BROW_ARCH]) * (1 - bend * bend)
    thick = look[BROW_THICK] * (0.50 + 0.10 * sc) * (1 - 0.72 * ramp(0.45, 1.05, sc))
    thick *= 0.70 + 0.30 * ramp(-0.05, 0.25, s)
    distance = abs(v - line) / max(thick, 0.02)
    if distance > 1.6:
        return
    offset = 0.37 if u > 0 else 0.71
    strand = noise(textures[STRAND], (au * 0.8 - v * (0.55 - 0.4 * sc)) * 0.16 + offset, (v * 0.4 + au * 0.45) * 0.12)
    mask = ramp(1.2, 0.4, distance + 0.10 * strand) * ramp(-0.10, 0.10, s + 0.02 * strand) * ramp(1.08, 0.90, s)
    mask = min(max(mask * look[BROW_DENSITY] * (0.90 + 0.10 * strand), 0.0), 0.96)
    paint_over(px, mask, look[BROW_R], look[BROW_G], look[BROW_B])
    px[PX_SPECULAR] *= 1 - mask
