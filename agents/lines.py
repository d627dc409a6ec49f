"""Which lines of the list are highlighted, told from the margins beside their texts.

Shapes: L lines, R rows and M columns of pixels in a line's margins, 3 colours, K known looks. Left of the names and right of
the values there is nothing but background, so a margin that looks like neither a plain nor a highlighted line is covered by
something: a pop-up, an animation, a black or torn picture. Backgrounds may change from left to right.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agents.cell import Pixels, edge_rows
from agents.layout import Layout

LineLook = Literal["plain", "highlighted", "strange"]
_TOLERANCE = 0.3  # of the distance between highlight and plain background


@dataclass(frozen=True)
class Lines:
    """How each line looks."""

    looks: tuple[LineLook, ...]

    @property
    def highlighted(self) -> int | None:
        """The one highlighted line; None when there is none or more than one."""
        return self.looks.index("highlighted") if self.looks.count("highlighted") == 1 else None

    @property
    def is_clear(self) -> bool:
        """One line is highlighted and nothing covers the others."""
        return self.highlighted is not None and "strange" not in self.looks


@dataclass(frozen=True)
class Margins:
    """Where to look for the background of each line."""

    layout: Layout

    def key(self, menu_HW3: Pixels) -> tuple[bytes, bytes]:
        """The same for menus whose margins look the same; cheaper than the pixels themselves."""
        rows, left, right = self._strips
        return menu_HW3[rows, left].tobytes(), menu_HW3[rows, right].tobytes()

    def pixels_LRM3(self, menu_HW3: Pixels) -> Pixels:
        rows_LR, columns_M = self._places
        return menu_HW3[rows_LR[:, :, None], columns_M]

    @cached_property
    def _strips(self) -> tuple[slice, slice, slice]:
        slots, columns_M = self.layout.slots, self._places[1]
        num_left = max(self.layout.name_columns.start, 1)
        left, right = (slice(int(part[0]), int(part[-1]) + 1) for part in (columns_M[:num_left], columns_M[num_left:]))
        return slice(slots[0].top, slots[-1].bottom), left, right

    @cached_property
    def _places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        layout, slot = self.layout, self.layout.slots[0]
        height = min(slot.height for slot in layout.slots)
        tops_L = np.array([slot.top for slot in layout.slots])
        left = np.arange(max(layout.name_columns.start, 1))
        right = np.arange(min(layout.value_columns.stop, slot.width - 1), slot.width)
        edge = edge_rows(height)
        rows_R = np.arange(edge, max(height - edge, edge + 1))
        return tops_L[:, None] + rows_R, slot.left + np.concatenate((left, right))


def colours_LM3(margins_LRM3: Pixels) -> Pixels:
    """The usual colour of each column of each line's margins."""
    usual_LM3: Pixels = np.median(margins_LRM3, axis=1).astype(np.uint8)
    return usual_LM3


def read_lines(margins_LRM3: Pixels, highlight_M3: Pixels, plain_KM3: Pixels) -> Lines:
    """Compares every pixel of the margins with the learned colours."""
    known_KM3 = np.concatenate((highlight_M3[None], plain_KM3)).astype(np.int16)
    apart = int(np.abs(known_KM3[1:] - known_KM3[0]).max(axis=(1, 2)).min())
    distances_KLRM3 = np.abs(margins_LRM3[None].astype(np.int16) - known_KM3[:, None, None])
    distance_KL = distances_KLRM3.max(axis=(2, 3, 4))
    return Lines(tuple(_look(int(column.argmin()), int(column.min()), _TOLERANCE * apart) for column in distance_KL.T))


def _look(nearest: int, distance: int, tolerance: float) -> LineLook:
    if distance > tolerance:
        return "strange"
    return "plain" if nearest else "highlighted"
