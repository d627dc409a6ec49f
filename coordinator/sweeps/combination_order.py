"""Which combinations of face and skin type are captured, and in which order they are walked.

A press moves a choice by one place in its list and costs a load, so neighbours in the lists are cheap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import islice

from creator.profile import Profile

Cell = tuple[int, int]  # positions in the lists of face and skin types
Combination = tuple[str, int, int]

_PLASTIC = 1.32471795724474602596  # its powers give the plane's most even additive sequence (Roberts 2018, R2)


def all_cells(profile: Profile, gender: str) -> list[Cell]:
    faces, skins = len(profile.ids("face", gender)), len(profile.ids("skin", gender))
    return [(face, skin) for face in range(faces) for skin in range(skins)]


def spread_cells(profile: Profile, gender: str) -> list[Cell]:
    """Every cell once, ordered so that any run of them lies evenly over the lists."""
    cells = all_cells(profile, gender)
    faces, skins = len(profile.ids("face", gender)), len(profile.ids("skin", gender))
    seen: dict[Cell, None] = {}
    for at in range(8 * len(cells)):
        seen[int(at / _PLASTIC % 1 * faces), int(at / _PLASTIC**2 % 1 * skins)] = None
    return list(dict.fromkeys([*seen, *cells]))


def chosen_cells(spread: Sequence[Cell], number: int, count: int) -> list[Cell]:
    """The `number`-th run of `count` cells: runs follow each other around the list, so all cells get their turn."""
    start = number * count % len(spread)
    return list(islice((*spread[start:], *spread), min(count, len(spread))))


def snake(cells: Iterable[Cell]) -> list[Cell]:
    """A short way through the cells: bands of neighbouring face types, walked along the skin types to and fro.

    The bands of a full grid are one face type wide; of a sparse one as wide as cells lie apart.
    """
    cells = list(cells)
    if not cells:
        return []
    area = (max(face for face, _ in cells) + 1) * (max(skin for _, skin in cells) + 1)
    width = max(1, round(math.sqrt(area / len(cells))))
    return sorted(cells, key=lambda cell: (cell[0] // width, _to_and_fro(cell, width), cell[0]))


def _to_and_fro(cell: Cell, width: int) -> int:
    return -cell[1] if cell[0] // width % 2 else cell[1]


def to_combination(profile: Profile, gender: str, cell: Cell) -> Combination:
    """Positions to ids."""
    return gender, profile.ids("face", gender)[cell[0]], profile.ids("skin", gender)[cell[1]]


def walk_combinations(profile: Profile, gender: str, cells: Iterable[Cell]) -> list[Combination]:
    return [to_combination(profile, gender, cell) for cell in snake(cells)]
