"""Whether the eyes of a face look open, without a template of any face: while only the skin changes, eyeballs stay what they are.
A hint, no proof: narrow eyes under a skin of their colour look the same closed. `agents.lids` proves.

Shapes: H x W pixels of the region around the eyes, K of them eyeballs, 3 colours. The region is learned by calibration from
blinks; of its pixels those count that stayed alike over the last few pictures with open eyes, while the skin around them changed.
How far they lie beyond what stood there or beside it in the nearest of these pictures, sway and other light left out: with open
eyes at most .46 steps of brightness in the mean, closed 1.0 at least (60 random characters of the stand-in's head, swaying;
drawn at half the size 1.2 and .9). What lies beyond the bound below is looked at for longer.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from agents.cell import Pixels
from agents.rest import FaceLook

Box = tuple[int, int, int, int]  # left, top, width, height within the face; width 0: never learned

_NUM_KEPT = 4
_ALIKE = 12  # of 255: the same eyeball in two pictures
_TOLERATED, _MOST_DEVIATION = 12, 60  # of 255: what does not count of one pixel, and beyond what nothing more does
_OPEN_MEAN = 0.5  # deviations of open eyes
_LEAST_SHARE, _MOST_SHARE = 0.006, 0.25  # of the region that may be eyeball; more means that the skin did not change
_LOCAL, _LEAST_MOTION = 8.0, 0.5  # a lid moves the eyes' surroundings alone; mean steps of brightness of 255


class EyeMemory:
    """The last pictures of one head with open eyes, under different skins."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._kept: deque[NDArray[np.int16]] = deque(maxlen=_NUM_KEPT)
        self._eyeballs_HW: NDArray[np.bool_] | None = None
        self._bounds: deque[tuple[NDArray[np.int16], NDArray[np.int16]]] = deque(maxlen=_NUM_KEPT)

    @property
    def is_ready(self) -> bool:
        return self._eyeballs_HW is not None

    def forget(self) -> None:
        """Another head follows."""
        self._kept.clear()
        self._bounds.clear()
        self._eyeballs_HW = None

    def keep(self, look: FaceLook) -> None:
        """A picture whose eyes are open for certain; says nothing where calibration saw no blink."""
        if not self._box[2]:
            return
        region_HW3 = self._region(look)
        self._kept.append(region_HW3)
        self._bounds.append(reach(region_HW3))
        self._eyeballs_HW = self._find_eyeballs() if len(self._kept) == _NUM_KEPT else None

    def is_open(self, look: FaceLook) -> bool:
        """Whether they look open; False while that cannot be told."""
        return self._eyeballs_HW is not None and self._deviation(look) <= _OPEN_MEAN

    def _deviation(self, look: FaceLook) -> float:
        """Mean over the eyeballs, from the kept picture that is nearest."""
        eyeballs_K3 = self._region(look)[self._eyeballs_HW]
        return min(self._beyond(eyeballs_K3, *bounds) for bounds in self._bounds)

    def _beyond(
        self, eyeballs_K3: NDArray[np.int16], lowest_HW3: NDArray[np.int16], highest_HW3: NDArray[np.int16]
    ) -> float:
        lowest_K3, highest_K3 = lowest_HW3[self._eyeballs_HW], highest_HW3[self._eyeballs_HW]
        deviations_K = np.maximum(lowest_K3 - eyeballs_K3, eyeballs_K3 - highest_K3).max(axis=1)
        return float((np.clip(deviations_K, _TOLERATED, _MOST_DEVIATION) - _TOLERATED).mean())

    def _find_eyeballs(self) -> NDArray[np.bool_] | None:
        kept_NHW3 = np.stack(self._kept)
        alike_HW: NDArray[np.bool_] = (np.abs(np.diff(kept_NHW3, axis=0)).max(axis=(0, 3)) < _ALIKE).astype(np.bool_)
        return alike_HW if _LEAST_SHARE <= alike_HW.mean() <= _MOST_SHARE else None

    def _region(self, look: FaceLook) -> NDArray[np.int16]:
        return region(look, self._box).astype(np.int16)


def region(look: FaceLook, box: Box) -> Pixels:
    """The pixels around the eyes; of the whole face where calibration saw no blink."""
    left, top, width, height = box
    return look.pixels_HW3[top : top + height, left : left + width] if width else look.pixels_HW3


def reach(pixels: NDArray[np.int16]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """The darkest and brightest of each pixel and its eight neighbours, H W or H W 3: a head that sways stays within."""
    height, width = pixels.shape[:2]
    edges = ((1, 1), (1, 1)) + ((0, 0),) * (pixels.ndim - 2)
    padded = np.pad(pixels, edges, mode="edge")
    nine = [padded[down : down + height, across : across + width] for down in range(3) for across in range(3)]
    return np.minimum.reduce(nine), np.maximum.reduce(nine)


def is_blink(a: FaceLook, b: FaceLook, box: Box) -> bool:
    """Whether from one picture to the next around the eyes something moved, and nothing else."""
    left, top, width, height = (size // 2 for size in box)
    if not width or not height:
        return False
    change_HW = np.abs(b.brightness_HW - a.brightness_HW)
    inside = float(change_HW[top : top + height, left : left + width].mean())
    area = width * height
    outside = (float(change_HW.mean()) * change_HW.size - inside * area) / max(change_HW.size - area, 1)
    return bool(inside > _LOCAL * outside + _LEAST_MOTION)
