"""A map of the face: what lies where before any slider moves. Baked once so that a pixel costs one lookup.

Mirrored: columns are |u| from 0, rows are v from the top, both in canonical centimetres. Channels are indexed by the
SITE_ constants of slots.py. Legend: R = row, C = column, K = channel.
"""

import numpy as np
from numpy.typing import NDArray

from standin.curves import Floats, bell, ellipse_bell, ramp
from standin.noise import fractal
from standin.shade import slots

_ROWS = int((slots.ATLAS_TOP - slots.ATLAS_BOTTOM) * slots.ATLAS_TEXELS_PER_CM) + 2
_COLUMNS = int(slots.ATLAS_SIDE * slots.ATLAS_TEXELS_PER_CM) + 2


def build_atlas(seed: int) -> NDArray[np.float32]:
    """(R, C, K)"""
    v, u = np.meshgrid(
        slots.ATLAS_TOP - np.arange(_ROWS) / slots.ATLAS_TEXELS_PER_CM,
        np.arange(_COLUMNS) / slots.ATLAS_TEXELS_PER_CM,
        indexing="ij",
    )
    atlas = np.zeros((_ROWS, _COLUMNS, slots.NUM_SITE), np.float32)
    grain = _grain(seed)
    atlas[..., slots.SITE_OPEN] = _openness(u, v)
    atlas[..., slots.SITE_RED] = _redness(u, v)
    atlas[..., slots.SITE_BLUSH] = ellipse_bell(u, v - 0.30 * (u - 4.4), (4.5, -2.7), (1.9, 1.25))
    atlas[..., slots.SITE_CIRCLE] = ellipse_bell(u, v, (2.9, -0.95), (1.8, 0.75))
    atlas[..., slots.SITE_ORBIT] = ellipse_bell(u, v, (1.75, 0.15), (0.7, 0.85))
    atlas[..., slots.SITE_FRECKLES] = 0.2 + ellipse_bell(u, v, (2.4, -2.2), (3.1, 3.1))
    atlas[..., slots.SITE_GRAIN] = grain
    _put_slope(atlas, slots.SITE_GRAIN_U, grain)
    _put_slope(atlas, slots.SITE_FOLD_U, _young_folds(u, v))
    _put_slope(atlas, slots.SITE_AGE_U, _wrinkles(u, v, grain))
    lip, chin, cheek = _beard(u, v)
    atlas[..., slots.SITE_BEARD_LIP] = lip
    atlas[..., slots.SITE_BEARD_CHIN] = chin
    atlas[..., slots.SITE_BEARD_CHEEK] = cheek
    return atlas


def _put_slope(atlas: NDArray[np.float32], channel: int, height_RC: Floats) -> None:
    """Slope along u into `channel`, along v (upwards) into the next."""
    atlas[..., channel] = np.gradient(height_RC, axis=1) * slots.ATLAS_TEXELS_PER_CM
    atlas[..., channel + 1] = -np.gradient(height_RC, axis=0) * slots.ATLAS_TEXELS_PER_CM


def _grain(seed: int) -> Floats:
    """Pores: noise whose finest cells are about two pixels of a small picture."""
    picture = fractal(np.random.default_rng([seed, 9]), 2, 40, (1.0, 1.0)).astype(np.float64)
    tiles = np.tile(picture, (_ROWS // 256 + 1, _COLUMNS // 256 + 1))
    return tiles[:_ROWS, :_COLUMNS]


def _openness(u: Floats, v: Floats) -> Floats:
    """How much of the sky a point sees."""
    sky = 1 - 0.32 * ellipse_bell(u, v, (1.55, 0.45), (1.0, 1.25))
    sky *= 1 - 0.16 * ellipse_bell(u, v, (3.2, 0.8), (2.8, 1.0))
    sky *= 1 - 0.34 * ellipse_bell(u, v, (0, -4.85), (1.9, 0.55))
    sky *= 1 - 0.20 * ellipse_bell(u, v, (0, -8.2), (2.1, 0.7))
    sky *= 1 - 0.20 * ellipse_bell(u, v, (1.95, -4.1), (0.5, 1.0))
    sky *= 1 - 0.18 * ellipse_bell(u, v, (2.75, -6.8), (0.55, 0.55))
    sky *= 1 - 0.12 * ellipse_bell(u, v, (4.6, -5.0), (1.8, 1.8))
    return sky * (1 - 0.45 * ramp(-10.7, -11.7, v))


def _redness(u: Floats, v: Floats) -> Floats:
    cheeks = 0.30 * ellipse_bell(u, v, (3.9, -3.2), (2.4, 2.2))
    nose = 0.28 * ellipse_bell(u, v, (0, -3.6), (1.9, 1.6)) + 0.10 * ellipse_bell(u, v, (0, -10), (2.5, 1.7))
    return cheeks + nose


def _beard(u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
    """Where hair grows on lip, chin and cheek, with soft borders."""
    upper_edge = -4.95 - 0.22 * u + 0.10 * bell(u, 0.0, 0.5)
    lip = ramp(0.12, -0.38, v - upper_edge) * ramp(-7.0, -6.5, v) * (1 - ramp(2.3, 3.3, u))
    lip *= 0.70 + 0.30 * ramp(0.0, 0.45, u)
    below = (
        ramp(-7.25, -7.85, v + 0.06 * u)
        * (1 - ramp(2.6, 3.9, u))
        * (1 - 0.55 * ellipse_bell(u, v, (1.25, -8.0), (0.6, 0.4)))
    )
    corner = bell(u, 3.0, 0.75) * ramp(-5.6, -6.6, v)
    border = -3.2 - 1.15 * np.sqrt(np.maximum(6.6 - u, 0.0)) - 0.12 * (6.6 - u)
    cheek = ramp(2.7, 4.0, u) * ramp(0.75, -0.95, v - border)
    return lip, np.minimum(below + corner, 1.0), cheek


def _young_folds(u: Floats, v: Floats) -> Floats:
    """Height of lines that everyone has."""
    nasolabial = np.exp(-(((u - 1.72 + (v + 4.1) * 0.50) / 0.20) ** 2)) * ramp(-8.0, -6.4, v) * ramp(-3.7, -4.6, v)
    lower_lid = bell(v + 1.55 - 0.14 * (u - 3.0) ** 2, 0, 0.22) * ramp(1.9, 1.1, np.abs(u - 2.9))
    return -0.012 * nasolabial - 0.012 * lower_lid


def _wrinkles(u: Floats, v: Floats, grain: Floats) -> Floats:
    """Height of what age adds."""
    wavy = v + 0.10 * np.sin(u * 1.1) + 0.05 * np.sin(u * 2.7 + v)
    rows = bell(wavy, 3.9, 0.15) + 0.8 * bell(wavy, 4.7, 0.16) + bell(wavy, 5.45, 0.15)
    h = -0.046 * ramp(4.6, 2.6, u) * rows
    h -= 0.050 * bell(u - 0.42 - 0.05 * v, 0, 0.15) * bell(v, 1.9, 1.0)
    slant = (v - 0.05) / np.maximum(u - 4.0, 0.2)
    rays = bell(slant, 0.45, 0.14) + bell(slant, 0.0, 0.12) + bell(slant, -0.48, 0.14)
    h -= 0.034 * ramp(4.5, 5.0, u) * ramp(6.3, 5.5, u) * rays
    fold = np.exp(-(((u - 1.72 + (v + 4.1) * 0.50) / 0.22) ** 2)) * ramp(-8.0, -6.6, v) * ramp(-3.7, -4.5, v)
    h -= 0.100 * fold
    h -= 0.060 * bell(u - 2.95 + 0.12 * (v + 7), 0, 0.2) * bell(v, -8.1, 1.0)
    h -= 0.055 * bell(v + 1.6 - 0.14 * (u - 3.0) ** 2, 0, 0.20) * ramp(2.0, 1.2, np.abs(u - 2.9))
    h -= 0.030 * bell(v + 2.35 - 0.10 * (u - 3.0) ** 2, 0, 0.22) * ramp(2.2, 1.2, np.abs(u - 3.2))
    h -= 0.022 * bell(u - 4.9 - 0.25 * (v + 6), 0, 0.25) * ramp(-8.5, -6.5, v) * ramp(-3.5, -5.0, v)
    return h + 0.006 * grain
