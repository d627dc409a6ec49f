"""Lids, eyeball and lashes."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.head import EYE_X
from standin.kernel import INLINED, INNER
from standin.noise import BLOTCH, GRAIN
from standin.shade.brush import bell, darken, noise, paint_over, ramp
from standin.shade.slots import (
    CLOSURE_LEFT,
    CLOSURE_RIGHT,
    CREASE,
    EYE_COS,
    EYE_HALF_WIDTH,
    EYE_SIN,
    IRIS_B,
    IRIS_G,
    IRIS_R,
    IRIS_SIZE,
    LASHES,
    LID_LOWER,
    LID_PEAK,
    LID_UPPER,
    LINER,
    PX_B,
    PX_G,
    PX_GLOW,
    PX_IS_EYE,
    PX_NX,
    PX_NY,
    PX_NZ,
    PX_OPEN,
    PX_R,
    PX_SPECULAR,
    SHADOW_B,
    SHADOW_BLEND,
    SHADOW_G,
    SHADOW_R,
    WRINKLES,
)


@njit(**INNER)  # type: ignore[untyped-decorator]
def lid_curves(t: float, upper: float, lower: float, peak: float) -> tuple[float, float]:
    """Heights of the open eye's upper and lower lid at share t from the inner to the outer corner."""
    t = min(max(t, 0.0), 1.0)
    bent = t**peak
    a = max(4 * bent * (1 - bent), 0.0) ** 0.72
    bent = t * math.sqrt(t)
    b = max(4 * bent * (1 - bent), 0.0) ** 0.8
    base = -0.12 * (1 - t) + 0.10 * t
    return base + upper * a, base - lower * b


@njit(**INLINED)  # type: ignore[untyped-decorator]
def paint_eye(
    px: NDArray[np.float64], u: float, v: float, look: NDArray[np.float64], textures: NDArray[np.float32]
) -> None:
    ex = abs(u) - EYE_X
    x = ex * look[EYE_COS] + v * look[EYE_SIN]
    y = -ex * look[EYE_SIN] + v * look[EYE_COS]
    half = 1.5 * look[EYE_HALF_WIDTH]
    t = (x + half) / (2 * half)
    open_upper, open_lower = lid_curves(t, look[LID_UPPER], look[LID_LOWER], look[LID_PEAK])
    closure = look[CLOSURE_LEFT] if u > 0 else look[CLOSURE_RIGHT]
    meet = 0.82 * open_lower + 0.18 * open_upper
    upper = open_upper + (meet - open_upper) * closure
    lower = open_lower + (meet - open_lower) * max(closure, 0.0)
    over, under = upper - y, y - lower
    paint_lids(px, y, t, open_upper, upper, under, closure, look)
    if t > 0 and t < 1 and over > 0 and under > 0:
        paint_eyeball(px, u, v, ex, t, over, under, half, look, textures)
    paint_lashes(px, t, over, under, look)


@njit(**INLINED)  # type: ignore[untyped-decorator]
def paint_lids(
    px: NDArray[np.float64],
    y: float,
    t: float,
    open_upper: float,
    upper: float,
    under: float,
    closure: float,
    look: NDArray[np.float64],
) -> None:
    crease = open_upper * 0.82 + 0.16 + look[CREASE]
    inside = ramp(-0.05, 0.1, t) * (1 - ramp(0.95, 1.08, t))
    line = bell(y - crease, 0.075) * ramp(-0.05, 0.18, t) * (1 - ramp(0.98, 1.2, t))
    darken(px, line * (1 - 0.6 * max(closure, 0.0)), 0.40, 0.48, 0.48)
    lid = ramp(0.0, 0.1, y - upper) * (1 - ramp(-0.05, 0.05, y - crease)) * inside
    darken(px, lid, 0.06, 0.14, 0.12)
    if look[SHADOW_BLEND] > 0:
        dust = ramp(0.0, 0.1, y - upper) * (1 - ramp(0.05, 0.75, y - crease)) * ramp(-0.15, 0.1, t)
        dust *= look[SHADOW_BLEND] * (1 - ramp(0.98, 1.22, t)) * (0.6 + 0.4 * ramp(0.2, 0.9, t))
        paint_over(px, dust, look[SHADOW_R], look[SHADOW_G], look[SHADOW_B])
    rim = bell(under + 0.07, 0.06) * ramp(0, 0.1, t) * (1 - ramp(0.92, 1.02, t))
    darken(px, rim, -0.02, 0.10, 0.07)
    fold = bell(under + 0.17, 0.08) * ramp(0.05, 0.25, t) * (1 - ramp(0.9, 1.05, t))
    darken(px, fold, 0.14, 0.18, 0.18)
    bag = bell(under + 0.62, 0.12) * ramp(0.0, 0.2, t) * (1 - ramp(0.75, 1.0, t))
    darken(px, bag * (0.06 + 0.22 * look[WRINKLES]), 1.0, 1.15, 1.1)


@njit(**INLINED)  # type: ignore[untyped-decorator]
def paint_eyeball(
    px: NDArray[np.float64],
    u: float,
    v: float,
    ex: float,
    t: float,
    over: float,
    under: float,
    half: float,
    look: NDArray[np.float64],
    textures: NDArray[np.float32],
) -> None:
    side = 1.0 if u > 0 else -1.0
    nx, ny = ex / 1.24, v / 1.24
    nz = math.sqrt(max(1 - nx * nx - ny * ny, 0.05))
    nx *= side * 0.8
    ny *= 0.8
    scale = 1 / math.sqrt(nx * nx + ny * ny + nz * nz)
    px[PX_NX], px[PX_NY], px[PX_NZ] = nx * scale, ny * scale, nz * scale
    px[PX_IS_EYE] = 1.0
    px[PX_SPECULAR] = 0.0
    vein = noise(textures[GRAIN], u * 0.3, v * 0.3)
    px[PX_R], px[PX_G], px[PX_B] = 0.62, 0.575 - 0.012 * vein, 0.545 - 0.012 * vein
    paint_over(px, 0.15 * ramp(0.5, 1.0, abs(2 * t - 1)), 0.50, 0.40, 0.37)
    paint_over(px, ramp(0.13, 0.03, t), 0.50, 0.24, 0.21)
    iris_x, iris_y = ex + 0.03, v - 0.03
    radius = math.sqrt(iris_x * iris_x + iris_y * iris_y) / look[IRIS_SIZE]
    if radius < 1.08:
        angle = math.atan2(iris_y, iris_x)
        fibres = 0.85 + 0.30 * noise(textures[BLOTCH], angle * 0.35, radius * 0.10)
        rim = 1 - 0.82 * ramp(0.74, 1.0, radius)
        light = (0.75 + 0.75 * ramp(0.3, -0.8, iris_y / look[IRIS_SIZE])) * fibres * rim
        light *= 1 - 0.96 * ramp(0.44, 0.36, radius)
        paint_over(px, ramp(1.08, 0.95, radius), look[IRIS_R] * light, look[IRIS_G] * light, look[IRIS_B] * light)
    hx, hy = (side * ex + 0.20) / 0.15, (v - 0.22) / 0.14
    d = hx * hx + hy * hy
    if d < 4:
        px[PX_GLOW] += 0.95 * math.exp(-d * d)
    hx, hy = (side * ex - 0.26) / 0.12, (v + 0.24) / 0.09
    px[PX_GLOW] += 0.10 * math.exp(-min(hx * hx + hy * hy, 6.0))
    px[PX_GLOW] += 0.06 * bell(under - 0.05, 0.05)  # the wet edge of the lower lid
    sky = (0.34 + 0.66 * ramp(-0.02, 0.40, over)) * (0.6 + 0.4 * ramp(0.0, 0.16, under))
    px[PX_OPEN] = sky * (0.75 + 0.25 * ramp(0.0, 0.20, min(t, 1 - t) * 2.2 * half / 1.5))


@njit(**INLINED)  # type: ignore[untyped-decorator]
def paint_lashes(px: NDArray[np.float64], t: float, over: float, under: float, look: NDArray[np.float64]) -> None:
    if over < -1 or over > 1:
        upper = 0.0
    else:
        reach = (0.07 + 0.07 * ramp(0.2, 0.9, t)) * (0.8 + 0.7 * look[LASHES]) + 0.07 * look[LINER]
        upper = ramp(-reach * 0.8, -reach * 0.05, over) * ramp(reach * 0.65 + 0.03, reach * 0.1, over)
        upper *= ramp(-0.02, 0.08, t) * (1 - ramp(1.0, 1.045 + 0.05 * look[LINER], t))
        upper *= 0.78 + 0.17 * look[LASHES]
    lower = bell(under + 0.01, 0.05 + 0.02 * look[LINER]) * ramp(0.15, 0.5, t) * (1 - ramp(0.98, 1.04, t))
    lower *= 0.44 + 0.16 * look[LASHES] + 0.35 * look[LINER]
    keep = 1 - min(max(upper, lower), 0.97)
    px[PX_R] *= keep
    px[PX_G] *= keep
    px[PX_B] *= keep
    px[PX_GLOW] *= keep
