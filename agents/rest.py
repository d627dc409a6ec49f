"""Whether two pictures show the same face at rest: sway of a pixel or two is allowed, a moving lid is not.

Shapes: H x W pixels of brightness, halved in size, in B x B blocks. In each block the shift that explains the change best is
taken out (one step of Lucas and Kanade 1981); the mean of what remains counts, and the largest block decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agents.cell import Pixels

Brightness = NDArray[np.float32]

_BLOCK = 9  # pixels of the halved picture: an eye of a 256-pixel face is about two blocks wide
_MOST_SHIFT = 0.6  # pixels of the halved picture; sway moves a face less in the sixth of a second between two pictures
_BLACK_BELOW = 6.0  # mean brightness of 255


@dataclass(frozen=True)
class FaceLook:
    """A face picture prepared for comparison; `seconds`: when it was seen on the device's clock."""

    pixels_HW3: Pixels
    seconds: float = 0.0

    @cached_property
    def brightness_HW(self) -> Brightness:
        height, width = (size // 2 * 2 for size in self.pixels_HW3.shape[:2])
        green_HW = self.pixels_HW3[:height, :width, 1].astype(np.float32)
        halved: Brightness = (green_HW[::2] + green_HW[1::2])[:, ::2] + (green_HW[::2] + green_HW[1::2])[:, 1::2]
        return halved * np.float32(0.25)

    @cached_property
    def slopes(self) -> tuple[Brightness, Brightness]:
        """Down and across, a pixel in from the border."""
        image, half = self.brightness_HW, np.float32(0.5)
        return half * (image[2:, 1:-1] - image[:-2, 1:-1]), half * (image[1:-1, 2:] - image[1:-1, :-2])

    @cached_property
    def flatness(self) -> float:
        """Share of neighbouring pixels that are the same; near 1 for the coarse blocks of a half-loaded face."""
        green_HW = self.pixels_HW3[::2, :, 1]
        return float((green_HW[:, 1:] == green_HW[:, :-1]).mean())

    @property
    def is_black(self) -> bool:
        return float(self.brightness_HW.mean()) < _BLACK_BELOW

    def is_same(self, other: FaceLook) -> bool:
        """To the last bit."""
        return self.pixels_HW3.shape == other.pixels_HW3.shape and np.array_equal(self.pixels_HW3, other.pixels_HW3)


def difference(a: FaceLook, b: FaceLook) -> float:
    """The largest mean change of a block, in steps of brightness of 255, that no small shift explains."""
    change_HW = b.brightness_HW[1:-1, 1:-1] - a.brightness_HW[1:-1, 1:-1]
    down_HW, across_HW = a.slopes
    down_BB, across_BB = _shift(change_HW, down_HW, across_HW)
    height, width = (count * _BLOCK for count in down_BB.shape)
    explained_HW = _spread(down_BB) * down_HW[:height, :width] + _spread(across_BB) * across_HW[:height, :width]
    return float(_block_means(np.abs(change_HW[:height, :width] - explained_HW)).max())


def _shift(change_HW: Brightness, down_HW: Brightness, across_HW: Brightness) -> tuple[Brightness, Brightness]:
    """Each block's shift down and across, by least squares; 1 keeps flat blocks from dividing by nothing."""
    dd, da, aa = (_block_means(product) for product in (down_HW**2, down_HW * across_HW, across_HW**2))
    dd, aa = dd + 1, aa + 1
    dc, ac = _block_means(down_HW * change_HW), _block_means(across_HW * change_HW)
    determinant = dd * aa - da * da
    down_BB: Brightness = np.clip((aa * dc - da * ac) / determinant, -_MOST_SHIFT, _MOST_SHIFT)
    across_BB: Brightness = np.clip((dd * ac - da * dc) / determinant, -_MOST_SHIFT, _MOST_SHIFT)
    return down_BB, across_BB


def _block_means(image_HW: Brightness) -> Brightness:
    height, width = (size // _BLOCK for size in image_HW.shape)
    cut_HW = image_HW[: height * _BLOCK, : width * _BLOCK]
    means: Brightness = cut_HW.reshape(height, _BLOCK, width, _BLOCK).mean(axis=(1, 3))
    return means


def _spread(blocks_BB: Brightness) -> Brightness:
    return np.repeat(np.repeat(blocks_BB, _BLOCK, axis=0), _BLOCK, axis=1)
