"""One picture, pixel by pixel. Legend: V = vertex, T = triangle, H/W = sub-sampled frame, M = shadow map edge."""

import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.head import EAR, SHEET, SKIN
from standin.kernel import FAST, INLINED, fingerprint
from standin.shade.body import paint_body, paint_ear
from standin.shade.brush import TONE_CURVE, TONE_STEPS, ramp, toned
from standin.shade.complexion import read_site
from standin.shade.face import paint_face
from standin.shade.light import light_surface, lit_share
from standin.shade.slots import (
    GLOSS,
    HAIR_DISTANCE,
    NUM_HAIR,
    NUM_PIXEL,
    NUM_SITE,
    PX_B,
    PX_G,
    PX_GLOW,
    PX_IS_EYE,
    PX_NX,
    PX_NY,
    PX_NZ,
    PX_OPEN,
    PX_R,
    PX_SHARP,
    PX_SPECULAR,
    TONE_B,
    TONE_G,
    TONE_R,
)
from standin.shade.strands import BARE, hair_cover, light_hair

_READ_BY_KERNEL = ("head.py", "kernel.py", "noise.py", "raster.py")
_SHADOW_LIGHT = 0.13  # share of the key light that reaches its shadow
_SUBSAMPLES, OVERSAMPLING = 4, 2  # of a pixel; along each of its edges
_NO_DEPTH = -1.0
_BIAS, _EAR_BIAS = 0.10, 0.45  # centimetres towards the light against a surface's shadow on itself
_SAME_LAYER = 0.6  # centimetres of depth within which sub-samples of a pixel share one shading


def wall(size_pixels: int) -> NDArray[np.float32]:
    """(size, size, 3) background with a soft light behind the head, tone curve applied."""
    place = np.arange(size_pixels) / size_pixels
    distance = (place[:, None] - 0.42) ** 2 + (place[None] - 0.5) ** 2
    light = 0.105 * np.exp(-2.6 * distance) + 0.020
    linear = light[..., None] * (0.90, 1.0, 1.12)
    steps = np.minimum((linear * TONE_STEPS).astype(np.int64), len(TONE_CURVE) - 1)
    toned: NDArray[np.float32] = TONE_CURVE[steps].astype(np.float32)
    return toned


@njit(**INLINED)  # type: ignore[untyped-decorator]
def interpolate(
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
    facing = -1.0 if material >= EAR and turned[2] < 0 else 1.0  # thin parts are lit from the side that is seen
    for i in range(3):
        normal[i] *= scale
        turned[i] *= scale * facing
    if material in (SKIN, SHEET):
        num_needed = NUM_HAIR if hair_V[a, HAIR_DISTANCE] > BARE - 0.5 else 1
        for i in range(num_needed):
            hair[i] = w0 * hair_V[a, i] + w1 * hair_V[b, i] + w2 * hair_V[c, i]
    u = w0 * canonical_V2[a, 0] + w1 * canonical_V2[b, 0] + w2 * canonical_V2[c, 0]
    v = w0 * canonical_V2[a, 1] + w1 * canonical_V2[b, 1] + w2 * canonical_V2[c, 1]
    return u, v


@njit(**INLINED)  # type: ignore[untyped-decorator]
def shade_point(
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
    cover = hair_cover(hair, v, material, look, textures)
    px[PX_R], px[PX_G], px[PX_B] = look[TONE_R], look[TONE_G], look[TONE_B]
    px[PX_SPECULAR], px[PX_SHARP], px[PX_OPEN] = 0.012 + 0.045 * look[GLOSS], 16.0, 1.0
    px[PX_NX], px[PX_NY], px[PX_NZ] = normal[0], normal[1], normal[2]
    px[PX_GLOW], px[PX_IS_EYE] = 0.0, 0.0
    if cover < 0.995:
        is_cloth = False
        if material == SKIN:
            read_site(atlas, u, v, site)
            paint_face(px, u, v, look, site, textures)
            px[PX_OPEN] *= 1 - 0.35 * ramp(-0.9, 0.2, hair[HAIR_DISTANCE]) * (1 - cover)
        elif material == EAR:
            paint_ear(px, u, v)
        else:
            is_cloth = paint_body(px, u, v, look)
        light_surface(px, not is_cloth, lit, lights, out)
    if cover > 0:
        px[PX_NX], px[PX_NY], px[PX_NZ] = normal[0], normal[1], normal[2]
        if material == SHEET:
            sky = 0.42 + 0.58 * ramp(4.0, 8.5, abs(point[0])) * (0.6 + 0.4 * ramp(-14.0, 0.0, point[1]))
        else:
            sky = 0.40 + 0.60 * ramp(0.0, 0.9, hair[HAIR_DISTANCE])
        light_hair(px, hair, sky, lit, look, textures, lights, strands)
        for channel in range(3):
            out[channel] = out[channel] * (1 - cover) + strands[channel] * cover if cover < 0.995 else strands[channel]


@njit(**INLINED)  # type: ignore[untyped-decorator]
def is_bare(depth_HW: NDArray[np.float32], y: int, x: int) -> bool:
    """Whether none of a pixel's sub-samples shows the figure."""
    upper = depth_HW[2 * y, 2 * x] + depth_HW[2 * y, 2 * x + 1]
    return bool(upper + depth_HW[2 * y + 1, 2 * x] + depth_HW[2 * y + 1, 2 * x + 1] == 0)


@lru_cache(maxsize=1)  # compiling, and even loading the compiled code, is for once in a process
def frame_kernel() -> Callable[..., None]:
    folder = Path(__file__).parent
    sources = fingerprint([*folder.glob("*.py"), *(folder.parent / name for name in _READ_BY_KERNEL)])

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
        if sources == 0:
            return
        height, width = image.shape[0], image.shape[1]
        share = 1.0 / _SUBSAMPLES
        point, normal, turned, out = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3)
        px, strands, hair = np.zeros(NUM_PIXEL), np.zeros(3), np.zeros(NUM_HAIR)
        site = np.zeros(NUM_SITE, np.float32)
        for y in range(height):
            for x in range(width):
                if is_bare(depth_HW, y, x):
                    for channel in range(3):
                        image[y, x, channel] = int(wall_HW3[y, x, channel] * 255 + 0.5)
                    continue
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
                        u, v = interpolate(
                            triangles_T3[k], weights_HW2[row, column], positions_V3, normals_V3, canonical_V2, hair_V,
                            material, rotation_33, point, normal, turned, hair,
                        )  # fmt: skip
                        bias = _EAR_BIAS if material == EAR else _BIAS
                        lit = _SHADOW_LIGHT + (1 - _SHADOW_LIGHT) * lit_share(
                            shadow_MM, to_light_33, point, normal, bias
                        )
                        shade_point(
                            u, v, material, point, turned, hair, lit, look, textures, lights, px, strands, atlas, site,
                            out,
                        )  # fmt: skip
                        last_depth = depth
                        last_r, last_g, last_b = toned(out[0], curve), toned(out[1], curve), toned(out[2], curve)
                    red += last_r
                    green += last_g
                    blue += last_b
                image[y, x, 0] = min(255, int(red * share * 255 + 0.5))
                image[y, x, 1] = min(255, int(green * share * 255 + 0.5))
                image[y, x, 2] = min(255, int(blue * share * 255 + 0.5))

    kernel: Callable[..., None] = shade_frame
    return kernel
