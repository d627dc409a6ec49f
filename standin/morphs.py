"""What each slider does to the geometry: one displacement field a slider, for a move from 0 to 1.

Source of the names: the creator's 58 captured rows. Fields of the skull are written at the sculpted rest position;
ears and hair ride on the skull. Legend: S = slider, V = vertex, H = hidden field.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from standin.body import neck_fields
from standin.curves import Floats, bell, ellipse_bell, plateau, ramp
from standin.ear import EAR_ROOT, ear_fields
from standin.head import (
    BODY_PART,
    BUN_PART,
    CHIN_Y,
    CURTAIN_COLUMNS,
    CURTAIN_PART,
    CURTAIN_ROWS,
    EYE_X,
    LEFT_EAR_PART,
    MOUTH_Y,
    RIGHT_EAR_PART,
    SIDES,
    Head,
    Shell,
)

Field: TypeAlias = tuple[Floats | float, Floats | float, Floats | float]  # (dx, dy, dz)
Roots: TypeAlias = Mapping[int, NDArray[np.int64]]  # part -> vertices of the shell

SLIDER_NAMES = (
    "head_size", "head_length", "head_width", "head_depth", "face_height", "neck_length", "neck_thickness",
    "wrinkles",
    "brow_height", "brow_spacing", "brow_depth_overall", "brow_depth_inner", "brow_depth_outer", "brow_angle",
    "brow_bend",
    "eye_height", "eye_width", "eye_depth", "eye_size", "eye_angle",
    "nose_length", "bridge_width", "bridge_height", "bridge_bump_overall", "bridge_bump_upper",
    "bridge_bump_lower", "nostril_size", "nostril_height", "nostril_width", "tip_depth", "tip_angle",
    "tip_sharpness",
    "ear_size", "ear_angle", "ear_openness", "ear_tilt", "ear_tips", "ear_lobes",
    "cheek_thickness", "cheek_bulge", "neck_fat", "cheek_height", "cheek_width", "cheek_depth",
    "mouth_height", "mouth_width", "mouth_protrusion", "mouth_corners", "lip_thickness", "lower_lip_position",
    "jaw_definition", "jaw_width", "jaw_position", "jaw_protrusion", "chin_height", "chin_width",
    "chin_protrusion", "chin_sharpness",
)  # fmt: skip
SLIDER_INDEX = {name: i for i, name in enumerate(SLIDER_NAMES)}
NUM_HIDDEN = 30
_GAIN = 1.06  # set so that the sliders together move a recogniser as far as another face type does


def slider_fields(head: Head) -> Floats:
    """(S, V, 3) in the order of SLIDER_NAMES."""
    on_shell = shell_fields(head.shell)
    roots = roots_on_shell(head)
    joint = np.stack([spread(head, roots, on_shell.get(name, (0.0, 0.0, 0.0))) for name in SLIDER_NAMES])
    _add_ears(head, joint)
    _add_neck(head, joint)
    return joint * _GAIN


def hidden_fields(head: Head, rng: np.random.Generator) -> Floats:
    """(H, V, 3): smooth mirror-symmetric bumps that no slider reaches; they tell face types apart."""
    roots = roots_on_shell(head)
    return np.stack([spread(head, roots, _hidden_bump(head.shell, rng)) for _ in range(NUM_HIDDEN)])


def _hidden_bump(shell: Shell, rng: np.random.Generator) -> Field:
    x, y, width = rng.uniform(0.0, 5.5), rng.uniform(-11.0, 6.0), rng.uniform(1.1, 2.6) * np.sqrt(2)
    strength = rng.normal(size=3) * (0.30, 0.26, 0.34)
    both = ellipse_bell(shell.x, shell.y, (x, y), (width, width))
    both += ellipse_bell(shell.x, shell.y, (-x, y), (width, width))
    both *= ramp(-1, 3, shell.z) / (1 + np.exp(-((x / width) ** 2)))
    side = np.sign(shell.x) * ramp(0, 1, np.abs(shell.x))
    return strength[0] * side * both, strength[1] * both, strength[2] * both


def spread(head: Head, roots: Roots, field: Field) -> Floats:
    """Carries a field of the shell to what sits on it: ears, curtain and bun move with the skull below them."""
    shell = head.shell
    total = head.offsets[-1] + len(head.parts[-1].positions_V3)
    joint = np.zeros((total, 3))
    for axis, component in enumerate(field):
        joint[: len(shell.x), axis] = component
    for part, vertices in roots.items():
        start = head.offsets[part]
        joint[start : start + len(vertices)] = joint[vertices]
    return joint


def roots_on_shell(head: Head) -> Roots:
    """For each vertex of a part that rides on the skull, the skull's vertex below it."""
    ear_roots = {
        1 + i: np.full(len(head.parts[1 + i].positions_V3), _nearest(head, (s * 6.9, EAR_ROOT[1], 0.2)))
        for i, s in enumerate(SIDES)
    }
    around = np.linspace(-1, 1, CURTAIN_COLUMNS) * np.pi * 0.6
    columns = [_nearest(head, (7 * np.sin(a), 1.0, -0.5 - 8.0 * np.cos(a))) for a in around]
    bun = np.full(len(head.parts[BUN_PART].positions_V3), _nearest(head, (0.0, 9.0, -6.5)))
    return {**ear_roots, CURTAIN_PART: np.tile(np.array(columns), CURTAIN_ROWS), BUN_PART: bun}


def _nearest(head: Head, point: tuple[float, float, float]) -> int:
    shell = head.shell
    distance = (shell.x - point[0]) ** 2 + (shell.y - point[1]) ** 2 + (shell.z - point[2]) ** 2
    return int(np.argmin(distance))


# ---- the skull's fields, section by section of the menu


@dataclass(frozen=True, slots=True)
class Canvas:
    """The shell with what every field needs."""

    x: Floats
    y: Floats
    z: Floats
    ax: Floats  # |x|
    side: Floats  # sign of x, faded to 0 at the middle so that nothing tears there
    front: Floats  # 1 on the face, 0 behind it


def shell_fields(shell: Shell) -> dict[str, Field]:
    ax = np.abs(shell.x)
    canvas = Canvas(shell.x, shell.y, shell.z, ax, np.sign(shell.x) * ramp(0.0, 0.8, ax), ramp(0.5, 4.0, shell.z))
    sections: tuple[Callable[[Canvas], dict[str, Field]], ...] = (
        _head_rows, _brow_rows, _eye_rows, _bridge_rows, _nose_tip_rows, _cheek_rows, _mouth_rows, _jaw_rows,
        _chin_rows,
    )  # fmt: skip
    fields: dict[str, Field] = {}
    for section in sections:
        fields |= section(canvas)
    return fields


def _head_rows(c: Canvas) -> dict[str, Field]:
    below, above = 1 - ramp(-1.0, 1.0, c.y), ramp(-1.0, 1.0, c.y)
    mask = 1 - ramp(-2.0, 3.0, c.y)
    features = np.exp(-((c.x / 4.2) ** 4) - ((c.y + 2.6) / 5.6) ** 4) * c.front
    grown = 0.075 * (1 - 0.75 * features)  # eyes, nose and mouth grow less than the skull around them
    return {
        "head_size": (grown * c.x, grown * (c.y + 2.6) + 0.25, 0.065 * c.z),
        "head_length": (-0.025 * c.x, c.y * (0.115 * above + 0.075 * below), 0.0),
        "head_width": (0.085 * c.x, 0.0, 0.0),
        "head_depth": (-0.03 * c.x * c.front, 0.0, 0.21 * c.z * ramp(-2.0, 6.0, np.abs(c.z))),
        "face_height": (-0.012 * c.x * mask, 0.085 * (c.y - 1.5) * mask + 0.10 * mask, 0.0),
    }


def _brow_rows(c: Canvas) -> dict[str, Field]:
    band = bell(c.y, 2.0, 1.05) * (1 - ramp(5.6, 6.8, c.ax)) * c.front
    ridge = bell(c.y, 1.7, 0.85) * (1 - ramp(4.6, 6.6, c.ax)) * c.front
    inner, outer = 1 - ramp(1.2, 3.4, c.ax), ramp(2.2, 4.2, c.ax)
    hood = bell(c.y, 1.05, 0.7) * c.front * (1 - ramp(4.8, 6.4, c.ax))
    return {
        "brow_height": (0.0, 0.50 * band, 0.0),
        "brow_spacing": (0.42 * c.side * band * (1 - ramp(2.5, 5.5, c.ax)), 0.0, 0.0),
        "brow_depth_overall": (0.0, -0.06 * hood, 0.30 * ridge),
        "brow_depth_inner": (0.0, -0.26 * hood * inner, 0.62 * ridge * inner),
        "brow_depth_outer": (0.0, -0.34 * hood * outer, 0.62 * ridge * outer),
        "brow_angle": (0.0, 0.20 * (c.ax - 3.0) * band, 0.0),
        "brow_bend": (0.0, 0.34 * band * (bell(c.ax, 3.5, 1.1) - 0.45), 0.0),
    }


def _eye_rows(c: Canvas) -> dict[str, Field]:
    reach = np.exp(-((((c.ax - 3.1) / 2.1) ** 2 + (c.y / 1.45) ** 2) ** 1.5)) * c.front
    sign = np.sign(c.x)
    return {
        "eye_height": (0.0, 0.37 * reach, 0.0),
        "eye_width": (0.36 * c.side * reach, 0.0, 0.0),
        "eye_depth": (0.0, -0.05 * reach, -0.92 * reach),
        "eye_size": ((c.ax - EYE_X) * sign * 0.19 * reach, 0.19 * c.y * reach, 0.10 * reach),
        "eye_angle": (-0.10 * c.y * sign * reach, 0.15 * (c.ax - EYE_X) * reach, 0.0),
    }


def _bridge_rows(c: Canvas) -> dict[str, Field]:
    column = plateau(c.x, 2.1) * c.front
    below = 1 - ramp(-3.2, 1.2, c.y)
    band = bell(c.y, -0.9, 2.1)
    flank = ramp(0.05, 0.6, c.ax) * (1 - ramp(1.2, 2.1, c.ax)) * c.front
    ridge = np.exp(-((c.x / 0.95) ** 2)) * c.front
    return {
        "nose_length": (0.0, -0.44 * below * column * ramp(-6.3, -4.9, c.y), 0.0),
        "bridge_width": (0.25 * c.side * band * flank, 0.0, 0.24 * band * bell(c.ax, 0.9, 0.6) * c.front),
        "bridge_height": (0.0, 0.0, 1.12 * bell(c.y, -0.2, 2.0) * ridge),
        "bridge_bump_overall": (0.25 * c.side * bell(c.y, -1.4, 1.3) * flank, 0.0, 0.70 * bell(c.y, -1.4, 1.7) * ridge),
        "bridge_bump_upper": (0.18 * c.side * bell(c.y, -0.5, 0.9) * flank, 0.0, 0.80 * bell(c.y, -0.5, 0.9) * ridge),
        "bridge_bump_lower": (0.40 * c.side * bell(c.y, -2.3, 1.0) * flank, 0.0, 1.10 * bell(c.y, -2.3, 0.9) * ridge),
    }


def _nose_tip_rows(c: Canvas) -> dict[str, Field]:
    wing = bell(c.y, -3.95, 0.95) * ramp(0.1, 1.0, c.ax) * (1 - ramp(1.9, 3.2, c.ax)) * c.front
    nostril = ellipse_bell(c.ax, c.y, (1.1, -4.2), (0.7, 0.65)) * c.front
    tip = ellipse_bell(c.x, c.y, (0, -3.9), (1.2, 0.95)) * c.front
    ball = ellipse_bell(c.x, c.y, (0, -3.75), (1.0, 0.8)) * c.front
    forward = np.exp(-((c.x / 1.3) ** 2)) * ramp(-5.0, -4.0, c.y) * (1 - ramp(-3.6, 0.2, c.y)) * c.front
    return {
        "nostril_size": (0.28 * c.side * nostril, 0.16 * (c.y + 4.1) * nostril, 0.40 * nostril),
        "nostril_height": (0.0, 0.36 * nostril, 0.06 * nostril),
        "nostril_width": (0.36 * c.side * wing, 0.0, 0.05 * wing),
        "tip_depth": (0.10 * c.x * forward, -0.14 * forward, 1.5 * forward),
        "tip_angle": (0.0, 0.42 * tip, 0.14 * tip),
        "tip_sharpness": (
            -0.82 * c.x * ball,
            -0.24 * (c.y + 3.9) * ball,
            0.44 * bell(c.x, 0, 0.5) * ball - 0.16 * ball,
        ),
    }


def _cheek_rows(c: Canvas) -> dict[str, Field]:
    whole = ellipse_bell(c.ax, c.y, (4.6, -4.6), (2.1, 2.8))
    lower = ellipse_bell(c.ax, c.y, (4.2, -6.0), (1.6, 1.5))
    bone = ellipse_bell(c.ax, c.y, (4.9, -2.3), (1.8, 1.4)) * c.front
    upper = ellipse_bell(c.ax, c.y, (4.9, -1.2), (1.8, 1.1)) * c.front
    under = ellipse_bell(c.ax, c.y, (4.9, -3.8), (1.8, 1.1)) * c.front
    sign = np.sign(c.x)
    double_chin = bell(c.y, -10.6, 1.5) * ramp(0.8, 2.6, c.ax)
    return {
        "cheek_thickness": (0.52 * sign * whole, 0.0, 0.52 * whole * c.front),
        "cheek_bulge": (0.50 * sign * lower, 0.0, 0.72 * lower * c.front),
        "neck_fat": (0.60 * c.side * double_chin, -0.35 * double_chin, 0.0),
        "cheek_height": (0.22 * sign * (upper - under), 0.50 * bone, 0.60 * (upper - under)),
        "cheek_width": (0.62 * sign * ellipse_bell(c.ax, c.y, (6.2, -2.2), (2.2, 2.2)), 0.0, 0.0),
        "cheek_depth": (0.14 * sign * bone, 0.0, 1.0 * bone),
    }


def _mouth_rows(c: Canvas) -> dict[str, Field]:
    region = bell(c.y, MOUTH_Y, 1.5) * plateau(c.x, 3.9) * c.front
    corner = ellipse_bell(c.ax, c.y, (2.5, MOUTH_Y - 0.05), (0.95, 0.75)) * c.front
    upper = bell(c.y, MOUTH_Y + 0.55, 0.42) * plateau(c.x, 2.2) * c.front
    lower = bell(c.y, MOUTH_Y - 0.8, 0.48) * plateau(c.x, 2.1) * c.front
    lip_below = bell(c.y, MOUTH_Y - 0.7, 0.7) * plateau(c.x, 2.3) * c.front
    pout = bell(c.y, MOUTH_Y, 0.7) * plateau(c.x, 1.9) * c.front
    return {
        "mouth_height": (0.0, 0.46 * region, 0.0),
        "mouth_width": (0.18 * c.x * bell(c.y, MOUTH_Y, 1.25) * plateau(c.x, 4.0) * c.front, 0.0, 0.0),
        "mouth_protrusion": (0.06 * c.x * region, 0.0, 1.35 * bell(c.y, MOUTH_Y, 1.3) * bell(c.x, 0, 2.3) * c.front),
        "mouth_corners": (0.10 * c.side * corner, 0.34 * corner, 0.0),
        "lip_thickness": (0.0, 0.18 * upper - 0.23 * lower, 0.24 * pout),
        "lower_lip_position": (0.0, -0.26 * lip_below, 0.70 * lip_below),
    }


def _jaw_rows(c: Canvas) -> dict[str, Field]:
    angle = bell(c.y, -7.8, 1.7) * ramp(2.0, 4.8, c.ax)
    edge = bell(c.y, -7.6, 3.1) * ramp(1.5, 4.5, c.ax)
    below = 1 - ramp(-9.5, -4.0, c.y)
    sign = np.sign(c.x)
    return {
        "jaw_definition": (
            sign * (0.50 * angle - 0.32 * bell(c.y, -5.6, 1.2) * ramp(2.5, 5.5, c.ax)),
            -0.25 * angle,
            -0.35 * ellipse_bell(c.ax, c.y, (4.6, -5.6), (1.5, 1.6)) * c.front,
        ),
        "jaw_width": (0.80 * sign * edge, 0.0, 0.0),
        "jaw_position": (0.0, 1.6 * bell(c.y, -8.0, 2.8) * ramp(2.0, 5.0, c.ax), 0.0),
        "jaw_protrusion": (0.03 * c.x * below * c.front, -0.36 * below * c.front, 1.15 * below * c.front),
    }


def _chin_rows(c: Canvas) -> dict[str, Field]:
    base = 1 - ramp(CHIN_Y + 0.3, CHIN_Y + 2.0, c.y)
    return {
        "chin_height": (0.0, -0.90 * (1 - ramp(CHIN_Y + 0.6, -7.6, c.y)), 0.0),
        "chin_width": (0.22 * c.x * bell(c.y, CHIN_Y + 1.3, 2.0), 0.0, 0.0),
        "chin_protrusion": (0.0, -0.60 * base, 1.7 * ellipse_bell(c.x, c.y, (0, -10.0), (2.1, 1.6)) * c.front),
        "chin_sharpness": (
            -0.23 * c.x * bell(c.y, CHIN_Y + 0.8, 1.7),
            base * (0.40 * bell(c.ax, 1.9, 1.3) - 0.32 * bell(c.x, 0, 1.1)),
            0.24 * bell(c.x, 0, 0.7) * bell(c.y, CHIN_Y + 1.2, 1.2) * c.front,
        ),
    }


# ---- ears, neck


def _add_ears(head: Head, joint_SV3: Floats) -> None:
    for part, side in zip((LEFT_EAR_PART, RIGHT_EAR_PART), SIDES, strict=True):
        for name, field in ear_fields(side).items():
            joint_SV3[SLIDER_INDEX[name], _vertices(head, part)] += field


def _add_neck(head: Head, joint_SV3: Floats) -> None:
    for name, field in neck_fields().items():
        joint_SV3[SLIDER_INDEX[name], _vertices(head, BODY_PART)] = field


def _vertices(head: Head, part: int) -> slice:
    return slice(head.offsets[part], head.offsets[part] + len(head.parts[part].positions_V3))
