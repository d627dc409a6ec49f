"""Skin's colour and fine relief: blotches, flush, freckles, moles, scars, pores and wrinkles."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.kernel import INLINED
from standin.noise import BLOTCH, SPOT
from standin.shade.brush import bell, darken, noise, paint_over, ramp
from standin.shade.mouth import lip_relief
from standin.shade.slots import (
    ATLAS_BOTTOM,
    ATLAS_SIDE,
    ATLAS_TEXELS_PER_CM,
    ATLAS_TOP,
    BLOTCHES,
    BLUSH,
    CIRCLES,
    FRECKLES,
    MOLES,
    NUM_SITE,
    PATCHES,
    PATTERN,
    PX_B,
    PX_G,
    PX_NX,
    PX_NY,
    PX_NZ,
    PX_R,
    PX_SPECULAR,
    REDNESS,
    ROUGHNESS,
    SCAR,
    SCAR_COS,
    SCAR_LENGTH,
    SCAR_SIN,
    SCAR_U,
    SCAR_V,
    SITE_AGE_U,
    SITE_AGE_V,
    SITE_BLUSH,
    SITE_CIRCLE,
    SITE_FOLD_U,
    SITE_FOLD_V,
    SITE_FRECKLES,
    SITE_GRAIN,
    SITE_GRAIN_U,
    SITE_GRAIN_V,
    SITE_ORBIT,
    SITE_RED,
    WRINKLES,
)


@njit(**INLINED)  # type: ignore[untyped-decorator]
def read_site(atlas: NDArray[np.float32], u: float, v: float, site: NDArray[np.float32]) -> None:
    """Bilinear sample of all channels."""
    x = min(abs(u), ATLAS_SIDE - 0.01) * ATLAS_TEXELS_PER_CM
    y = min(max(ATLAS_TOP - v, 0.0), ATLAS_TOP - ATLAS_BOTTOM) * ATLAS_TEXELS_PER_CM
    column, row = int(x), int(y)
    fx, fy = x - column, y - row
    w00, w01 = np.float32((1 - fx) * (1 - fy)), np.float32(fx * (1 - fy))
    w10, w11 = np.float32((1 - fx) * fy), np.float32(fx * fy)
    for k in range(NUM_SITE):
        site[k] = (
            atlas[row, column, k] * w00
            + atlas[row, column + 1, k] * w01
            + atlas[row + 1, column, k] * w10
            + atlas[row + 1, column + 1, k] * w11
        )


@njit(**INLINED)  # type: ignore[untyped-decorator]
def paint_complexion(
    px: NDArray[np.float64],
    u: float,
    v: float,
    look: NDArray[np.float64],
    site: NDArray[np.float32],
    textures: NDArray[np.float32],
) -> None:
    pattern = look[PATTERN]
    blotch = noise(textures[BLOTCH], u * 0.055 + pattern, v * 0.055)
    grain = site[SITE_GRAIN]
    shade = 1 + 0.055 * look[BLOTCHES] * blotch + 0.025 * (0.3 + look[ROUGHNESS]) * grain
    px[PX_R] *= shade
    px[PX_G] *= shade
    px[PX_B] *= shade
    red = site[SITE_RED] * (0.25 + 1.1 * look[REDNESS]) * (1 + 0.35 * blotch)
    darken(px, red, -0.06, 0.32, 0.27)
    darken(px, ramp(3.0, 5.5, v), 0.0, -0.02, 0.06)  # foreheads are a little yellower
    darken(px, look[BLUSH] * site[SITE_BLUSH], 0.03, 0.30, 0.22)
    if look[PATCHES] > 0:
        patch = noise(textures[BLOTCH], u * 0.030 + pattern * 3, v * 0.030 + 0.3)
        patch = ramp(0.55, 0.75, patch + 0.12 * grain) * look[PATCHES]
        paint_over(px, patch, 0.72, 0.50, 0.40)
    if look[FRECKLES] > 0.03:
        spot = noise(textures[SPOT], u * 0.145 + pattern, v * 0.145 + 0.2)
        spot = ramp(0.6, 2.1, spot + 0.25 * blotch) * look[FRECKLES] * site[SITE_FRECKLES]
        darken(px, min(spot, 1.0), 0.32, 0.52, 0.60)
    if look[MOLES] > 0.1:
        wander = 0.02 * blotch  # off the texture's grid
        mole = ramp(2.55, 2.85, noise(textures[SPOT], u * 0.085 + 0.7 * pattern + wander, v * 0.085 - wander + 0.6))
        darken(px, mole * look[MOLES], 0.62, 0.74, 0.74)
    darken(px, site[SITE_CIRCLE] * (0.06 + 0.50 * look[CIRCLES]) + 0.15 * site[SITE_ORBIT], 0.50, 0.66, 0.48)


@njit(**INLINED)  # type: ignore[untyped-decorator]
def paint_scar(px: NDArray[np.float64], u: float, v: float, look: NDArray[np.float64]) -> None:
    along = (u - look[SCAR_U]) * look[SCAR_COS] + (v - look[SCAR_V]) * look[SCAR_SIN]
    if abs(along) > look[SCAR_LENGTH]:
        return
    across = -(u - look[SCAR_U]) * look[SCAR_SIN] + (v - look[SCAR_V]) * look[SCAR_COS]
    across += 0.10 * math.sin(along * 2.1)
    fade = look[SCAR] * (1 - ramp(0.6, 1.0, abs(along) / look[SCAR_LENGTH]))
    darken(px, fade * bell(across, 0.16), 0.16, 0.44, 0.38)
    line = fade * bell(across, 0.07)
    paint_over(px, 0.5 * line, px[PX_R] * 1.35, px[PX_G] * 1.15, px[PX_B] * 1.10)
    px[PX_SPECULAR] += 0.05 * line


@njit(**INLINED)  # type: ignore[untyped-decorator]
def emboss(px: NDArray[np.float64], u: float, v: float, look: NDArray[np.float64], site: NDArray[np.float32]) -> None:
    """Bends the normal by pores, folds, wrinkles and the lips' edges."""
    pores = 0.0035 * (0.30 + look[ROUGHNESS])
    age = look[WRINKLES]
    slope_u = site[SITE_GRAIN_U] * pores + site[SITE_FOLD_U] + age * site[SITE_AGE_U]
    slope_v = site[SITE_GRAIN_V] * pores + site[SITE_FOLD_V] + age * site[SITE_AGE_V]
    if u < 0:
        slope_u = -slope_u
    if v < -5.6 and v > -7.9 and abs(u) < 2.7:
        step = 0.05
        flat = lip_relief(u, v, look)
        slope_u += (lip_relief(u + step, v, look) - flat) / step
        slope_v += (lip_relief(u, v + step, look) - flat) / step
    nx, ny, nz = px[PX_NX], px[PX_NY], px[PX_NZ]
    bx = nx - (slope_u * (1 - nx * nx) - slope_v * nx * ny)
    by = ny - (slope_v * (1 - ny * ny) - slope_u * nx * ny)
    bz = nz + (slope_u * nx + slope_v * ny) * nz
    scale = 1 / math.sqrt(bx * bx + by * by + bz * bz)
    px[PX_NX], px[PX_NY], px[PX_NZ] = bx * scale, by * scale, bz * scale
