"""Shapes and colours on arrays of pixels. Legend: H height, W width, 3 red green blue."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from standin.theme import Rgb

Pixels = NDArray[np.uint8]
Coverage = NDArray[np.floating]
_OVERSAMPLING = 4


def tint(pixels_HW3: Pixels, coverage_HW: Coverage, colour: Rgb) -> None:
    """Lays a colour over pixels, as strongly as the coverage (0 to 1) says."""
    below = pixels_HW3.astype(np.float32)
    pixels_HW3[:] = (below + (np.array(colour, np.float32) - below) * coverage_HW[..., None] + 0.5).astype(np.uint8)


def shape(width: int, height: int, paint: Callable[[ImageDraw.ImageDraw, int], None]) -> Coverage:
    """Coverage of what `paint` draws in white; it draws at so many times the size as it is told."""
    large = Image.new("L", (width * _OVERSAMPLING, height * _OVERSAMPLING))
    paint(ImageDraw.Draw(large), _OVERSAMPLING)
    return np.asarray(large.reduce(_OVERSAMPLING), np.float32) / 255


def rounded(
    width: int, height: int, box: tuple[float, float, float, float], radius: float, *, line_pixels: float = 0.0
) -> Coverage:
    """A rectangle (left, top, right, bottom) with round corners; only its outline where `line_pixels` says how thick."""

    def paint(draw: ImageDraw.ImageDraw, times: int) -> None:
        left, top, right, bottom = (edge * times for edge in box)
        corners = (left, top, right - 1, bottom - 1)
        if line_pixels:
            draw.rounded_rectangle(corners, radius * times, outline=255, width=round(line_pixels * times))
        else:
            draw.rounded_rectangle(corners, radius * times, fill=255)

    return shape(width, height, paint)


def filled(width: int, height: int, colour: Rgb) -> Pixels:
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = colour
    return pixels


def blend(first: Rgb, second: Rgb, share: float) -> Rgb:
    """`share` 0: the first, 1: the second."""
    r, g, b = (round(a + (z - a) * share) for a, z in zip(first, second, strict=True))
    return r, g, b
