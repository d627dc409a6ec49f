"""What is painted where on the face."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.kernel import INLINED
from standin.shade.beard import paint_beard
from standin.shade.brows import paint_brow
from standin.shade.brush import bell, darken
from standin.shade.complexion import emboss, paint_complexion, paint_scar
from standin.shade.eyes import paint_eye
from standin.shade.mouth import paint_lips
from standin.shade.slots import BEARD, PX_IS_EYE, PX_OPEN, PX_SPECULAR, SCAR, SITE_OPEN, STUBBLE


@njit(**INLINED)  # type: ignore[untyped-decorator]
def paint_nostrils(px: NDArray[np.float64], u: float, v: float) -> None:
    au = abs(u)
    hole = min(1.0, 1.25 * bell((au - 0.66) / 1.25, 0.24) * bell(v + 4.52 + 0.15 * (au - 0.66), 0.15))
    darken(px, hole, 0.84, 0.91, 0.92)
    px[PX_SPECULAR] *= 1 - hole


@njit(**INLINED)  # type: ignore[untyped-decorator]
def paint_face(
    px: NDArray[np.float64],
    u: float,
    v: float,
    look: NDArray[np.float64],
    site: NDArray[np.float32],
    textures: NDArray[np.float32],
) -> None:
    au = abs(u)
    paint_complexion(px, u, v, look, site, textures)
    px[PX_OPEN] *= site[SITE_OPEN]
    if v < -3.0 and look[STUBBLE] + look[BEARD] > 0.02:
        paint_beard(px, u, v, look, site, textures)
    if look[SCAR] > 0:
        paint_scar(px, u, v, look)
    if au < 1.6 and v < -4.0 and v > -5.1:
        paint_nostrils(px, u, v)
    if v < -5.5 and v > -8.3 and au < 2.8:
        paint_lips(px, u, v, look, textures)
    if au > 1.1 and au < 5.5 and v > -1.6 and v < 2.0:
        paint_eye(px, u, v, look, textures)
    if px[PX_IS_EYE] == 0:
        if v > 0.6 and v < 4.8 and au > 0.2 and au < 6.6:
            paint_brow(px, u, v, look, textures)
        emboss(px, u, v, look, site)
