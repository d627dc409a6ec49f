"""Hair: where it covers the skin and how strands shine."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.head import SHEET, SKIN
from standin.kernel import INLINED
from standin.noise import BLOTCH, STRAND
from standin.shade.brush import noise, ramp
from standin.shade.slots import (
    HAIR_ACROSS,
    HAIR_ALONG,
    HAIR_B,
    HAIR_CURL,
    HAIR_DENSITY_SIDES,
    HAIR_DISTANCE,
    HAIR_G,
    HAIR_R,
    HAIR_SHINE,
    HAIR_TIP,
    HAIR_TX,
    HAIR_TY,
    HAIR_TZ,
    LIGHT_HALF,
    PX_NX,
    PX_NY,
    PX_NZ,
)

BARE = -0.7  # hair distance from which on no hair shows


@njit(**INLINED)  # type: ignore[untyped-decorator]
def hair_cover(
    hair: NDArray[np.float64], v: float, material: int, look: NDArray[np.float64], textures: NDArray[np.float32]
) -> float:
    if material == SHEET:
        return 1.0
    if material != SKIN or hair[HAIR_DISTANCE] < BARE:
        return 0.0
    ragged = 0.14 * noise(textures[STRAND], hair[HAIR_ACROSS] * 0.10 + 0.3, hair[HAIR_ALONG] * 0.03)
    cover = ramp(-0.35, 0.55, hair[HAIR_DISTANCE] + ragged)
    sides = look[HAIR_DENSITY_SIDES]
    return float(cover * (sides + (1 - sides) * ramp(4.0, 7.0, v)))


@njit(**INLINED)  # type: ignore[untyped-decorator]
def light_hair(
    px: NDArray[np.float64],
    hair: NDArray[np.float64],
    sky: float,
    lit: float,
    look: NDArray[np.float64],
    textures: NDArray[np.float32],
    lights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Strands shine across their direction. Source: Kajiya and Kay, SIGGRAPH 1989, with a second, coloured lobe."""
    across, along = hair[HAIR_ACROSS], hair[HAIR_ALONG]
    warp = look[HAIR_CURL] * noise(textures[BLOTCH], across * 0.06, along * 0.05)
    lock = noise(textures[BLOTCH], across * 0.10 + 0.03 * warp, along * 0.018 + 0.3 + 0.02 * warp)
    strand = noise(textures[STRAND], across * 0.10 + 0.02 * warp, along * 0.030)
    bend, depth = 0.0, 1.0
    if look[HAIR_CURL] > 1:  # corkscrews side by side
        turn = across * 1.15 + 0.45 * warp
        place = turn - math.floor(turn) - 0.5
        coil = math.sin(4.6 * along + 2.4 * math.floor(turn) + 2.6 * place + 0.9 * warp)
        bend, depth = 1.5 * place, (1.08 - 1.9 * place * place) * (0.86 + 0.20 * coil)
        strand = 0.6 * strand + 0.4 * coil
    bright = max(0.18, 0.72 + 0.17 * lock + 0.22 * strand) * depth
    tip = 1 + look[HAIR_TIP] * ramp(-2.0, 12.0, along)
    hr, hg, hb = look[HAIR_R] * bright * tip, look[HAIR_G] * bright * tip, look[HAIR_B] * bright * tip
    nx, ny, nz = px[PX_NX], px[PX_NY], px[PX_NZ]
    tx, ty, tz = hair[HAIR_TX], hair[HAIR_TY], hair[HAIR_TZ]
    off = tx * nx + ty * ny + tz * nz
    tx, ty, tz = tx - off * nx, ty - off * ny, tz - off * nz
    scale = 1 / math.sqrt(tx * tx + ty * ty + tz * tz + 1e-6)
    tx, ty, tz = tx * scale, ty * scale, tz * scale
    bx, by, bz = nx + bend * (ny * tz - nz * ty), ny + bend * (nz * tx - nx * tz), nz + bend * (nx * ty - ny * tx)
    scale = 1 / math.sqrt(bx * bx + by * by + bz * bz)
    nx, ny, nz = bx * scale, by * scale, bz * scale
    diffuse, white, coloured = 0.0, 0.0, 0.0
    shift = 0.14 * strand + 0.12 * lock
    for k in range(lights.shape[0]):
        share = lit if k == 0 else 1.0
        lx, ly, lz = lights[k, 0], lights[k, 1], lights[k, 2]
        facing = nx * lx + ny * ly + nz * lz
        tl = tx * lx + ty * ly + tz * lz
        diffuse += (
            lights[k, 4] * share * max(0.0, 0.30 + 0.70 * facing) * (0.45 + 0.55 * math.sqrt(max(0.0, 1 - tl * tl)))
        )
        half = tx * lights[k, LIGHT_HALF] + ty * lights[k, LIGHT_HALF + 1] + tz * lights[k, LIGHT_HALF + 2]
        glow = lights[k, 4] * max(0.0, 0.25 + 0.75 * facing) * share
        a = half + shift - 0.10
        lobe = max(0.0, 1 - a * a)
        lobe *= lobe
        lobe *= lobe
        lobe *= lobe
        white += glow * lobe * lobe * lobe
        a = half + shift + 0.12
        lobe = max(0.0, 1 - a * a)
        lobe *= lobe
        lobe *= lobe
        coloured += glow * lobe * lobe
    diffuse = (diffuse * 0.95 + 0.30) * sky
    gloss = look[HAIR_SHINE] * sky
    white *= 0.035 * gloss
    coloured *= 0.75 * gloss
    out[0] = hr * (diffuse + coloured) + white
    out[1] = hg * (diffuse + coloured) + white
    out[2] = hb * (diffuse + coloured) + white
