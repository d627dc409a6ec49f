"""The lamps, how skin and cloth answer them, and what lies in shadow."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.kernel import INLINED
from standin.raster import SHADOW_CENTRE_Y, SHADOW_TEXELS_PER_CM
from standin.shade.slots import (
    LIGHT_HALF,
    PX_B,
    PX_G,
    PX_GLOW,
    PX_NX,
    PX_NY,
    PX_NZ,
    PX_OPEN,
    PX_R,
    PX_SHARP,
    PX_SPECULAR,
)


def normalised_lights() -> NDArray[np.float64]:
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


@njit(**INLINED)  # type: ignore[untyped-decorator]
def light_surface(
    px: NDArray[np.float64],
    is_soft: bool,
    lit: float,
    lights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Skin lets light wrap around, red furthest; cloth does not."""
    nx, ny, nz, sky = px[PX_NX], px[PX_NY], px[PX_NZ], px[PX_OPEN]
    above = 0.5 + 0.5 * ny
    r, g, b = (0.16 + 0.14 * above) * sky, (0.155 + 0.15 * above) * sky, (0.16 + 0.17 * above) * sky
    if is_soft:  # chest and cheeks throw warm light back up; at the border of a shadow skin glows red
        below = (1 - above) * (1 - above) * (0.3 + 0.7 * sky)
        r, g, b = r + 0.26 * below, g + 0.15 * below, b + 0.11 * below
        r += 0.55 * lit * (1 - lit) * sky
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
    r *= px[PX_R]
    g *= px[PX_G]
    b *= px[PX_B]
    edge = 1 - max(0.0, nz)
    fresnel = 0.04 + 0.5 * edge * edge * edge * edge * edge
    for k in range(2):
        half = nx * lights[k, LIGHT_HALF] + ny * lights[k, LIGHT_HALF + 1] + nz * lights[k, LIGHT_HALF + 2]
        if half > 0:
            lobe = half * half
            lobe *= lobe
            lobe *= lobe
            wide = lobe
            lobe *= lobe
            if px[PX_SHARP] > 16:
                lobe *= lobe
            lobe = 0.8 * lobe + 0.2 * wide
            shine = (px[PX_SPECULAR] + px[PX_SPECULAR] * fresnel * 3) * lobe * sky * 2.2
            if k == 0:
                shine *= lit
            r += lights[k, 3] * shine
            g += lights[k, 4] * shine
            b += lights[k, 5] * shine
    out[0], out[1], out[2] = r + px[PX_GLOW], g + px[PX_GLOW], b + px[PX_GLOW]


@njit(**INLINED)  # type: ignore[untyped-decorator]
def lit_share(
    map_MM: NDArray[np.float32],
    to_light_33: NDArray[np.float64],
    point: NDArray[np.float64],
    normal: NDArray[np.float64],
    bias: float,
) -> float:
    """How much of the key light reaches a point: a box of two texels, moved smoothly over the map."""
    edge = map_MM.shape[0]
    r = to_light_33
    off = 0.18  # centimetres along the normal, against self-shadowing
    x, y, z = point[0] + normal[0] * off, point[1] + normal[1] * off, point[2] + normal[2] * off
    column = edge / 2 + SHADOW_TEXELS_PER_CM * (r[0, 0] * x + r[0, 1] * y + r[0, 2] * z) - 1.0
    row = edge / 2 - SHADOW_TEXELS_PER_CM * (r[1, 0] * x + r[1, 1] * y + r[1, 2] * z - SHADOW_CENTRE_Y) - 1.0
    height = r[2, 0] * x + r[2, 1] * y + r[2, 2] * z + bias
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
