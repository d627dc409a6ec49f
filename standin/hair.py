"""Haircuts: how far hair stands off the scalp, where it starts, how it is combed, and the sheet that hangs down.

Centimetres as in head.py. Legend: V = vertex; hair rows are indexed by the HAIR_ constants of slots.py.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from standin.curves import Floats, bell, ramp, spline
from standin.head import BUN_PART, CURTAIN_PART, Head, Shell
from standin.shade import slots

_CROWN = (0.0, 10.0, -2.0)
OUTSIDE = -9.0  # hair distance where no hair grows


class Comb(Enum):
    BACK = "back"
    SIDE = "side"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Curtain:
    """Hair that hangs behind the face: bottom, how far its edges reach forward (1 = the cheek), width, wave."""

    bottom_y: float
    reach: float = 0.5
    width: float = 8.0
    wave: float = 0.0


@dataclass(frozen=True, slots=True)
class Bun:
    y: float
    z: float
    radius: float


@dataclass(frozen=True, slots=True)
class Haircut:
    comb: Comb
    top_cm: float
    side_cm: float
    lift_cm: float = 0.0  # extra height over the forehead
    hairline_y: float = 6.55
    peak_cm: float = 0.0  # of the hairline over the nose
    recession_cm: float = 0.0
    fringe_cm: float = 0.0  # how far hair falls over the forehead
    sweep: float = 0.0  # slope of the fringe
    part_x: float = 0.0
    side_z: float = 2.35  # how far forward hair grows at the temples
    sideburn_y: float = -1.9
    side_density: float = 1.0  # below 1: shaved sides
    curl: float = 0.0
    clumps: float = 0.08
    curtain: Curtain | None = None
    bun: Bun | None = None


def hair_distance(shell: Shell, cut: Haircut) -> Floats:
    """(V,) centimetres inside the hair's border, negative outside."""
    x, y, z, ax = shell.x, shell.y, shell.bare_z, np.abs(shell.x)
    line = cut.hairline_y + 0.35 * bell(ax, 3.3, 1.85) - 1.6 * ramp(4.3, 6.4, ax)
    line = line - cut.peak_cm * bell(x, 0, 1.2) + cut.recession_cm * bell(ax, 3.4, 1.6)
    line = line - cut.fringe_cm * (1 - ramp(4.5, 6.8, ax)) + cut.sweep * (x - cut.part_x)
    over = y - line
    border_z = np.where(y > -2.2, cut.side_z + 0.22 * np.clip(y, -2, 6), -2.0)
    beside = np.minimum((border_z - z) * 0.9, y + 7.5)
    burn = np.where(z > -1.2, y - cut.sideburn_y, 9.0)
    joined = np.maximum(over, beside)
    return np.where(over > beside, joined, np.minimum(joined, burn))


def cap_thickness(shell: Shell, cut: Haircut, rows_V: Floats) -> Floats:
    distance = rows_V[:, slots.HAIR_DISTANCE]
    across, along = rows_V[:, slots.HAIR_ACROSS], rows_V[:, slots.HAIR_ALONG]
    top = ramp(2.5, 8.5, shell.y)
    volume = cut.top_cm * top + cut.side_cm * (1 - top)
    volume = volume + cut.lift_cm * bell(shell.y, 8.4, 2.4) * ramp(0.5, 5.0, shell.z) * bell(shell.x, 0, 5.5)
    parting = np.where(cut.part_x != 0, 0.55 * bell(shell.x - cut.part_x, 0, 0.45) * ramp(4, 8, shell.y), 0.0)
    waves = np.sin(across * 2.3 + 1.4 * np.sin(along * 0.9) + 1.2 * np.sin(across * 0.7))
    waves = 0.8 * waves + 0.35 * np.sin(across * 5.1 + along * 0.6 + 1.0)
    tufts = np.sin(along * 1.5 + 2.0 * np.sin(across * 1.2)) * cut.curl
    rough = 1 + cut.clumps * (waves * (1 - 0.5 * cut.curl) + tufts)
    thickness: Floats = ramp(-0.15, 1.1, distance) * volume * (1 - parting) * rough
    return thickness


def outward(shell: Shell) -> Floats:
    direction = np.stack([shell.x, (shell.y - 1) * 0.9, shell.bare_z + 0.5], 1)
    unit: Floats = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    return unit


def scalp_rows(shell: Shell, cut: Haircut) -> Floats:
    """(V, NUM_HAIR): distance, coordinates across and along the strands, direction of the strands."""
    x, y, z = shell.x, shell.y, shell.bare_z
    from_top = np.arctan2(x - cut.part_x, y - 1.0)
    if cut.comb is Comb.BACK:
        across, along = np.arctan2(x, y - 1.0) * 7.0, 6.0 - z
        towards = np.stack([0 * x, 0.35 + 0 * x, -1 + 0 * x], 1)
    elif cut.comb is Comb.SIDE:
        across = 0.8 * y - z + 0.25 * np.abs(x - cut.part_x)
        along = np.abs(from_top) * 7.0
        side = np.sign(x - cut.part_x)
        towards = np.stack([side * np.maximum(y, 0.5), -np.abs(x - cut.part_x), -0.3 * np.abs(y)], 1)
    else:
        across, along = np.arctan2(x, z - _CROWN[2]) * 7.0, 11.6 - y
        towards = np.stack([x, y - _CROWN[1] - 1.7, z - _CROWN[2]], 1)
    away = outward(shell)
    tangent = towards - (towards * away).sum(1, keepdims=True) * away
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-6
    return np.column_stack([hair_distance(shell, cut), across, along, tangent])


def curtain_shape(head: Head, curtain: Curtain) -> tuple[Floats, Floats]:
    """Positions (V, 3) and hair rows (V, NUM_HAIR) of the hanging sheet."""
    around, down = head.parts[CURTAIN_PART].canonical_V2.T
    length = 7.5 - curtain.bottom_y
    ragged = 0.035 * np.sin(around * 31.0) + 0.03 * np.sin(around * 73.0 + 1.0)
    y = 7.5 - down * length * (1 + ragged * ramp(0.7, 1.0, down))
    angle = around * np.pi * (0.45 + 0.22 * curtain.reach)
    width = curtain.width * spline(
        y, ((-19, 0.86), (-14, 1.03), (-9, 1.05), (-4, 1.0), (0, 0.965), (4, 0.95), (6, 0.85), (8, 0.7))
    )
    wave = curtain.wave * ramp(3.0, -6.0, y)
    ripple = wave * (np.sin(y * 1.15 + around * 4.0) * 0.42 + np.sin(y * 2.3 + around * 11.0) * 0.22)
    locks = 0.10 * np.sin(around * 47.0) + 0.14 * np.sin(around * 23.0 + 0.25 * y)
    radius = width + ripple + locks
    x = radius * np.sin(angle)
    z = -1.2 - (radius + 0.6) * np.cos(angle) + 1.6 * curtain.reach * ramp(0.6, 1.0, np.abs(around))
    tangent_x = wave * np.cos(y * 1.15 + around * 4.0) * 0.5
    rows = np.column_stack(
        [np.full_like(x, 5.0), angle * 9.0, 11.6 - y, tangent_x, np.full_like(x, -1.0), np.zeros_like(x)]
    )
    return np.stack([x, y, z], 1), rows


def bun_shape(head: Head, bun: Bun) -> tuple[Floats, Floats]:
    around, down = head.parts[BUN_PART].canonical_V2.T
    polar, azimuth = down * np.pi, around * np.pi
    bumps = 1 + 0.05 * np.sin(azimuth * 3 + polar * 4)
    x = bun.radius * 1.1 * np.sin(polar) * np.sin(azimuth) * bumps
    y = bun.y + bun.radius * 0.85 * np.cos(polar) * bumps
    z = bun.z - bun.radius * np.sin(polar) * np.cos(azimuth) * bumps
    across = (polar * 2.2 + 0.5 * np.sin(azimuth)) * bun.radius
    tangent = np.column_stack([np.cos(azimuth), 0.25 * np.sin(azimuth * 2), np.sin(azimuth)])
    rows = np.column_stack([np.full_like(x, 5.0), across, azimuth * 4.0, tangent])
    return np.stack([x, y, z], 1), rows


HAIRCUTS: dict[str, tuple[Haircut, ...]] = {
    "male": (
        Haircut(Comb.SIDE, 1.5, 0.45, lift_cm=0.7, part_x=-2.6, clumps=0.10),
        Haircut(Comb.BACK, 1.0, 0.5, lift_cm=0.3, recession_cm=0.5, clumps=0.07),
        Haircut(Comb.DOWN, 0.25, 0.15, recession_cm=0.4, side_density=0.75, clumps=0.03),  # cropped
        Haircut(Comb.BACK, 1.6, 0.15, lift_cm=1.5, side_density=0.55, sideburn_y=-0.8),  # quiff, shaved sides
        Haircut(Comb.DOWN, 1.9, 0.9, curl=1.0, fringe_cm=0.1, clumps=0.16),  # curls
        Haircut(Comb.BACK, 1.0, 0.9, part_x=0.0, curtain=Curtain(-15.5, 0.2, 7.6, 0.5), clumps=0.08),  # long
        Haircut(Comb.DOWN, 1.0, 0.7, fringe_cm=0.7, sweep=0.16, clumps=0.12),  # fringe
        Haircut(Comb.BACK, 0.7, 0.35, peak_cm=0.5, bun=Bun(11.3, -5.4, 1.9)),  # knot
        Haircut(Comb.DOWN, 0.02, 0.02, hairline_y=7.0, recession_cm=1.8, side_density=0.35, clumps=0.0),  # shaved
        Haircut(Comb.SIDE, 1.1, 1.0, part_x=2.2, curtain=Curtain(-7.5, 0.25, 7.5, 0.3), sweep=-0.10, clumps=0.1),
    ),
    "female": (
        Haircut(Comb.SIDE, 0.9, 0.8, part_x=-2.0, lift_cm=0.3, curtain=Curtain(-18.5, 0.15, 7.7, 0.25)),
        Haircut(Comb.SIDE, 0.9, 0.9, part_x=0.01, curtain=Curtain(-19.0, 0.25, 7.7, 0.0)),
        Haircut(Comb.BACK, 0.7, 0.4, peak_cm=0.3, curtain=Curtain(-17.0, 0.0, 5.2, 0.2)),  # pony tail
        Haircut(Comb.BACK, 0.8, 0.45, lift_cm=0.3, bun=Bun(12.2, -4.6, 2.6)),  # bun
        Haircut(Comb.SIDE, 1.3, 0.9, part_x=2.4, lift_cm=0.5, curtain=Curtain(-9.8, 0.55, 8.0, 0.15)),  # bob
        Haircut(Comb.DOWN, 1.2, 0.7, fringe_cm=0.6, sweep=0.20, clumps=0.11),  # pixie
        Haircut(Comb.SIDE, 1.4, 1.2, part_x=1.5, curl=0.8, clumps=0.13, curtain=Curtain(-16.0, 0.3, 8.3, 1.0)),
        Haircut(
            Comb.DOWN, 0.9, 0.8, fringe_cm=0.6, sweep=0.08, curtain=Curtain(-18.0, 0.3, 7.7, 0.1)
        ),  # straight fringe
        Haircut(Comb.DOWN, 2.2, 1.4, curl=1.0, clumps=0.16, curtain=Curtain(-10.5, 0.35, 8.7, 0.9)),  # curls
        Haircut(Comb.BACK, 1.3, 0.9, lift_cm=0.6, curtain=Curtain(-16.5, 0.1, 8.0, 0.7)),  # swept back
    ),
}

HAIR_COLOURS: NDArray[np.float64] = np.array(  # linear RGB
    [
        [0.014, 0.011, 0.010],  # black
        [0.030, 0.019, 0.013],  # brown-black
        [0.060, 0.034, 0.019],  # dark brown
        [0.110, 0.060, 0.030],  # brown
        [0.165, 0.080, 0.034],  # chestnut
        [0.230, 0.082, 0.026],  # auburn
        [0.340, 0.120, 0.032],  # copper
        [0.260, 0.165, 0.078],  # dark blond
        [0.430, 0.290, 0.140],  # blond
        [0.600, 0.480, 0.310],  # pale blond
        [0.240, 0.235, 0.230],  # grey
        [0.580, 0.570, 0.555],  # white
    ]
)
HAIR_COLOUR_ODDS: NDArray[np.float64] = np.array([11, 12, 14, 13, 9, 6, 5, 8, 8, 5, 5, 4]) / 100.0
