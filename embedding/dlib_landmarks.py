"""Five landmarks by dlib's predictor, steadied.

dlib's predictor compares single pixels and answers in whole pixels, and the box that it starts from moves in
the detector's steps of several pixels. A creator's face moved by half a pixel got an embedding 13 % of the
distance between random characters away; with the mean over eight boxes around the detected one, on a picture
enlarged to LANDMARK_FACE_PIXELS, it is 8 %, and 6 % with the true landmarks (trial head of 256 pixels).

Shape letters: H, W rows and columns; 5 landmarks, 2 coordinates.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import dlib
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding.recogniser import Box

LANDMARK_FACE_PIXELS = 300
"""A narrower face is enlarged to this width, so that whole pixels are fine enough."""

BOX_SHIFT = 0.04
"""Shift and change of size of the eight boxes, as shares of the face's width; 0.03 to 0.06 measured alike."""

_CROP_MARGIN = 0.15
_NUDGES = tuple(itertools.product((-BOX_SHIFT, BOX_SHIFT), repeat=3))


def steady_landmarks(predictor: dlib.shape_predictor, image_HW3: NDArray[np.uint8], box: Box) -> NDArray[np.float32]:
    """Mean landmarks (5, 2) over boxes nudged around `box`, in fractions of pixels of the picture."""
    crop_HW3, origin_2, scale_2 = _enlarged_crop(image_HW3, box)
    sum_52 = np.zeros((5, 2))
    for nudged in _nudged(box):
        corners_22 = (np.reshape(nudged, (2, 2)) - origin_2) * scale_2
        left, top, right, bottom = (round(edge) for edge in corners_22.ravel())
        parts = predictor(crop_HW3, dlib.rectangle(left, top, right, bottom)).parts()
        sum_52 += [(point.x, point.y) for point in parts]
    centres_52 = sum_52 / len(_NUDGES) + 0.5  # a pixel's number names its middle
    return np.asarray(centres_52 / scale_2 - 0.5 + origin_2, dtype=np.float32)


def _nudged(box: Box) -> list[Box]:
    left, top, right, bottom = box
    width = right - left
    return [
        (
            left + (shift_right - growth / 2) * width,
            top + (shift_down - growth / 2) * width,
            right + (shift_right + growth / 2) * width,
            bottom + (shift_down + growth / 2) * width,
        )
        for shift_right, shift_down, growth in _NUDGES
    ]


def _enlarged_crop(
    image_HW3: NDArray[np.uint8], box: Box
) -> tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.float64]]:
    """The face's surroundings at a good size; its left top corner and scale (x, y) in the picture."""
    height, width = image_HW3.shape[:2]
    enlargement = LANDMARK_FACE_PIXELS / (box[2] - box[0])
    if enlargement <= 1.0:
        return image_HW3, np.zeros(2), np.ones(2)
    margin = _CROP_MARGIN * (box[2] - box[0])
    left, top = _clipped(box[0] - margin, width - 1), _clipped(box[1] - margin, height - 1)
    right, bottom = _clipped(box[2] + margin, width), _clipped(box[3] + margin, height)
    crop = Image.fromarray(image_HW3[top : max(bottom, top + 1), left : max(right, left + 1)])
    size = (round(crop.width * enlargement), round(crop.height * enlargement))
    scale_2 = np.array([size[0] / crop.width, size[1] / crop.height])
    enlarged_HW3 = np.asarray(crop.resize(size, Image.Resampling.BILINEAR))
    return enlarged_HW3, np.array([left, top], dtype=np.float64), scale_2


def _clipped(edge: float, limit: int) -> int:
    return min(max(0, int(edge)), limit)
