"""Cuts a face out of a picture, turned upright, from five landmarks.

Coordinates name the middles of pixels. A similarity (turn, scale, shift) of the plane is one complex
multiplication and one addition, which makes its least-squares fit a line of algebra.

Shape letters: H, W rows and columns; S side of a chip; 5 landmarks, 2 coordinates.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_OVERSAMPLING = 8


def cut_chip(
    image_HW3: NDArray[np.uint8],
    landmarks_52: NDArray[np.float32],
    wanted_52: NDArray[np.float32],
    side_pixels: int,
) -> NDArray[np.uint8]:
    """Chip (S, S, 3) in which the landmarks lie as near as can be to `wanted_52`; black outside the picture.

    A face larger than the chip is sampled several times a pixel and averaged, so that it does not alias.
    """
    turn, shift = fit_similarity(wanted_52, landmarks_52)
    oversampling = min(MAX_OVERSAMPLING, max(1, math.ceil(abs(turn))))
    step = turn / oversampling
    first_sample = complex(0.5, 0.5) / oversampling - complex(0.5, 0.5)  # of the chip's first pixel
    # Pillow's coordinates name pixels' corners: half a pixel is added on both sides.
    offset = turn * first_sample + shift + complex(0.5, 0.5) - step * complex(0.5, 0.5)
    side = side_pixels * oversampling
    chip = Image.fromarray(image_HW3).transform(
        (side, side),
        Image.Transform.AFFINE,
        (step.real, -step.imag, offset.real, step.imag, step.real, offset.imag),
        Image.Resampling.BILINEAR,
    )
    return np.array(chip.reduce(oversampling) if oversampling > 1 else chip, dtype=np.uint8)


def cut_smooth_chip(
    image_HW3: NDArray[np.uint8],
    landmarks_52: NDArray[np.float32],
    wanted_52: NDArray[np.float32],
    side_pixels: int,
    blur_pixels: float,
) -> NDArray[np.uint8]:
    """Like `cut_chip`, smoothed by a Gaussian of `blur_pixels` of the chip.

    The picture is smoothed before it is sampled, so that once a pixel is enough: half the time of smoothing a chip.
    """
    turn, shift = fit_similarity(wanted_52, landmarks_52)
    part_HW3, left, top = _surroundings(image_HW3, turn, shift, side_pixels, margin=4 * blur_pixels * abs(turn))
    if part_HW3.size == 0:
        return np.zeros((side_pixels, side_pixels, 3), dtype=np.uint8)
    part = Image.fromarray(part_HW3)
    factor = max(1, int(abs(turn)))
    if factor > 1:
        part = part.reduce(factor)
    part = part.filter(ImageFilter.GaussianBlur(blur_pixels * abs(turn) / factor))
    step = turn / factor
    origin = (shift - complex(left, top) + complex(0.5, 0.5)) / factor - step * complex(0.5, 0.5)
    chip = part.transform(
        (side_pixels, side_pixels),
        Image.Transform.AFFINE,
        (step.real, -step.imag, origin.real, step.imag, step.real, origin.imag),
        Image.Resampling.BILINEAR,
    )
    return np.array(chip, dtype=np.uint8)


def _surroundings(
    image_HW3: NDArray[np.uint8], turn: complex, shift: complex, side_pixels: int, margin: float
) -> tuple[NDArray[np.uint8], int, int]:
    """The part of the picture that a chip shows, and some pixels around it; its left and top edge."""
    height, width = image_HW3.shape[:2]
    corners = [turn * complex(x, y) + shift for x in (0, side_pixels) for y in (0, side_pixels)]
    left, right = (edge(corner.real for corner in corners) for edge in (min, max))
    top, bottom = (edge(corner.imag for corner in corners) for edge in (min, max))
    first_column, first_row = (min(max(0, math.floor(edge - margin)), 2**30) for edge in (left, top))
    last_column, last_row = max(0, math.ceil(right + margin)), max(0, math.ceil(bottom + margin))
    part_HW3 = image_HW3[first_row : min(height, last_row), first_column : min(width, last_column)]
    return np.ascontiguousarray(part_HW3), first_column, first_row


def fit_similarity(from_52: NDArray[np.float32], to_52: NDArray[np.float32]) -> tuple[complex, complex]:
    """Factor and shift with `to = factor * from + shift` at least squares, points as x + iy."""
    source, target = (points[:, 0] + 1j * points[:, 1].astype(np.float64) for points in (from_52, to_52))
    centred = source - source.mean()
    factor = np.vdot(centred, target - target.mean()) / np.vdot(centred, centred)
    return complex(factor), complex(target.mean() - factor * source.mean())
