"""Letters and shapes on arrays of pixels. Legend: H height, W width, 3 red green blue."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from standin.theme import Rgb

Pixels = NDArray[np.uint8]
Coverage = NDArray[np.floating]
Align = Literal["left", "middle", "right"]
_ANCHORS = {"left": "ls", "middle": "ms", "right": "rs"}
_OVERSAMPLING = 4


@lru_cache(maxsize=32)
def font(size_pixels: float) -> ImageFont.FreeTypeFont:
    """Aileron, which Pillow carries, so that every machine draws the same letters."""
    loaded = ImageFont.load_default(size_pixels)
    if not isinstance(loaded, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType; install the wheel from PyPI")
    return loaded


def text_width(text: str, size_pixels: float, *, spacing_pixels: float = 0.0) -> float:
    return font(size_pixels).getlength(text) + spacing_pixels * len(text)


def fitting_size(text: str, size_pixels: float, width_pixels: float) -> float:
    """The size at which a text fits: the one wished for, or smaller."""
    width = text_width(text, size_pixels)
    return size_pixels if width <= width_pixels else size_pixels * width_pixels / width


def write(
    pixels_HW3: Pixels,
    text: str,
    size_pixels: float,
    colour: Rgb,
    x: float,
    *,
    align: Align = "left",
    middle: float | None = None,
    spacing_pixels: float = 0.0,
) -> None:
    """Writes one line; its capitals stand around `middle`, half of the height unless told."""
    height, width = pixels_HW3.shape[:2]
    mask = Image.new("L", (width, height))
    letters = font(size_pixels)
    capital = -letters.getbbox("H", anchor="ls")[1]
    baseline = round(((height if middle is None else 2 * middle) + capital) / 2)
    draw = ImageDraw.Draw(mask)
    if spacing_pixels:
        _spaced(draw, text, letters, x - _shift(text, size_pixels, spacing_pixels, align), baseline, spacing_pixels)
    else:
        draw.text((x, baseline), text, fill=255, font=letters, anchor=_ANCHORS[align])
    tint(pixels_HW3, np.asarray(mask, np.float32) / 255, colour)


def _shift(text: str, size_pixels: float, spacing_pixels: float, align: Align) -> float:
    width = text_width(text, size_pixels, spacing_pixels=spacing_pixels) - spacing_pixels
    return {"left": 0.0, "middle": width / 2, "right": width}[align]


def _spaced(
    draw: ImageDraw.ImageDraw, text: str, letters: ImageFont.FreeTypeFont, x: float, baseline: int, spacing: float
) -> None:
    for letter in text:
        draw.text((x, baseline), letter, fill=255, font=letters, anchor="ls")
        x += letters.getlength(letter) + spacing


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
