"""Cuts a face out of a picture, turned upright, from five landmarks.

Coordinates name the middles of pixels. A similarity (turn, scale, shift) of the plane is one complex
multiplication and one addition, which makes its least-squares fit a line of algebra.

Shape letters: H, W rows and columns; S side of a chip; 5 landmarks, 2 coordinates.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

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


def fit_similarity(from_52: NDArray[np.float32], to_52: NDArray[np.float32]) -> tuple[complex, complex]:
    """Factor and shift with `to = factor * from + shift` at least squares, points as x + iy."""
    source, target = (points[:, 0] + 1j * points[:, 1].astype(np.float64) for points in (from_52, to_52))
    centred = source - source.mean()
    factor = np.vdot(centred, target - target.mean()) / np.vdot(centred, centred)
    return complex(factor), complex(target.mean() - factor * source.mean())
