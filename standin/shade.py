"""From visibility to colour. Eyes, brows, lips, beard and skin are drawn per pixel in canonical coordinates.

All indices of the vectors that the kernels read stand here, beside the kernels: numba's cache notices a change in
the kernel's own file only. Colours are linear RGB until `_toned`. Canonical (u, v) is where a point of the surface
lay before any morph, in centimetres. Legend: V = vertex, T = triangle, H/W = sub-sampled frame, P = look parameter.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.raster import FAST, INLINED, SHADOW_CENTRE_Y, SHADOW_TEXELS_PER_CM

# ---- the look of one character: one number each, filled by look.py
(
    TONE_R, TONE_G, TONE_B, BLOTCHES, ROUGHNESS, REDNESS, FRECKLES, MOLES, CIRCLES, GLOSS, WRINKLES, PATCHES, PATTERN,
    STUBBLE, BEARD, BEARD_CHIN, BEARD_LIP, BEARD_CHEEK, BEARD_R, BEARD_G, BEARD_B,
    SCAR, SCAR_U, SCAR_V, SCAR_COS, SCAR_SIN, SCAR_LENGTH,
    BLUSH, LIP_R, LIP_G, LIP_B, LIP_BLEND, LIP_GLOSS, CUPID, LIP_UPPER, LIP_LOWER, LIP_CORNER,
    LID_UPPER, LID_LOWER, LID_PEAK, EYE_HALF_WIDTH, EYE_COS, EYE_SIN, CREASE, IRIS_SIZE, IRIS_R, IRIS_G, IRIS_B,
    CLOSURE_LEFT, CLOSURE_RIGHT, LASHES, LINER, SHADOW_R, SHADOW_G, SHADOW_B, SHADOW_BLEND,
    BROW_INNER, BROW_OUTER, BROW_THICK, BROW_DENSITY, BROW_ARCH, BROW_R, BROW_G, BROW_B,
    HAIR_R, HAIR_G, HAIR_B, HAIR_TIP, HAIR_SHINE, HAIR_CURL, HAIR_DENSITY_SIDES, CLOTH_R, CLOTH_G, CLOTH_B,
    NUM_LOOK,
) = range(75)  # fmt: skip

# ---- what hangs at each vertex for hair
HAIR_DISTANCE, HAIR_ACROSS, HAIR_ALONG, HAIR_TX, HAIR_TY, HAIR_TZ, NUM_HAIR = range(7)

# ---- the map of the face, baked by atlas.py: 16 channels, one cache line
(
    SITE_OPEN, SITE_RED, SITE_BLUSH, SITE_CIRCLE, SITE_ORBIT, SITE_FRECKLES, SITE_GRAIN, SITE_GRAIN_U, SITE_GRAIN_V,
    SITE_FOLD_U, SITE_FOLD_V, SITE_AGE_U, SITE_AGE_V, SITE_BEARD_LIP, SITE_BEARD_CHIN, SITE_BEARD_CHEEK, NUM_SITE,
) = range(17)  # fmt: skip
ATLAS_TOP, ATLAS_BOTTOM, ATLAS_SIDE = 12.0, -12.0, 7.6  # canonical centimetres
ATLAS_TEXELS_PER_CM = 16.0

# ---- the pixel being painted
_R, _G, _B, _SPECULAR, _SHARP, _OPEN, _NX, _NY, _NZ, _GLOW, _IS_EYE, _NUM_PIXEL = range(12)

_SKIN, _BODY, _EAR, _SHEET = 0, 1, 2, 3  # head.py's materials
_BLOTCH, _GRAIN, _STRAND, _SPOT = 0, 1, 2, 3  # noise.py's textures
_MOUTH_Y, _EYE_X = -6.70, 3.15  # head.py's
_SHADOW_LIGHT = 0.13  # share of the key light that reaches its shadow
_BARE = -0.7  # hair distance from which on no hair shows
_SUBSAMPLES, OVERSAMPLING = 4, 2  # of a pixel; along each of its edges
_NO_DEPTH = -1.0
_SAME_LAYER = 0.6  # centimetres of depth within which sub-samples of a pixel share one shading
_TONE_STEPS = 512.0
TONE_CURVE = (1 - np.exp(-np.arange(2048) / _TONE_STEPS * 1.25)) ** (1 / 2.2)


def _normalised_lights() -> NDArray[np.float64]:
    lights = np.array(
        [  # direction towards the light, colour
            [-0.50, 0.55, 0.74, 1.06, 0.98, 0.88],  # key: warm, above left
            [0.72, 0.10, 0.62, 0.27, 0.29, 0.34],  # fill: cool
            [0.85, 0.35, -0.55, 0.40, 0.43, 0.52],  # rim right
            [-0.90, 0.30, -0.50, 0.26, 0.26, 0.30],  # rim left
        ]
    )
    lights[:, :3] /= np.linalg.norm(lights[:, :3], axis=1, keepdims=True)
    halfway = lights[:, :3] + (0.0, 0.0, 1.0)  # the camera is far enough to look along z everywhere
    return np.hstack([lights, halfway / np.linalg.norm(halfway, axis=1, keepdims=True)])


_HALF_X = 6  # column of a light where its half vector starts
LIGHTS = _normalised_lights()


@njit(**FAST)  # type: ignore[untyped-decorator]
def _ramp(start: float, end: float, x: float) -> float:
    t = (x - start) / (end - start)
    if t <= 0.0:
        return 0.0
    if t >= 1.0:
        return 1.0
    return t * t * (3.0 - 2.0 * t)


@njit(**FAST)  # type: ignore[untyped-decorator]
def _bell(x: float, sigma: float) -> float:
    """Close to exp(-x² / 2 sigma²), zero beyond 2.8 sigma, no exponential."""
    t = x / sigma
    t = 1.0 - t * t * 0.125
    if t <= 0.0:
        return 0.0
    t *= t
    t *= t
    return t * t


@njit(**FAST)  # type: ignore[untyped-decorator]
def _noise(texture: NDArray[np.float32], u: float, v: float) -> float:
    """Bilinear sample; one turn of u or v is one tile of 256 texels."""
    x = (u - math.floor(u)) * 256.0
    y = (v - math.floor(v)) * 256.0
    column, row = int(x), int(y)
    fx, fy = x - column, y - row
    column &= 255
    row &= 255
    right, below = (column + 1) & 255, (row + 1) & 255
    top = texture[row, column] * (1 - fx) + texture[row, right] * fx
    bottom = texture[below, column] * (1 - fx) + texture[below, right] * fx
    return float(top * (1 - fy) + bottom * fy)


@njit(**FAST)  # type: ignore[untyped-decorator]
def _multiply(px: NDArray[np.float64], amount: float, r: float, g: float, b: float) -> None:
    """Darkens by a share of each channel."""
    px[_R] *= 1 - amount * r
    px[_G] *= 1 - amount * g
    px[_B] *= 1 - amount * b


@njit(**FAST)  # type: ignore[untyped-decorator]
def _cover(px: NDArray[np.float64], amount: float, r: float, g: float, b: float) -> None:
    px[_R] += (r - px[_R]) * amount
    px[_G] += (g - px[_G]) * amount
    px[_B] += (b - px[_B]) * amount


# ---- curves of the face


@njit(**FAST)  # type: ignore[untyped-decorator]
def _lids(t: float, upper: float, lower: float, peak: float) -> tuple[float, float]:
    """Heights of the open eye's upper and lower lid at share t from the inner to the outer corner."""
    t = min(max(t, 0.0), 1.0)
    bent = t**peak
    a = max(4 * bent * (1 - bent), 0.0) ** 0.72
    bent = t * math.sqrt(t)
    b = max(4 * bent * (1 - bent), 0.0) ** 0.8
    base = -0.12 * (1 - t) + 0.10 * t
    return base + upper * a, base - lower * b


@njit(**FAST)  # type: ignore[untyped-decorator]
def _lips(u: float, look: NDArray[np.float64]) -> tuple[float, float, float]:
    """Heights of the line between the lips, of the upper lip's upper and the lower lip's lower edge."""
    au = abs(u)
    a = min(au / 2.55, 1.0)
    middle = _MOUTH_Y - 0.05 * _bell(au, 0.5) + 0.05 * _bell(au - 0.9, 0.7) - 0.10 * a * a
    middle += look[LIP_CORNER] * a * a * a
    bow = (0.10 * _bell(au - 0.50, 0.40) * (1 - a) - 0.14 * _bell(au, 0.30)) * look[CUPID]
    a2 = a * a
    upper = middle + (1 - a2 * (0.8 + 0.2 * a)) * 0.60 * look[LIP_UPPER] + bow
    lower = middle - (1 - a2 * (0.6 + 0.4 * a)) * 0.86 * look[LIP_LOWER]
    return middle, upper, lower


# ---- relief that is too fine for the mesh


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _read_site(atlas: NDArray[np.float32], u: float, v: float, site: NDArray[np.float32]) -> None:
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


@njit(**FAST)  # type: ignore[untyped-decorator]
def _lip_relief(u: float, v: float, look: NDArray[np.float64]) -> float:
    au = abs(u)
    middle, upper, lower = _lips(u, look)
    groove = 0.10 * _bell(v - middle, 0.09) * (1 - _ramp(2.2, 2.75, au))
    edges = 0.030 * (_bell(v - upper, 0.07) + _bell(v - lower, 0.09) * 0.7) * (1 - _ramp(1.8, 2.5, au))
    return float(-groove - edges)


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _emboss(px: NDArray[np.float64], u: float, v: float, look: NDArray[np.float64], site: NDArray[np.float32]) -> None:
    """Bends the normal by pores, folds, wrinkles and the lips' edges."""
    pores = 0.0035 * (0.30 + look[ROUGHNESS])
    age = look[WRINKLES]
    slope_u = site[SITE_GRAIN_U] * pores + site[SITE_FOLD_U] + age * site[SITE_AGE_U]
    slope_v = site[SITE_GRAIN_V] * pores + site[SITE_FOLD_V] + age * site[SITE_AGE_V]
    if u < 0:
        slope_u = -slope_u
    if v < -5.6 and v > -7.9 and abs(u) < 2.7:
        step = 0.05
        flat = _lip_relief(u, v, look)
        slope_u += (_lip_relief(u + step, v, look) - flat) / step
        slope_v += (_lip_relief(u, v + step, look) - flat) / step
    nx, ny, nz = px[_NX], px[_NY], px[_NZ]
    bx = nx - (slope_u * (1 - nx * nx) - slope_v * nx * ny)
    by = ny - (slope_v * (1 - ny * ny) - slope_u * nx * ny)
    bz = nz + (slope_u * nx + slope_v * ny) * nz
    scale = 1 / math.sqrt(bx * bx + by * by + bz * bz)
    px[_NX], px[_NY], px[_NZ] = bx * scale, by * scale, bz * scale


# ---- skin


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _paint_complexion(
    px: NDArray[np.float64],
    u: float,
    v: float,
    look: NDArray[np.float64],
    site: NDArray[np.float32],
    textures: NDArray[np.float32],
) -> None:
    pattern = look[PATTERN]
    blotch = _noise(textures[_BLOTCH], u * 0.055 + pattern, v * 0.055)
    grain = site[SITE_GRAIN]
    shade = 1 + 0.055 * look[BLOTCHES] * blotch + 0.025 * (0.3 + look[ROUGHNESS]) * grain
    px[_R] *= shade
    px[_G] *= shade
    px[_B] *= shade
    red = site[SITE_RED] * (0.25 + 1.1 * look[REDNESS]) * (1 + 0.35 * blotch)
    _multiply(px, red, -0.06, 0.32, 0.27)
    _multiply(px, _ramp(3.0, 5.5, v), 0.0, -0.02, 0.06)  # foreheads are a little yellower
    _multiply(px, look[BLUSH] * site[SITE_BLUSH], 0.03, 0.30, 0.22)
    if look[PATCHES] > 0:
        patch = _noise(textures[_BLOTCH], u * 0.030 + pattern * 3, v * 0.030 + 0.3)
        patch = _ramp(0.55, 0.75, patch + 0.12 * grain) * look[PATCHES]
        _cover(px, patch, 0.72, 0.50, 0.40)
    if look[FRECKLES] > 0.03:
        spot = _noise(textures[_SPOT], u * 0.10 + pattern, v * 0.10 + 0.2)
        spot = _ramp(0.8, 1.7, spot) * look[FRECKLES] * site[SITE_FRECKLES]
        _multiply(px, min(spot, 1.0), 0.34, 0.52, 0.58)
    if look[MOLES] > 0.1:
        mole = _ramp(2.35, 2.6, _noise(textures[_SPOT], u * 0.05 + 0.7 * pattern, v * 0.05 + 0.6))
        _multiply(px, mole * look[MOLES], 0.62, 0.74, 0.74)
    _multiply(px, site[SITE_CIRCLE] * (0.06 + 0.50 * look[CIRCLES]) + 0.15 * site[SITE_ORBIT], 0.50, 0.66, 0.48)


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _paint_beard(
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
    _multiply(px, min(max(shadow, 0.0), 1.0), 0.50, 0.44, 0.34)
    if look[BEARD] > 0:
        strand = _noise(textures[_GRAIN], u * 0.17 + 0.31, v * 0.045)
        hair = _ramp(0.10, 0.75, mask + 0.05 * strand) * look[BEARD]
        bright = max(0.45, 0.92 + 0.20 * strand + 0.06 * site[SITE_GRAIN])
        _cover(px, min(hair, 0.93), look[BEARD_R] * bright, look[BEARD_G] * bright, look[BEARD_B] * bright)
        px[_SPECULAR] *= 1 - 0.7 * hair


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _paint_scar(px: NDArray[np.float64], u: float, v: float, look: NDArray[np.float64]) -> None:
    along = (u - look[SCAR_U]) * look[SCAR_COS] + (v - look[SCAR_V]) * look[SCAR_SIN]
    if abs(along) > look[SCAR_LENGTH]:
        return
    across = -(u - look[SCAR_U]) * look[SCAR_SIN] + (v - look[SCAR_V]) * look[SCAR_COS]
    across += 0.10 * math.sin(along * 2.1)
    fade = look[SCAR] * (1 - _ramp(0.6, 1.0, abs(along) / look[SCAR_LENGTH]))
    _multiply(px, fade * _bell(across, 0.16), 0.16, 0.44, 0.38)
    line = fade * _bell(across, 0.07)
    _cover(px, 0.5 * line, px[_R] * 1.35, px[_G] * 1.15, px[_B] * 1.10)
    px[_SPECULAR] += 0.05 * line


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _paint_nostrils(px: NDArray[np.float64], u: float, v: float) -> None:
    au = abs(u)
    hole = min(1.0, 1.25 * _bell((au - 0.66) / 1.25, 0.24) * _bell(v + 4.52 + 0.15 * (au - 0.66), 0.15))
    _multiply(px, hole, 0.84, 0.91, 0.92)
    px[_SPECULAR] *= 1 - hole


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _paint_lips(
    px: NDArray[np.float64], u: float, v: float, look: NDArray[np.float64], textures: NDArray[np.float32]
) -> None:
    au = abs(u)
    middle, upper, lower = _lips(u, look)
    mask = _ramp(-0.05, 0.08, upper - v) * _ramp(-0.07, 0.13, v - lower) * (1 - _ramp(2.1, 2.62, au))
    if mask > 0:
        blend = look[LIP_BLEND]
        r = px[_R] * 0.95 * (1 - blend) + look[LIP_R] * blend
        g = px[_G] * 0.62 * (1 - blend) + look[LIP_G] * blend
        b = px[_B] * 0.68 * (1 - blend) + look[LIP_B] * blend
        shade = 1 + 0.07 * _noise(textures[_GRAIN], u * 0.5, v * 0.08)
        if v > middle:
            shade *= 0.84
        _cover(px, mask, r * shade, g * shade, b * shade)
        px[_SPECULAR] += mask * (0.02 + 0.10 * look[LIP_GLOSS])
        px[_SHARP] += 14 * mask
    line = _bell(v - middle, 0.075) * (1 - _ramp(2.25, 2.70, au))
    _multiply(px, line, 0.78, 0.86, 0.86)
    px[_OPEN] *= 1 - 0.3 * _bell(v - middle, 0.2) * (1 - _ramp(2.2, 2.8, au))


# ---- eyes and brows


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _paint_eye(
    px: NDArray[np.float64], u: float, v: float, look: NDArray[np.float64], textures: NDArray[np.float32]
) -> None:
    ex = abs(u) - _EYE_X
    x = ex * look[EYE_COS] + v * look[EYE_SIN]
    y = -ex * look[EYE_SIN] + v * look[EYE_COS]
    half = 1.5 * look[EYE_HALF_WIDTH]
    t = (x + half) / (2 * half)
    open_upper, open_lower = _lids(t, look[LID_UPPER], look[LID_LOWER], look[LID_PEAK])
    closure = look[CLOSURE_LEFT] if u > 0 else look[CLOSURE_RIGHT]
    meet = 0.82 * open_lower + 0.18 * open_upper
    upper = open_upper + (meet - open_upper) * closure
    lower = open_lower + (meet - open_lower) * max(closure, 0.0)
    over, under = upper - y, y - lower
    _paint_lids(px, y, t, open_upper, upper, under, closure, look)
    if t > 0 and t < 1 and over > 0 and under > 0:
        _paint_eyeball(px, u, v, ex, t, over, under, half, look, textures)
    _paint_lashes(px, t, over, under, look)


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _paint_lids(
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
    inside = _ramp(-0.05, 0.1, t) * (1 - _ramp(0.95, 1.08, t))
    line = _bell(y - crease, 0.075) * _ramp(-0.05, 0.18, t) * (1 - _ramp(0.98, 1.2, t))
    _multiply(px, line * (1 - 0.6 * max(closure, 0.0)), 0.40, 0.48, 0.48)
    lid = _ramp(0.0, 0.1, y - upper) * (1 - _ramp(-0.05, 0.05, y - crease)) * inside
    _multiply(px, lid, 0.06, 0.14, 0.12)
    if look[SHADOW_BLEND] > 0:
        dust = _ramp(0.0, 0.1, y - upper) * (1 - _ramp(0.05, 0.75, y - crease)) * _ramp(-0.15, 0.1, t)
        dust *= look[SHADOW_BLEND] * (1 - _ramp(0.98, 1.22, t)) * (0.6 + 0.4 * _ramp(0.2, 0.9, t))
        _cover(px, dust, look[SHADOW_R], look[SHADOW_G], look[SHADOW_B])
    rim = _bell(under + 0.07, 0.06) * _ramp(0, 0.1, t) * (1 - _ramp(0.92, 1.02, t))
    _multiply(px, rim, -0.02, 0.10, 0.07)
    fold = _bell(under + 0.17, 0.08) * _ramp(0.05, 0.25, t) * (1 - _ramp(0.9, 1.05, t))
    _multiply(px, fold, 0.14, 0.18, 0.18)
    bag = _bell(under + 0.62, 0.12) * _ramp(0.0, 0.2, t) * (1 - _ramp(0.75, 1.0, t))
    _multiply(px, bag * (0.06 + 0.22 * look[WRINKLES]), 1.0, 1.15, 1.1)


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _paint_eyeball(
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
    px[_NX], px[_NY], px[_NZ] = nx * scale, ny * scale, nz * scale
    px[_IS_EYE] = 1.0
    px[_SPECULAR] = 0.0
    vein = _noise(textures[_GRAIN], u * 0.3, v * 0.3)
    px[_R], px[_G], px[_B] = 0.62, 0.575 - 0.012 * vein, 0.545 - 0.012 * vein
    _cover(px, 0.15 * _ramp(0.5, 1.0, abs(2 * t - 1)), 0.50, 0.40, 0.37)
    _cover(px, _ramp(0.13, 0.03, t), 0.50, 0.24, 0.21)
    iris_x, iris_y = ex + 0.03, v - 0.03
    radius = math.sqrt(iris_x * iris_x + iris_y * iris_y) / look[IRIS_SIZE]
    if radius < 1.08:
        angle = math.atan2(iris_y, iris_x)
        fibres = 0.85 + 0.30 * _noise(textures[_BLOTCH], angle * 0.35, radius * 0.10)
        rim = 1 - 0.82 * _ramp(0.74, 1.0, radius)
        light = (0.75 + 0.75 * _ramp(0.3, -0.8, iris_y / look[IRIS_SIZE])) * fibres * rim
        light *= 1 - 0.96 * _ramp(0.44, 0.36, radius)
        _cover(px, _ramp(1.08, 0.95, radius), look[IRIS_R] * light, look[IRIS_G] * light, look[IRIS_B] * light)
    hx, hy = (side * ex + 0.20) / 0.15, (v - 0.22) / 0.14
    d = hx * hx + hy * hy
    if d < 4:
        px[_GLOW] += 0.95 * math.exp(-d * d)
    hx, hy = (side * ex - 0.26) / 0.12, (v + 0.24) / 0.09
    px[_GLOW] += 0.10 * math.exp(-min(hx * hx + hy * hy, 6.0))
    px[_GLOW] += 0.06 * _bell(under - 0.05, 0.05)  # the wet edge of the lower lid
    sky = (0.34 + 0.66 * _ramp(-0.02, 0.40, over)) * (0.6 + 0.4 * _ramp(0.0, 0.16, under))
    px[_OPEN] = sky * (0.75 + 0.25 * _ramp(0.0, 0.20, min(t, 1 - t) * 2.2 * half / 1.5))


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _paint_lashes(px: NDArray[np.float64], t: float, over: float, under: float, look: NDArray[np.float64]) -> None:
    if over < -1 or over > 1:
        upper = 0.0
    else:
        reach = (0.07 + 0.07 * _ramp(0.2, 0.9, t)) * (0.8 + 0.7 * look[LASHES]) + 0.07 * look[LINER]
        upper = _ramp(-reach * 0.8, -reach * 0.05, over) * _ramp(reach * 0.65 + 0.03, reach * 0.1, over)
        upper *= _ramp(-0.02, 0.08, t) * (1 - _ramp(1.0, 1.045 + 0.05 * look[LINER], t))
        upper *= 0.78 + 0.17 * look[LASHES]
    lower = _bell(under + 0.01, 0.05 + 0.02 * look[LINER]) * _ramp(0.15, 0.5, t) * (1 - _ramp(0.98, 1.04, t))
    lower *= 0.44 + 0.16 * look[LASHES] + 0.35 * look[LINER]
    keep = 1 - min(max(upper, lower), 0.97)
    px[_R] *= keep
    px[_G] *= keep
    px[_B] *= keep
    px[_GLOW] *= keep


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _paint_brow(
    px: NDArray[np.float64], u: float, v: float, look: NDArray[np.float64], textures: NDArray[np.float32]
) -> None:
    au = abs(u)
    s = (au - look[BROW_INNER]) / (look[BROW_OUTER] - look[BROW_INNER])
    if s < -0.15 or s > 1.1:
        return
    sc = min(max(s, 0.0), 1.0)
    bend = (sc - 0.64) / (0.64 if sc < 0.64 else 0.53)
    line = 1.72 + 0.10 * sc + (0.45 + look[BROW_ARCH]) * (1 - bend * bend)
    thick = look[BROW_THICK] * (0.50 + 0.10 * sc) * (1 - 0.72 * _ramp(0.45, 1.05, sc))
    thick *= 0.70 + 0.30 * _ramp(-0.05, 0.25, s)
    distance = abs(v - line) / max(thick, 0.02)
    if distance > 1.6:
        return
    offset = 0.37 if u > 0 else 0.71
    strand = _noise(textures[_STRAND], (au * 0.8 - v * (0.55 - 0.4 * sc)) * 0.16 + offset, (v * 0.4 + au * 0.45) * 0.12)
    mask = _ramp(1.2, 0.4, distance + 0.10 * strand) * _ramp(-0.10, 0.10, s + 0.02 * strand) * _ramp(1.08, 0.90, s)
    mask = min(max(mask * look[BROW_DENSITY] * (0.90 + 0.10 * strand), 0.0), 0.96)
    _cover(px, mask, look[BROW_R], look[BROW_G], look[BROW_B])
    px[_SPECULAR] *= 1 - mask


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _paint_face(
    px: NDArray[np.float64],
    u: float,
    v: float,
    look: NDArray[np.float64],
    site: NDArray[np.float32],
    textures: NDArray[np.float32],
) -> None:
    au = abs(u)
    _paint_complexion(px, u, v, look, site, textures)
    px[_OPEN] *= site[SITE_OPEN]
    if v < -3.0 and look[STUBBLE] + look[BEARD] > 0.02:
        _paint_beard(px, u, v, look, site, textures)
    if look[SCAR] > 0:
        _paint_scar(px, u, v, look)
    if au < 1.6 and v < -4.0 and v > -5.1:
        _paint_nostrils(px, u, v)
    if v < -5.5 and v > -8.3 and au < 2.8:
        _paint_lips(px, u, v, look, textures)
    if au > 1.1 and au < 5.5 and v > -1.6 and v < 2.0:
        _paint_eye(px, u, v, look, textures)
    if px[_IS_EYE] == 0:
        if v > 0.6 and v < 4.8 and au > 0.2 and au < 6.6:
            _paint_brow(px, u, v, look, textures)
        _emboss(px, u, v, look, site)


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _paint_ear(px: NDArray[np.float64], v: float, z: float) -> None:
    _multiply(px, 1.0, -0.02, 0.07, 0.09)
    px[_OPEN] = 0.92 * (1 - 0.55 * _bell(z + 0.45, 0.75) * _bell(v + 1.9, 1.3))
    px[_OPEN] *= 1 - 0.30 * _bell(z + 1.15, 0.28) * _ramp(3.0, 2.0, abs(v + 1.5))


@njit(**FAST)  # type: ignore[untyped-decorator]
def _paint_body(px: NDArray[np.float64], u: float, v: float, look: NDArray[np.float64]) -> bool:
    """True where the collar covers the skin."""
    au = abs(u)
    collar = -17.2 + 0.045 * u * u if au < 6 else -15.6
    px[_OPEN] = 0.30 + 0.70 * _ramp(-10.8, -17.0, v) if au < 7 else 0.9
    px[_OPEN] = min(1.0, px[_OPEN] + 0.15 * _ramp(3, 6, au))
    if v >= collar:
        return False
    weave = 0.75 + 0.08 * math.sin(u * 9) * math.sin(v * 9)
    if v > collar - 0.35:
        weave *= 0.55
    px[_R], px[_G], px[_B] = look[CLOTH_R] * weave, look[CLOTH_G] * weave, look[CLOTH_B] * weave
    px[_SPECULAR] = 0.01
    return True


# ---- light


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _light_surface(
    px: NDArray[np.float64],
    is_soft: bool,
    lit: float,
    lights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Skin lets light wrap around, red furthest; cloth does not."""
    nx, ny, nz, sky = px[_NX], px[_NY], px[_NZ], px[_OPEN]
    above = 0.5 + 0.5 * ny
    r, g, b = (0.16 + 0.14 * above) * sky, (0.155 + 0.15 * above) * sky, (0.16 + 0.17 * above) * sky
    for k in range(lights.shape[0]):
        facing = nx * lights[k, 0] + ny * lights[k, 1] + nz * lights[k, 2]
        share = sky * lit if k == 0 else sky
        if is_soft:
            r += lights[k, 3] * max(0.0, (facing + 0.32) / 1.32) * share
            g += lights[k, 4] * max(0.0, (facing + 0.17) / 1.17) * share
            b += lights[k, 5] * max(0.0, (facing + 0.12) / 1.12) * share
        else:
            facing = max(0.0, facing)
            r += lights[k, 3] * facing * share
            g += lights[k, 4] * facing * share
            b += lights[k, 5] * facing * share
    r *= px[_R]
    g *= px[_G]
    b *= px[_B]
    edge = 1 - max(0.0, nz)
    fresnel = 0.04 + 0.5 * edge * edge * edge * edge * edge
    for k in range(2):
        half = nx * lights[k, _HALF_X] + ny * lights[k, _HALF_X + 1] + nz * lights[k, _HALF_X + 2]
        if half > 0:
            lobe = half * half
            lobe *= lobe
            lobe *= lobe
            wide = lobe
            lobe *= lobe
            if px[_SHARP] > 16:
                lobe *= lobe
            lobe = 0.8 * lobe + 0.2 * wide
            shine = (px[_SPECULAR] + px[_SPECULAR] * fresnel * 3) * lobe * sky * 2.2
            if k == 0:
                shine *= lit
            r += lights[k, 3] * shine
            g += lights[k, 4] * shine
            b += lights[k, 5] * shine
    out[0], out[1], out[2] = r + px[_GLOW], g + px[_GLOW], b + px[_GLOW]


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _light_hair(
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
    warp = look[HAIR_CURL] * _noise(textures[_BLOTCH], across * 0.06, along * 0.05)
    lock = _noise(textures[_BLOTCH], across * 0.10 + 0.03 * warp, along * 0.018 + 0.3 + 0.02 * warp)
    strand = _noise(textures[_STRAND], across * 0.10 + 0.02 * warp, along * 0.030)
    if look[HAIR_CURL] > 1:
        curl = _noise(textures[_SPOT], across * 0.028 + 0.02 * warp, along * 0.030)
        strand = 0.6 * strand + 0.6 * curl
        lock = 0.5 * lock + 0.3 * curl
    bright = max(0.18, 0.72 + 0.17 * lock + 0.22 * strand)
    tip = 1 + look[HAIR_TIP] * _ramp(-2.0, 12.0, along)
    hr, hg, hb = look[HAIR_R] * bright * tip, look[HAIR_G] * bright * tip, look[HAIR_B] * bright * tip
    nx, ny, nz = px[_NX], px[_NY], px[_NZ]
    tx, ty, tz = hair[HAIR_TX], hair[HAIR_TY], hair[HAIR_TZ]
    off = tx * nx + ty * ny + tz * nz
    tx, ty, tz = tx - off * nx, ty - off * ny, tz - off * nz
    scale = 1 / math.sqrt(tx * tx + ty * ty + tz * tz + 1e-6)
    tx, ty, tz = tx * scale, ty * scale, tz * scale
    diffuse, white, coloured = 0.0, 0.0, 0.0
    shift = 0.14 * strand + 0.18 * lock * look[HAIR_CURL]
    for k in range(lights.shape[0]):
        share = lit if k == 0 else 1.0
        lx, ly, lz = lights[k, 0], lights[k, 1], lights[k, 2]
        facing = nx * lx + ny * ly + nz * lz
        tl = tx * lx + ty * ly + tz * lz
        diffuse += (
            lights[k, 4] * share * max(0.0, 0.30 + 0.70 * facing) * (0.45 + 0.55 * math.sqrt(max(0.0, 1 - tl * tl)))
        )
        half = tx * lights[k, _HALF_X] + ty * lights[k, _HALF_X + 1] + tz * lights[k, _HALF_X + 2]
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


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _lit_share(
    map_MM: NDArray[np.float32],
    to_light_33: NDArray[np.float64],
    point: NDArray[np.float64],
    normal: NDArray[np.float64],
) -> float:
    """How much of the key light reaches a point: a box of two texels, moved smoothly over the map."""
    edge = map_MM.shape[0]
    r = to_light_33
    off = 0.18  # centimetres along the normal, against self-shadowing
    x, y, z = point[0] + normal[0] * off, point[1] + normal[1] * off, point[2] + normal[2] * off
    column = edge / 2 + SHADOW_TEXELS_PER_CM * (r[0, 0] * x + r[0, 1] * y + r[0, 2] * z) - 1.0
    row = edge / 2 - SHADOW_TEXELS_PER_CM * (r[1, 0] * x + r[1, 1] * y + r[1, 2] * z - SHADOW_CENTRE_Y) - 1.0
    height = r[2, 0] * x + r[2, 1] * y + r[2, 2] * z + 0.10
    if column < 3 or row < 3 or column > edge - 5 or row > edge - 5:
        return 1.0
    ix, iy = int(column), int(row)
    fx, fy = column - ix, row - iy
    total = 0.0
    for j in range(3):
        weight = (1 - fy) if j == 0 else (fy if j == 2 else 1.0)
        row_sum = 1 - fx if map_MM[iy + j, ix] < height else 0.0
        if map_MM[iy + j, ix + 1] < height:
            row_sum += 1.0
        if map_MM[iy + j, ix + 2] < height:
            row_sum += fx
        total += weight * row_sum
    return total / 4.0


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _hair_cover(
    hair: NDArray[np.float64], v: float, material: int, look: NDArray[np.float64], textures: NDArray[np.float32]
) -> float:
    if material == _SHEET:
        return 1.0
    if material != _SKIN or hair[HAIR_DISTANCE] < _BARE:
        return 0.0
    ragged = 0.10 * _noise(textures[_STRAND], hair[HAIR_ACROSS] * 0.10 + 0.3, hair[HAIR_ALONG] * 0.03)
    cover = _ramp(-0.35, 0.55, hair[HAIR_DISTANCE] + ragged)
    sides = look[HAIR_DENSITY_SIDES]
    return float(cover * (sides + (1 - sides) * _ramp(4.0, 7.0, v)))


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _shade_point(
    u: float,
    v: float,
    material: int,
    point: NDArray[np.float64],
    normal: NDArray[np.float64],
    hair: NDArray[np.float64],
    lit: float,
    look: NDArray[np.float64],
    textures: NDArray[np.float32],
    lights: NDArray[np.float64],
    px: NDArray[np.float64],
    strands: NDArray[np.float64],
    atlas: NDArray[np.float32],
    site: NDArray[np.float32],
    out: NDArray[np.float64],
) -> None:
    """Writes linear RGB to `out`."""
    cover = _hair_cover(hair, v, material, look, textures)
    px[_R], px[_G], px[_B] = look[TONE_R], look[TONE_G], look[TONE_B]
    px[_SPECULAR], px[_SHARP], px[_OPEN] = 0.012 + 0.045 * look[GLOSS], 16.0, 1.0
    px[_NX], px[_NY], px[_NZ] = normal[0], normal[1], normal[2]
    px[_GLOW], px[_IS_EYE] = 0.0, 0.0
    if cover < 0.995:
        is_cloth = False
        if material == _SKIN:
            _read_site(atlas, u, v, site)
            _paint_face(px, u, v, look, site, textures)
            px[_OPEN] *= 1 - 0.35 * _ramp(-0.9, 0.2, hair[HAIR_DISTANCE]) * (1 - cover)
        elif material == _EAR:
            _paint_ear(px, v, point[2])
        else:
            is_cloth = _paint_body(px, u, v, look)
        _light_surface(px, not is_cloth, lit, lights, out)
    if cover > 0:
        px[_NX], px[_NY], px[_NZ] = normal[0], normal[1], normal[2]
        if material == _SHEET:
            sky = 0.42 + 0.58 * _ramp(4.0, 8.5, abs(point[0])) * (0.6 + 0.4 * _ramp(-14.0, 0.0, point[1]))
        else:
            sky = 0.40 + 0.60 * _ramp(0.0, 0.9, hair[HAIR_DISTANCE])
        _light_hair(px, hair, sky, lit, look, textures, lights, strands)
        for channel in range(3):
            out[channel] = out[channel] * (1 - cover) + strands[channel] * cover if cover < 0.995 else strands[channel]


def wall(size_pixels: int) -> NDArray[np.float32]:
    """(size, size, 3) background with a soft light behind the head, tone curve applied."""
    place = np.arange(size_pixels) / size_pixels
    distance = (place[:, None] - 0.42) ** 2 + (place[None] - 0.5) ** 2
    light = 0.105 * np.exp(-2.6 * distance) + 0.020
    linear = light[..., None] * (0.90, 1.0, 1.12)
    steps = np.minimum((linear * _TONE_STEPS).astype(np.int64), len(TONE_CURVE) - 1)
    toned: NDArray[np.float32] = TONE_CURVE[steps].astype(np.float32)
    return toned


@njit(**FAST)  # type: ignore[untyped-decorator]
def _toned(x: float, curve: NDArray[np.float64]) -> float:
    i = int(x * _TONE_STEPS)
    return float(curve[min(max(i, 0), curve.shape[0] - 1)])


@njit(**INLINED)  # type: ignore[untyped-decorator]
def _interpolate(
    corners_3: NDArray[np.int32],
    weights_2: NDArray[np.float32],
    positions_V3: NDArray[np.float32],
    normals_V3: NDArray[np.float32],
    canonical_V2: NDArray[np.float32],
    hair_V: NDArray[np.float32],
    material: int,
    rotation_33: NDArray[np.float64],
    point: NDArray[np.float64],
    normal: NDArray[np.float64],
    turned: NDArray[np.float64],
    hair: NDArray[np.float64],
) -> tuple[float, float]:
    """Fills point, normal (as modelled, and turned with the head) and hair row; returns canonical u and v."""
    a, b, c = corners_3[0], corners_3[1], corners_3[2]
    w1, w2 = np.float64(weights_2[0]), np.float64(weights_2[1])
    w0 = 1 - w1 - w2
    for i in range(3):
        normal[i] = w0 * normals_V3[a, i] + w1 * normals_V3[b, i] + w2 * normals_V3[c, i]
        point[i] = w0 * positions_V3[a, i] + w1 * positions_V3[b, i] + w2 * positions_V3[c, i]
    for i in range(3):
        turned[i] = rotation_33[i, 0] * normal[0] + rotation_33[i, 1] * normal[1] + rotation_33[i, 2] * normal[2]
    scale = 1 / math.sqrt(turned[0] ** 2 + turned[1] ** 2 + turned[2] ** 2 + 1e-9)
    facing = -1.0 if material >= _EAR and turned[2] < 0 else 1.0  # thin parts are lit from the side that is seen
    for i in range(3):
        normal[i] *= scale
        turned[i] *= scale * facing
    if material in (_SKIN, _SHEET):
        num_needed = NUM_HAIR if hair_V[a, HAIR_DISTANCE] > _BARE - 0.5 else 1
        for i in range(num_needed):
            hair[i] = w0 * hair_V[a, i] + w1 * hair_V[b, i] + w2 * hair_V[c, i]
    u = w0 * canonical_V2[a, 0] + w1 * canonical_V2[b, 0] + w2 * canonical_V2[c, 0]
    v = w0 * canonical_V2[a, 1] + w1 * canonical_V2[b, 1] + w2 * canonical_V2[c, 1]
    return u, v


@njit(**FAST)  # type: ignore[untyped-decorator]
def shade_frame(
    depth_HW: NDArray[np.float32],
    triangle_HW: NDArray[np.int32],
    weights_HW2: NDArray[np.float32],
    triangles_T3: NDArray[np.int32],
    positions_V3: NDArray[np.float32],
    normals_V3: NDArray[np.float32],
    canonical_V2: NDArray[np.float32],
    hair_V: NDArray[np.float32],
    material_V: NDArray[np.int32],
    rotation_33: NDArray[np.float64],
    to_light_33: NDArray[np.float64],
    shadow_MM: NDArray[np.float32],
    look: NDArray[np.float64],
    textures: NDArray[np.float32],
    atlas: NDArray[np.float32],
    lights: NDArray[np.float64],
    curve: NDArray[np.float64],
    wall_HW3: NDArray[np.float32],
    image: NDArray[np.uint8],
) -> None:
    """One shading a pixel; further sub-samples reuse it unless they show another layer."""
    height, width = image.shape[0], image.shape[1]
    share = 1.0 / _SUBSAMPLES
    point, normal, turned, out = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3)
    px, strands, hair = np.zeros(_NUM_PIXEL), np.zeros(3), np.zeros(NUM_HAIR)
    site = np.zeros(NUM_SITE, np.float32)
    for y in range(height):
        for x in range(width):
            red, green, blue = 0.0, 0.0, 0.0
            last_depth = np.float32(_NO_DEPTH)
            last_r, last_g, last_b = 0.0, 0.0, 0.0
            for sub in range(_SUBSAMPLES):
                row, column = 2 * y + (sub >> 1), 2 * x + (sub & 1)
                depth = depth_HW[row, column]
                if depth == 0:
                    red += wall_HW3[y, x, 0]
                    green += wall_HW3[y, x, 1]
                    blue += wall_HW3[y, x, 2]
                    continue
                if abs(depth - last_depth) >= _SAME_LAYER * depth * depth:
                    k = triangle_HW[row, column]
                    material = material_V[triangles_T3[k, 0]]
                    u, v = _interpolate(
                        triangles_T3[k], weights_HW2[row, column], positions_V3, normals_V3, canonical_V2, hair_V,
                        material, rotation_33, point, normal, turned, hair,
                    )  # fmt: skip
                    lit = _SHADOW_LIGHT + (1 - _SHADOW_LIGHT) * _lit_share(shadow_MM, to_light_33, point, normal)
                    _shade_point(
                        u, v, material, point, turned, hair, lit, look, textures, lights, px, strands, atlas, site, out
                    )
                    last_depth = depth
                    last_r, last_g, last_b = _toned(out[0], curve), _toned(out[1], curve), _toned(out[2], curve)
                red += last_r
                green += last_g
                blue += last_b
            image[y, x, 0] = min(255, int(red * share * 255 + 0.5))
            image[y, x, 1] = min(255, int(green * share * 255 + 0.5))
            image[y, x, 2] = min(255, int(blue * share * 255 + 0.5))
