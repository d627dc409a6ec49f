"""Text on a plain background as strength of ink, and how alike two such pictures are.

Shapes: H rows, W columns of pixels, 3 colours. Ink is 0 (background) to 255 (the text's own colour), whatever the colours
are, so that a name looks the same on a plain and on a highlighted line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from protocol.device import Picture, Region

Pixels = NDArray[np.uint8]
Ink = NDArray[np.uint8]

_LEAST_CONTRAST = 40  # of 255; less is an empty cell: noise of a compressed or translucent background stays under it
_INK_FROM = 64  # ink at which a pixel belongs to the text when it is cut out


def pixels_HW3(picture: Picture) -> Pixels:
    return np.frombuffer(picture.rgb, np.uint8).reshape(picture.height, picture.width, 3)


def cut(pixels_HW3: Pixels, region: Region) -> Pixels:
    return pixels_HW3[region.top : region.bottom, region.left : region.right]


def background_3(cell_HW3: Pixels) -> Pixels:
    """The commonest colour, which is the background wherever text covers less than half of each colour channel."""
    colour_3: Pixels = np.median(cell_HW3.reshape(-1, 3), axis=0).astype(np.uint8)
    return colour_3


def background_W3(slot_HW3: Pixels) -> Pixels:
    """The background of each column of a line: its upper and lower quarters, where texts seldom reach."""
    height = slot_HW3.shape[0]
    quarter = max(height // 4, 2)
    outer_HW3 = np.concatenate((slot_HW3[1:quarter], slot_HW3[height - quarter : height - 1]))
    colours_W3: Pixels = np.median(outer_HW3, axis=0).astype(np.uint8)
    return colours_W3


def edge_rows(height: int) -> int:
    """Of a line, at its top and as many at its bottom, that may be its neighbours': where the list stands a pixel higher or
    lower than the profile says, and where rounding mixes them."""
    return 1 + height // 20


def line_ink_HW(line_HW3: Pixels) -> Ink:
    """Ink of a part of a line of the list at its full height, against the line's own background; none in its edges."""
    edge = edge_rows(line_HW3.shape[0])
    ink = np.zeros(line_HW3.shape[:2], np.uint8)
    ink[edge:-edge] = ink_HW(line_HW3[edge:-edge], background_W3(line_HW3))
    return ink


def ink_HW(cell_HW3: Pixels, background: Pixels) -> Ink:
    """All zeros where the cell is empty. `background` is one colour (3) or one for each column (W3)."""
    contrast_HW = np.abs(cell_HW3.astype(np.int16) - background.astype(np.int16)).max(axis=2)
    strongest = int(contrast_HW.max(initial=0))
    if strongest < _LEAST_CONTRAST:
        return np.zeros(contrast_HW.shape, np.uint8)
    ink_HW: Ink = (contrast_HW.astype(np.int32) * 255 // strongest).astype(np.uint8)
    return ink_HW


def trimmed(ink_HW: Ink) -> Ink:
    """The smallest rectangle that holds the text; 0 x 0 where there is none."""
    rows, columns = (np.flatnonzero((ink_HW >= _INK_FROM).any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return np.zeros((0, 0), np.uint8)
    return np.ascontiguousarray(ink_HW[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def glyphs(ink_HW: Ink) -> list[Ink]:
    """The text cut at columns without ink, each piece at the cell's full height: where it stands tells '-' from '_'."""
    has_ink = np.concatenate(([False], (ink_HW >= _INK_FROM).any(axis=0), [False]))
    edges = np.flatnonzero(has_ink[1:] != has_ink[:-1])
    return [np.ascontiguousarray(ink_HW[:, start:end]) for start, end in edges.reshape(-1, 2)]


def likeness(a_HW: Ink, b_HW: Ink) -> float:
    """1 for the same picture, 0 for no ink in common; sizes may differ by a pixel, as rounding does at odd scales."""
    if not a_HW.size or not b_HW.size or max(abs(m - n) for m, n in zip(a_HW.shape, b_HW.shape, strict=True)) > 1:
        return 0.0
    if a_HW.shape == b_HW.shape:
        return _overlap(a_HW, b_HW)
    return max(_overlap(*_padded(a_HW, b_HW, down, across)) for down in (0, 1) for across in (0, 1))


def _overlap(a_HW: Ink, b_HW: Ink) -> float:
    a, b = a_HW.astype(np.int32), b_HW.astype(np.int32)
    return 1.0 - float(np.abs(a - b).sum()) / max(int(a.sum() + b.sum()), 1)


def _padded(a_HW: Ink, b_HW: Ink, down: int, across: int) -> tuple[Ink, Ink]:
    """Both on a canvas that holds either; the smaller one stands at its far edge where `down` or `across` is 1."""
    height, width = (max(m, n) for m, n in zip(a_HW.shape, b_HW.shape, strict=True))
    placed = []
    for ink in (a_HW, b_HW):
        canvas = np.zeros((height, width), np.uint8)
        top, left = down * (height - ink.shape[0]), across * (width - ink.shape[1])
        canvas[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
        placed.append(canvas)
    return placed[0], placed[1]
