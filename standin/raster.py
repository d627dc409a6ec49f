"""From vertices to visibility: morphing, normals, projection, depth buffer, shadow map. Kernels hold no GIL.

Legend: V = vertex, T = triangle, H/W = sub-sampled frame, M = shadow map edge.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from standin.kernel import FAST

SHADOW_EDGE = 192  # texels
SHADOW_TEXELS_PER_CM = SHADOW_EDGE / 34.0
SHADOW_CENTRE_Y = -2.0


@njit(**FAST)  # type: ignore[untyped-decorator]
def add_fields(
    positions_V3: NDArray[np.float32],
    weights_S: NDArray[np.float32],
    starts: NDArray[np.int64],
    vertices_K: NDArray[np.int32],
    vectors_K3: NDArray[np.float32],
) -> None:
    for s in range(weights_S.shape[0]):
        weight = weights_S[s]
        if weight != 0:
            for k in range(starts[s], starts[s + 1]):
                i = vertices_K[k]
                positions_V3[i, 0] += weight * vectors_K3[k, 0]
                positions_V3[i, 1] += weight * vectors_K3[k, 1]
                positions_V3[i, 2] += weight * vectors_K3[k, 2]


@njit(**FAST)  # type: ignore[untyped-decorator]
def vertex_normals(
    positions_V3: NDArray[np.float32], triangles_T3: NDArray[np.int32], normals_V3: NDArray[np.float32]
) -> None:
    normals_V3[:] = 0
    for k in range(triangles_T3.shape[0]):
        a, b, c = triangles_T3[k, 0], triangles_T3[k, 1], triangles_T3[k, 2]
        e0 = positions_V3[b, 0] - positions_V3[a, 0]
        e1 = positions_V3[b, 1] - positions_V3[a, 1]
        e2 = positions_V3[b, 2] - positions_V3[a, 2]
        f0 = positions_V3[c, 0] - positions_V3[a, 0]
        f1 = positions_V3[c, 1] - positions_V3[a, 1]
        f2 = positions_V3[c, 2] - positions_V3[a, 2]
        n0, n1, n2 = e1 * f2 - e2 * f1, e2 * f0 - e0 * f2, e0 * f1 - e1 * f0
        for i in (a, b, c):
            normals_V3[i, 0] += n0
            normals_V3[i, 1] += n1
            normals_V3[i, 2] += n2
    for i in range(normals_V3.shape[0]):
        n0, n1, n2 = normals_V3[i, 0], normals_V3[i, 1], normals_V3[i, 2]
        scale = 1 / math.sqrt(n0 * n0 + n1 * n1 + n2 * n2 + 1e-12)
        normals_V3[i, 0] = n0 * scale
        normals_V3[i, 1] = n1 * scale
        normals_V3[i, 2] = n2 * scale


@njit(**FAST)  # type: ignore[untyped-decorator]
def project(
    positions_V3: NDArray[np.float32],
    rotation_33: NDArray[np.float64],
    eye_y: float,
    eye_z: float,
    focal: float,
    centre_x: float,
    centre_y: float,
    screen_V3: NDArray[np.float32],
) -> None:
    """Writes column, row and inverse depth."""
    r = rotation_33
    for i in range(positions_V3.shape[0]):
        x, y, z = positions_V3[i, 0], positions_V3[i, 1], positions_V3[i, 2]
        inverse = 1 / (eye_z - (r[2, 0] * x + r[2, 1] * y + r[2, 2] * z))
        screen_V3[i, 0] = centre_x + focal * (r[0, 0] * x + r[0, 1] * y + r[0, 2] * z) * inverse
        screen_V3[i, 1] = centre_y - focal * (r[1, 0] * x + r[1, 1] * y + r[1, 2] * z - eye_y) * inverse
        screen_V3[i, 2] = inverse


@njit(**FAST)  # type: ignore[untyped-decorator]
def turn_to_light(
    positions_V3: NDArray[np.float32], to_light_33: NDArray[np.float64], edge: int, seen_V3: NDArray[np.float32]
) -> None:
    """Writes column and row of an orthographic map of `edge` texels, and height towards the key light."""
    r = to_light_33
    for i in range(positions_V3.shape[0]):
        x, y, z = positions_V3[i, 0], positions_V3[i, 1], positions_V3[i, 2]
        seen_V3[i, 0] = edge / 2 + SHADOW_TEXELS_PER_CM * (r[0, 0] * x + r[0, 1] * y + r[0, 2] * z)
        up = r[1, 0] * x + r[1, 1] * y + r[1, 2] * z - SHADOW_CENTRE_Y
        seen_V3[i, 1] = edge / 2 - SHADOW_TEXELS_PER_CM * up
        seen_V3[i, 2] = r[2, 0] * x + r[2, 1] * y + r[2, 2] * z


@njit(**FAST)  # type: ignore[untyped-decorator]
def rasterise(
    seen_V3: NDArray[np.float32],
    triangles_T3: NDArray[np.int32],
    is_two_sided_V: NDArray[np.bool_],
    slack: float,
    nearest_HW: NDArray[np.float32],
    triangle_HW: NDArray[np.int32],
    weights_HW2: NDArray[np.float32],
) -> None:
    """Raises each sample of `nearest_HW` to the largest third coordinate seen there. Unless `triangle_HW` is empty, also notes
    which triangle that was, and the barycentric weights of its second and third corner. Samples as far as `slack` (a
    barycentric weight) beyond an edge still count, so that neighbours leave no cracks."""
    height, width = nearest_HW.shape
    notes_triangles = triangle_HW.shape[0] > 0
    for k in range(triangles_T3.shape[0]):
        a, b, c = triangles_T3[k, 0], triangles_T3[k, 1], triangles_T3[k, 2]
        x0, y0 = np.float64(seen_V3[a, 0]), np.float64(seen_V3[a, 1])
        x1, y1 = np.float64(seen_V3[b, 0]), np.float64(seen_V3[b, 1])
        x2, y2 = np.float64(seen_V3[c, 0]), np.float64(seen_V3[c, 1])
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0 or (area > 0 and not is_two_sided_V[a]):
            continue
        left = max(0, math.ceil(min(x0, x1, x2) - 0.5))
        right = min(width - 1, math.floor(max(x0, x1, x2) - 0.5))
        top = max(0, math.ceil(min(y0, y1, y2) - 0.5))
        bottom = min(height - 1, math.floor(max(y0, y1, y2) - 0.5))
        if left > right or top > bottom:
            continue
        inverse = 1 / area
        step1_x, step1_y = (y2 - y0) * inverse, -(x2 - x0) * inverse
        step2_x, step2_y = -(y1 - y0) * inverse, (x1 - x0) * inverse
        z0 = np.float64(seen_V3[a, 2])
        rise1, rise2 = seen_V3[b, 2] - z0, seen_V3[c, 2] - z0
        for row in range(top, bottom + 1):
            dx, dy = left + 0.5 - x0, row + 0.5 - y0
            w1 = dx * step1_x + dy * step1_y
            w2 = dx * step2_x + dy * step2_y
            for column in range(left, right + 1):
                if w1 >= -slack and w2 >= -slack and w1 + w2 <= 1 + slack:
                    nearness = z0 + w1 * rise1 + w2 * rise2
                    if nearness > nearest_HW[row, column]:
                        nearest_HW[row, column] = nearness
                        if notes_triangles:
                            triangle_HW[row, column] = k
                            weights_HW2[row, column, 0] = w1
                            weights_HW2[row, column, 1] = w2
                w1 += step1_x
                w2 += step2_x
