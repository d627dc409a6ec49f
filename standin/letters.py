"""Text on arrays of pixels, in one of the typefaces that come along. Legend: H height, W width, 3 red green blue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from standin.pen import Pixels, tint
from standin.theme import Rgb

Align = Literal["left", "middle", "right"]
LATIN_TYPEFACE = "aileron"  # Pillow carries it, so that every machine draws the same letters; it knows Latin only
WIDE_TYPEFACES = ("sans", "serif", "sans_bold")  # standin/fonts: Latin and Japanese
_ANCHORS = {"left": "ls", "middle": "ms", "right": "rs"}
_FOLDER = Path(__file__).parent / "fonts"


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes in one typeface."""

    typeface: str = LATIN_TYPEFACE

    def width(self, text: str, size_pixels: float, *, spacing_pixels: float = 0.0) -> float:
        return _font(self.typeface, size_pixels).getlength(text) + spacing_pixels * len(text)

    def fitting_size(self, text: str, size_pixels: float, width_pixels: float) -> float:
        """The size at which a text fits: the one wished for, or smaller."""
        width = self.width(text, size_pixels)
        return size_pixels if width <= width_pixels else size_pixels * width_pixels / width

    def write(
        self,
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
        font = _font(self.typeface, size_pixels)
        capital = -font.getbbox("H", anchor="ls")[1]
        baseline = round(((height if middle is None else 2 * middle) + capital) / 2)
        draw = ImageDraw.Draw(mask)
        if spacing_pixels:
            left = x - self._shift(text, size_pixels, spacing_pixels, align)
            _spaced(draw, text, font, left, baseline, spacing_pixels)
        else:
            draw.text((x, baseline), text, fill=255, font=font, anchor=_ANCHORS[align])
        tint(pixels_HW3, np.asarray(mask, np.float32) / 255, colour)

    def _shift(self, text: str, size_pixels: float, spacing_pixels: float, align: Align) -> float:
        width = self.width(text, size_pixels, spacing_pixels=spacing_pixels) - spacing_pixels
        return {"left": 0.0, "middle": width / 2, "right": width}[align]


@lru_cache(maxsize=64)
def _font(typeface: str, size_pixels: float) -> ImageFont.FreeTypeFont:
    if typeface == LATIN_TYPEFACE:
        loaded = ImageFont.load_default(size_pixels)
        if not isinstance(loaded, ImageFont.FreeTypeFont):
            raise RuntimeError("Pillow was built without FreeType; install the wheel from PyPI")
        return loaded
    return ImageFont.truetype(BytesIO(_data(typeface)), size_pixels, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=len(WIDE_TYPEFACES))
def _data(typeface: str) -> bytes:
    """Read at once: FreeType holds files open, and cannot open some paths on Windows."""
    return (_FOLDER / f"{typeface}.otf").read_bytes()


def _spaced(
    draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, x: float, baseline: int, spacing: float
) -> None:
    for letter in text:
        draw.text((x, baseline), letter, fill=255, font=font, anchor="ls")
        x += font.getlength(letter) + spacing
