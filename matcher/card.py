"""The sheet as one picture to keep or to send: the character, what the match is worth, and every row to set.

Shapes: H, W rows and columns of pixels.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from PIL import Image, ImageDraw, ImageFont

from creator.profile import Profile
from matcher.preview import Preview
from matcher.sheet_lines import SheetLine, SheetSection, sheet_sections
from protocol.character import Character

_WIDTH, _MARGIN, _GUTTER = 1600, 48, 32
_PICTURE, _HEAD = 320, 416
_ROW, _SECTION = 32, 52
_NUM_COLUMNS = 3
_BAR = 96
_GROUND, _LINE, _TRACK = "#23292b", "#333b3d", "#4a5456"
_INK, _MUTED, _FILL = "#e8ecea", "#9aa7a4", "#6cc5ad"


@dataclass(frozen=True, slots=True)
class CardText:
    """What stands beside the picture: a title, one sentence, and short lines of figures."""

    title: str
    sentence: str = ""
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Fonts:
    title: ImageFont.FreeTypeFont
    text: ImageFont.FreeTypeFont
    row: ImageFont.FreeTypeFont
    value: ImageFont.FreeTypeFont
    small: ImageFont.FreeTypeFont


def card_png(
    profile: Profile,
    character: Character,
    text: CardText,
    *,
    preview: Preview | None = None,
    before: Character | None = None,
) -> bytes:
    """A PNG, 1600 pixels wide and as high as the sheet needs."""
    columns = _columns(sheet_sections(profile, character, before))
    height = _HEAD + max(sum(map(_height, column)) for column in columns) + _MARGIN
    image = Image.new("RGB", (_WIDTH, height), _GROUND)
    pen, fonts = ImageDraw.Draw(image), _open_fonts()
    _draw_head(image, pen, fonts, text, preview)
    width = (_WIDTH - 2 * _MARGIN - (_NUM_COLUMNS - 1) * _GUTTER) // _NUM_COLUMNS
    for number, column in enumerate(columns):
        _draw_column(pen, fonts, column, _MARGIN + number * (width + _GUTTER), width)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _open_fonts() -> _Fonts:
    regular, bold = (files("matcher").joinpath(f"fonts/NotoSans-{cut}.ttf").read_bytes() for cut in ("Regular", "Bold"))

    def font(content: bytes, pixels: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(io.BytesIO(content), pixels)

    return _Fonts(font(bold, 52), font(regular, 30), font(regular, 20), font(bold, 20), font(regular, 17))


def _height(section: SheetSection) -> int:
    return _SECTION + _ROW * len(section.lines)


def _columns(sections: Sequence[SheetSection]) -> list[list[SheetSection]]:
    """Sections in menu order, column after column, so that the highest column is as low as can be."""
    heights = [_height(section) for section in sections]
    low, high = max(heights), sum(heights)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(_filled(sections, middle)) <= _NUM_COLUMNS else (middle + 1, high)
    return _filled(sections, low)


def _filled(sections: Sequence[SheetSection], limit: int) -> list[list[SheetSection]]:
    columns: list[list[SheetSection]] = [[]]
    for section in sections:
        if columns[-1] and sum(map(_height, columns[-1])) + _height(section) > limit:
            columns.append([])
        columns[-1].append(section)
    return columns


def _draw_head(
    image: Image.Image, pen: ImageDraw.ImageDraw, fonts: _Fonts, text: CardText, preview: Preview | None
) -> None:
    left = _MARGIN
    if preview is not None:
        picture = Image.open(io.BytesIO(preview.image)).convert("RGB")
        image.paste(picture.resize((_PICTURE, _PICTURE), Image.Resampling.LANCZOS), (left, _MARGIN))
        left += _PICTURE + _GUTTER
    top, width = _MARGIN - 12, _WIDTH - _MARGIN - left
    for line in _wrapped(text.title, fonts.title, width):
        pen.text((left, top), line, _INK, fonts.title)
        top += 60
    top += 20
    for line in _wrapped(text.sentence, fonts.text, width):
        pen.text((left, top), line, _INK, fonts.text)
        top += 42
    for line in (part for figures in text.figures for part in _wrapped(figures, fonts.row, width)):
        top += 8
        pen.text((left, top), line, _MUTED, fonts.row)
        top += 24
    if preview is not None:
        pen.text((left, _MARGIN + _PICTURE - 22), preview.label, _MUTED, fonts.small)


def _wrapped(sentence: str, font: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    line = ""
    for word in (part for whole in sentence.split() for part in _parts(whole, font, width)):
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > width:
            yield line
            longer = word
        line = longer
    if line:
        yield line


def _parts(word: str, font: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    """A word that is wider than a line, in as many pieces as it needs."""
    start = 0
    for end in range(1, len(word)):
        if font.getlength(word[start : end + 1]) > width:
            yield word[start:end]
            start = end
    yield word[start:]


def _draw_column(
    pen: ImageDraw.ImageDraw, fonts: _Fonts, sections: Sequence[SheetSection], left: int, width: int
) -> None:
    top = _HEAD
    for section in sections:
        heading = f"{section.page} › {section.section}"
        pen.text((left, top + 12), heading, _FILL, fonts.value)
        pen.line((left, top + _SECTION - 6, left + width, top + _SECTION - 6), _TRACK)
        top += _SECTION
        for line in section.lines:
            _draw_line(pen, fonts, line, left, top, width)
            top += _ROW


def _draw_line(pen: ImageDraw.ImageDraw, fonts: _Fonts, line: SheetLine, left: int, top: int, width: int) -> None:
    right, middle = left + width, top + _ROW // 2
    pen.text((left, middle), line.label, _INK, fonts.row, anchor="lm")
    value, hint = (
        text.replace("\N{MINUS SIGN}", "\N{EN DASH}") for text in (line.value, line.hint)
    )  # the font lacks it
    pen.text((right, middle), value, _INK, fonts.value, anchor="rm")
    is_slider = line.at is not None and line.origin is not None
    pen.text((right - (_BAR + 72 if is_slider else 64), middle), hint, _MUTED, fonts.small, anchor="rm")
    if line.at is not None and line.origin is not None:
        _draw_bar(pen, line.at, line.origin, right - 64 - _BAR, right - 64, middle)
    pen.line((left, top + _ROW - 1, right, top + _ROW - 1), _LINE)


def _draw_bar(pen: ImageDraw.ImageDraw, at: float, origin: float, left: int, right: int, middle: int) -> None:
    place, start = (round(left + share * (right - left)) for share in (at, origin))
    pen.rectangle((left, middle - 1, right, middle), _TRACK)
    pen.rectangle((min(place, start), middle - 2, max(place, start), middle + 1), _FILL)
    pen.rectangle((place - 2, middle - 6, place + 1, middle + 5), _INK)
