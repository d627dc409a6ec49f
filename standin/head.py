"""The sculpted head at rest: skull and face, ears, neck and shoulders, hair sheets.

Centimetres; y = 0 is the pupil line, z points at the viewer, x and z start at the ear axis. Every vertex keeps
its canonical position (where it lay before any morph), so that eyes, lips and brows can be drawn there at pixel
resolution and follow whatever the sliders do. Legend: V = vertex, T = triangle, R = row, C = column.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from standin.body import BODY_COLUMNS, BODY_ROWS, body_surface
from standin.curves import Floats, bell, ellipse_bell, ramp, spline
from standin.ear import EAR_COLUMNS, EAR_ROWS, EarShape, ear_grid, ear_surface

SKIN, BODY, EAR, SHEET = range(4)  # materials
EYE_X = 3.15  # centre of the canonical eye
EYEBALL_Z, EYEBALL_RADIUS = 7.05, 1.27
MOUTH_Y = -6.70
CHIN_Y = -11.7
SIDES = (1.0, -1.0)  # the character's left, right

_HALF_WIDTH = (
    (-11.7, 0.0), (-11.66, 0.65), (-11.4, 1.55), (-10.95, 2.4), (-10.3, 3.2), (-9.4, 4.05), (-8.5, 4.75),
    (-7.5, 5.35), (-6.0, 6.0), (-4.0, 6.58), (-2.0, 6.95), (0.0, 7.06), (2.0, 7.12), (4.0, 7.1), (6.0, 6.9),
    (8.0, 6.3), (9.5, 5.3), (10.6, 3.9), (11.2, 2.6), (11.5, 1.35), (11.6, 0.0),
)  # fmt: skip
_FRONT_Z = (
    (-11.7, 7.2), (-11.4, 8.45), (-10.95, 8.95), (-10.3, 9.2), (-9.4, 9.22), (-8.5, 9.08), (-7.6, 9.3),
    (-6.8, 9.45), (-6.0, 9.45), (-5.2, 9.3), (-4.4, 9.2), (-3.0, 9.05), (-2.0, 8.95), (-1.0, 8.9), (0.0, 8.95),
    (1.0, 9.15), (2.0, 9.42), (3.0, 9.5), (4.5, 9.35), (6.0, 8.9), (7.5, 8.1), (9.0, 6.6), (10.2, 4.6),
    (11.0, 2.6), (11.45, 0.8), (11.6, -0.6),
)  # fmt: skip
_CENTRE_Z = (
    (-11.7, 6.9), (-10.8, 5.9), (-9.8, 4.8), (-8.8, 3.5), (-7.4, 1.6), (-6.0, 0.6), (-4.0, 0.1), (-2.0, -0.2),
    (0.0, -0.4), (5.0, -0.5), (11.6, -0.6),
)  # fmt: skip
_BACK_Z = (
    (-11.7, 6.7), (-10.8, 4.5), (-9.8, 3.1), (-8.8, 1.9), (-7.4, -1.0), (-6.0, -4.0), (-4.0, -6.4), (-2.0, -7.8),
    (0.0, -9.0), (4.0, -9.8), (7.0, -9.2), (9.0, -7.8), (10.5, -5.5), (11.3, -2.8), (11.6, -0.7),
)  # fmt: skip
_ROUNDNESS = (  # exponent of the superellipse that a horizontal cut of the face follows
    (-11.7, 2.0), (-9.0, 1.95), (-6.0, 1.95), (-3.0, 2.05), (0.0, 2.15), (3.0, 2.3), (7.0, 2.2), (11.6, 2.0),
)  # fmt: skip
_NOSE_RISE = (  # height of the nose's ridge over the face
    (-5.2, 0.0), (-4.85, 0.22), (-4.6, 0.72), (-4.3, 1.46), (-4.0, 2.06), (-3.6, 2.36), (-3.2, 2.28), (-2.6, 1.95),
    (-1.8, 1.52), (-1.0, 1.12), (-0.2, 0.76), (0.6, 0.44), (1.4, 0.2), (2.2, 0.05), (3.0, 0.0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    positions_V3: Floats
    canonical_V2: Floats
    triangles_T3: NDArray[np.int32]
    material: int


@dataclass(frozen=True, slots=True)
class Shell:
    """Skull and face as one closed surface over a grid of heights and angles."""

    x: Floats
    y: Floats
    z: Floats
    bare_z: Floats  # before the face was sculpted into it
    is_front: Floats


@dataclass(frozen=True, slots=True)
class Head:
    shell: Shell  # arrays flattened to V
    parts: tuple[Part, ...]
    offsets: tuple[int, ...]  # of each part in the joint vertex list

    def joint_triangles(self, parts: tuple[int, ...]) -> NDArray[np.int32]:
        return np.concatenate([self.parts[i].triangles_T3 + self.offsets[i] for i in parts]).astype(np.int32)


SHELL_PART, LEFT_EAR_PART, RIGHT_EAR_PART, BODY_PART, CURTAIN_PART, BUN_PART = range(6)


def build_head() -> Head:
    shell_RC = sculpted(bare_shell())
    rows, columns = shell_RC.x.shape
    shell = Shell(*(np.ascontiguousarray(a.ravel()) for a in _fields(shell_RC)))
    skull = Part(
        np.stack([shell.x, shell.y, shell.z], 1),
        np.stack([shell.x, shell.y], 1),
        quads(rows, columns),
        SKIN,
    )
    parts = (skull, *(_ear_part(side) for side in SIDES), _body_part(), curtain_grid(), bun_grid())
    sizes = np.cumsum([0, *(len(p.positions_V3) for p in parts)])
    return Head(shell, parts, tuple(int(s) for s in sizes[:-1]))


def _fields(shell: Shell) -> tuple[Floats, ...]:
    return shell.x, shell.y, shell.z, shell.bare_z, shell.is_front


def quads(rows: int, columns: int) -> NDArray[np.int32]:
    """Two triangles for each cell of a grid, facing outwards when rows run down and columns to the right."""
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    a = (i * columns + j).ravel()
    upper = np.stack([a, a + columns, a + 1], 1)
    lower = np.stack([a + 1, a + columns, a + columns + 1], 1)
    return np.concatenate([upper, lower]).astype(np.int32)


# ---- skull and face


def bare_shell() -> Shell:
    y, angle = np.meshgrid(_heights(), _angles(), indexing="ij")
    sine, cosine = np.sin(angle), np.abs(np.cos(angle))
    is_front = np.abs(angle) <= np.pi / 2 + 1e-9
    centre, roundness = spline(y, _CENTRE_Z), spline(y, _ROUNDNESS)
    bulge = np.maximum(1 - np.abs(sine) ** roundness, 0.0) ** (1 / roundness)
    front = centre + (spline(y, _FRONT_Z) - centre) * bulge
    back = centre - (centre - spline(y, _BACK_Z)) * cosine
    z = np.where(is_front, front, back)
    return Shell(spline(y, _HALF_WIDTH) * sine, y, z, z, is_front.astype(np.float64))


def _heights() -> Floats:
    """From the crown down; dense where the face is."""
    return np.concatenate(
        [
            CHIN_Y + np.linspace(0, 1, 8) ** 2,
            np.linspace(-10.58, -8.85, 11),
            np.linspace(-8.7, 2.6, 68),
            np.linspace(2.78, 6.6, 17),
            np.linspace(6.9, 9.3, 10),
            11.6 - np.linspace(1, 0, 11) ** 2 * 2.15,
        ]
    )[::-1]


def _angles() -> Floats:
    fractions = [np.linspace(0, 0.42, 20), np.linspace(0.44, 0.74, 12), np.linspace(0.77, 0.93, 7)]
    front = np.arcsin(np.concatenate([*fractions, [0.965, 0.985, 0.997]]))
    back = np.pi / 2 + np.cumsum(np.linspace(0.08, 0.2, 11))
    half = np.concatenate([front, [np.pi / 2], back[back < np.pi - 0.05], [np.pi]])
    return np.concatenate([-half[::-1], half[1:]])


def sculpted(bare: Shell) -> Shell:
    relief = _bones(bare.x, bare.y) + _mouth(bare.x, bare.y) + _nose(bare.x, bare.y)
    z = bare.z + relief * bare.is_front * ramp(-1.0, 2.5, bare.z)
    return Shell(bare.x, bare.y, _with_lids(bare, z), bare.z, bare.is_front)


def _bones(x: Floats, y: Floats) -> Floats:
    ax = np.abs(x)
    brow = 0.42 * bell(y - 1.75 - 0.10 * ax + 0.02 * ax * ax, 0, 0.62)
    z = brow * ramp(0.2, 1.2, ax) * (1 - ramp(4.2, 6.2, ax))
    z += 0.16 * ellipse_bell(x, y, (0, 1.8), (1.5, 1.0))
    z -= 0.95 * ellipse_bell(ax, y, (3.0, -0.05), (1.75, 1.05))  # orbit
    z -= 0.42 * ellipse_bell(ax, y, (1.6, 0.25), (0.62, 0.85))
    z += 0.42 * ellipse_bell(ax, y, (4.5, -2.3), (1.7, 1.25))  # cheek bone
    z -= 0.34 * ellipse_bell(ax, y, (4.7, -5.6), (1.4, 1.7))  # hollow below it
    z += 0.26 * ellipse_bell(ax, y, (2.7, -3.5), (1.35, 1.5))
    z -= 0.35 * ellipse_bell(ax, y, (6.2, 2.9), (1.2, 1.5))  # temple
    z -= 0.36 * ellipse_bell(x, y, (0, -8.35), (2.0, 0.62))  # fold under the lower lip
    return z + 0.42 * ellipse_bell(x, y, (0, -9.85), (1.7, 1.05))  # chin


def _mouth(x: Floats, y: Floats) -> Floats:
    ax = np.abs(x)
    z = 0.34 * ellipse_bell(x, y, (0, -6.5), (3.2, 2.3)) - 0.20 * ellipse_bell(ax, y, (3.4, -7.1), (1.3, 1.8))
    fold_x = 1.75 - (y + 4.1) * 0.52  # from the nose to the corners of the mouth
    z -= 0.09 * bell(ax - fold_x, 0, 0.26) * ramp(-7.3, -6.3, y) * (1 - ramp(-4.6, -3.7, y))
    z += 0.10 * bell(ax - fold_x - 0.6, 0, 0.55) * ramp(-7.3, -6.3, y) * (1 - ramp(-4.6, -3.5, y))
    z -= 0.10 * ellipse_bell(x, y, (0, -5.4), (0.31, 0.62))  # philtrum
    z += 0.05 * ellipse_bell(ax, y, (0.45, -5.4), (0.28, 0.7))
    middle = lip_line(x)
    width = 1 - ramp(2.0, 2.9, ax)
    z += 0.40 * bell(y - middle, 0.29, 0.36) * width * (1 - 0.45 * (np.minimum(ax, 3.5) / 2.6) ** 2)
    z += 0.50 * bell(y - middle, -0.44, 0.44) * width * (1 - 0.6 * np.minimum(ax / 2.4, 1) ** 2)
    z -= 0.26 * bell(y - middle, 0, 0.13) * (1 - ramp(2.2, 2.8, ax))
    return z - 0.18 * ellipse_bell(ax, y, (2.65, MOUTH_Y - 0.1), (0.28, 0.3))


def lip_line(x: Floats) -> Floats:
    """Height at which the lips meet; shade/mouth.py draws the same curve."""
    ax = np.minimum(np.sqrt(x * x + 0.06), 2.55)  # round at the middle: a crease there would shine as a line
    return MOUTH_Y - 0.06 * bell(x, 0, 0.5) + 0.05 * bell(ax, 0.9, 0.7) - 0.10 * (ax / 2.55) ** 2


def _nose(x: Floats, y: Floats) -> Floats:
    ax = np.abs(x)
    rise = np.where((y > -5.2) & (y < 3.0), spline(y, _NOSE_RISE), 0.0)
    width = np.where(y > -3.4, 1.0 - 0.26 * ramp(-3.4, -1.2, y) + 0.2 * ramp(-0.5, 1.6, y), 1.0)
    z = rise * np.exp(-((ax / width) ** 2.1) * 0.95)
    z += 0.26 * ellipse_bell(x, y, (0, -3.72), (0.78, 0.66))  # ball of the tip
    z += 0.92 * ellipse_bell(ax, y, (1.22, -4.02), (0.55, 0.60))  # wings
    z -= 0.18 * ellipse_bell(ax, y, (0.98, -3.4), (0.24, 0.45))
    return z - 0.42 * ellipse_bell(ax, y, (0.62, -4.52), (0.30, 0.20))  # nostrils


def _with_lids(bare: Shell, z: Floats) -> Floats:
    """The skin follows a sphere around the eyeball, smoothly joined."""
    squared = EYEBALL_RADIUS**2 - ((np.abs(bare.x) - EYE_X) * 0.92) ** 2 - bare.y**2
    lid = EYEBALL_Z + np.sqrt(np.maximum(squared, 0.0))
    softness = 0.12
    share = np.clip(0.5 + 0.5 * (lid - z) / softness, 0, 1)
    joined = z * (1 - share) + lid * share + softness * share * (1 - share)
    return np.where((squared > 0) & (bare.is_front * ramp(-1.0, 2.5, bare.z) > 0.3), joined, z)


def _ear_part(side: float) -> Part:
    positions = ear_surface(side, EarShape())
    triangles = quads(EAR_ROWS, EAR_COLUMNS)
    if side > 0:
        triangles = triangles[:, [0, 2, 1]]
    return Part(positions, np.stack([a.ravel() for a in ear_grid()], 1), triangles, EAR)


def _body_part() -> Part:
    positions = body_surface()
    return Part(positions, positions[:, :2].copy(), quads(BODY_ROWS, BODY_COLUMNS), BODY)


# ---- hair sheets: their shape belongs to the haircut, here stands only the grid

CURTAIN_ROWS, CURTAIN_COLUMNS = 40, 57
BUN_ROWS, BUN_COLUMNS = 14, 22


def curtain_grid() -> Part:
    """Rows run down, columns around the back of the head; canonical = (column, row) in [-1, 1] x [0, 1]."""
    return _sheet(CURTAIN_ROWS, CURTAIN_COLUMNS)


def bun_grid() -> Part:
    return _sheet(BUN_ROWS, BUN_COLUMNS)


def _sheet(rows: int, columns: int) -> Part:
    down, around = np.meshgrid(np.linspace(0, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    canonical = np.stack([around.ravel(), down.ravel()], 1)
    return Part(np.zeros((rows * columns, 3)), canonical, quads(rows, columns), SHEET)
