"""Whether two pictures show the same face at rest: sway of a pixel or two is allowed, a moving lid is not.

Shapes: H x W pixels of brightness, halved in size. The whole-picture shift that explains the difference best is taken out (one
step of Lucas and Kanade 1981); what remains is averaged over small blocks, and the largest block counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agents.cell import Pixels

Brightness = NDArray[np.float32]

_BLOCK = 6  # pixels of the halved picture: an eye of a 256-pixel face covers several blocks
_MOST_SHIFT = 2.0  # pixels of the halved picture
_BLACK_BELOW = 6.0  # mean brightness of 255


@dataclass(frozen=True)
class FaceLook:
    """A face picture prepared for comparison."""

    pixels_HW3: Pixels

    @cached_property
    def brightness_HW(self) -> Brightness:
        height, width = (size // 2 * 2 for size in self.pixels_HW3.shape[:2])
        green_HW = self.pixels_HW3[:height, :width, 1].astype(np.float32)
        halved: Brightness = (green_HW[::2] + green_HW[1::2])[:, ::2] + (green_HW[::2] + green_HW[1::2])[:, 1::2]
        return halved / 4

    @cached_property
    def slopes(self) -> tuple[Brightness, Brightness]:
        """Down and across, a pixel in from the border."""
        image = self.brightness_HW
        return (image[2:, 1:-1] - image[:-2, 1:-1]) / 2, (image[1:-1, 2:] - image[1:-1, :-2]) / 2

    @property
    def is_black(self) -> bool:
        return float(self.brightness_HW.mean()) < _BLACK_BELOW


def difference(a: FaceLook, b: FaceLook) -> float:
    """The largest mean change of a block, in steps of brightness of 255, that no common shift explains."""
    change_HW = b.brightness_HW[1:-1, 1:-1] - a.brightness_HW[1:-1, 1:-1]
    down_HW, across_HW = a.slopes
    normal = np.array(
        [[np.vdot(down_HW, down_HW), np.vdot(down_HW, across_HW)], [np.vdot(down_HW, across_HW), np.vdot(across_HW, across_HW)]]
    )
    moment = np.array([np.vdot(down_HW, change_HW), np.vdot(across_HW, change_HW)])
    shift = np.clip(np.linalg.solve(normal + np.eye(2), moment), -_MOST_SHIFT, _MOST_SHIFT).astype(np.float32)
    rest_HW = np.abs(change_HW - shift[0] * down_HW - shift[1] * across_HW)
    height, width = (size // _BLOCK * _BLOCK for size in rest_HW.shape)
    blocks = rest_HW[:height, :width].reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK).mean(axis=(1, 3))
    return float(blocks.max())
