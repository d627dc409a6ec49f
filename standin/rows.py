"""Draws the lines of the list: label, a slider's bar or a toggle's switch, number or name. Every part is drawn once and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import ImageDraw

from creator.profile import Profile, Row
from standin.looks import Looks
from standin.pen import Coverage, Pixels, blend, filled, rounded, shape, tint
from standin.settings import Values
from standin.theme import THEMES, Rgb
from standin.wording import Wording

_BAR_MARGIN = 8.0  # pixels at scale 1 between the bar and its neighbours


class Line(NamedTuple):
    """What one line of the list shows. `share` places a bar's mark, 0 left to 1 right; `zero` the bar's root."""

    label: str
    kind: str  # a row's kind, "section", or "name": a choice whose name may take the place of the bar too
    value: str = ""
    share: float = 0.0
    zero: float = 0.0


class RowPainter:
    """Lines of one size, theme and language."""

    def __init__(self, profile: Profile, looks: Looks, wording: Wording) -> None:
        self._wording = wording
        self._theme = THEMES[looks.theme]
        self._scale = looks.scale
        screen = profile.screen
        self.width = screen.list.scaled(looks.scale).width
        self.height = round(screen.row_height * looks.scale)
        self._cells = [
            round(x * looks.scale) for x in (screen.name_left, screen.name_right, screen.value_left, screen.value_right)
        ]
        jitter = looks.jitter
        self._letters = looks.letters
        self._size = self.height * jitter.text_share
        self._text_middle = self.height / 2 + looks.scale * jitter.lift_pixels
        self._indent = round(looks.scale * jitter.indent_pixels)
        self._inset = round(looks.scale * jitter.value_inset_pixels)
        self._half_track = looks.scale * jitter.bar_pixels / 2
        self._base = lru_cache(512)(self._draw_base)
        self._sign = lru_cache(1024)(self._draw_sign)
        self._value = lru_cache(1024)(self._draw_value)

    def section_line(self, label: str) -> Line:
        return Line(self._wording.label(label), "section")

    def row_line(self, row: Row, values: Values) -> Line:
        label, value = self._wording.label(row.label), self._wording.value(row, values)
        if row.kind == "slider":
            span = row.maximum - row.minimum
            return Line(label, row.kind, value, (values[row.name] - row.minimum) / span, max(0.0, -row.minimum / span))
        if row.kind == "choice":
            return Line(label, "choice" if row.is_captured else "name", value)
        return Line(label, row.kind, value, float(values.get(row.name, 0.0)))

    def draw(self, line: Line, is_highlighted: bool) -> Pixels:
        """The line's whole width."""
        pixels = self._base(line.label, line.kind, is_highlighted).copy()
        _, name_right, value_left, value_right = self._cells
        if line.kind in ("slider", "toggle"):
            pixels[:, name_right:value_left] = self._sign(line.kind, line.share, line.zero, is_highlighted)
        if line.kind != "section":
            left = name_right if line.kind == "name" else value_left
            pixels[:, left:value_right] = self._value(line.value, left, is_highlighted)
        return pixels

    def empty(self) -> Pixels:
        return filled(self.width, self.height, self._theme.panel)

    def _ground(self, is_highlighted: bool) -> Pixels:
        if not is_highlighted:
            return self.empty()
        left, right = (np.array(colour, np.float32) for colour in self._theme.accent)
        share_W1 = np.linspace(0, 1, self.width, dtype=np.float32)[:, None]
        across_W3 = (left + (right - left) * share_W1 + 0.5).astype(np.uint8)
        return np.repeat(across_W3[None], self.height, axis=0)

    def _draw_base(self, label: str, kind: str, is_highlighted: bool) -> Pixels:
        pixels = self._ground(is_highlighted)
        left, right = self._cells[0] + self._indent, self._cells[1]
        colour = self._theme.bright_text if is_highlighted else self._theme.text
        size = self._letters.fitting_size(label, self._size, right - left)
        cell = pixels[:, left:right]
        self._letters.write(cell, label, size, colour, 0, middle=self._text_middle)
        if kind == "section":
            self._draw_chevron(pixels, is_highlighted)
        return pixels

    def _draw_chevron(self, pixels: Pixels, is_highlighted: bool) -> None:
        x, y, reach = self._cells[2] - 10 * self._scale, self.height / 2, 3.5 * self._scale

        def paint(draw: ImageDraw.ImageDraw, times: int) -> None:
            points = [
                ((x + dx * reach) * times, (y + dy * reach) * times) for dx, dy in ((-0.6, -1), (0.4, 0), (-0.6, 1))
            ]
            draw.line(points, fill=255, width=round(1.3 * self._scale * times), joint="curve")

        tint(pixels, shape(self.width, self.height, paint), self._mark_colour(is_highlighted))

    def _mark_colour(self, is_highlighted: bool) -> Rgb:
        return self._theme.on_accent if is_highlighted else self._theme.edge

    def _draw_value(self, text: str, left: int, is_highlighted: bool) -> Pixels:
        right = self._cells[3]
        pixels = self._ground(is_highlighted)[:, left:right].copy()
        colour = self._theme.bright_text if is_highlighted else self._theme.text
        width = right - left - self._inset
        size = self._letters.fitting_size(text, self._size, width - 2 * self._scale)
        self._letters.write(pixels, text, size, colour, width, align="right", middle=self._text_middle)
        return pixels

    def _draw_sign(self, kind: str, share: float, zero: float, is_highlighted: bool) -> Pixels:
        left, right = self._cells[1:3]
        pixels = self._ground(is_highlighted)[:, left:right].copy()
        if kind == "slider":
            self._draw_bar(pixels, share, zero, is_highlighted)
        else:
            self._draw_switch(pixels, share > 0, is_highlighted)
        return pixels

    def _draw_bar(self, pixels: Pixels, share: float, zero: float, is_highlighted: bool) -> None:
        height, width = pixels.shape[:2]
        start, end, middle, s = _BAR_MARGIN * self._scale, width - _BAR_MARGIN * self._scale, height / 2, self._scale
        at, half = start + (end - start) * share, self._half_track
        track = blend(self._theme.accent[1], (0, 0, 0), 0.35) if is_highlighted else self._theme.track
        tint(pixels, rounded(width, height, (start, middle - half, end, middle + half), half), track)
        root = start + (end - start) * zero
        low, high = min(root, at), max(root, at)
        tint(pixels, _box(width, height, (low, middle - half, high, middle + half)), self._bar(is_highlighted))
        tint(pixels, _box(width, height, (root - 0.5 * s, middle - 4 * s, root + 0.5 * s, middle + 4 * s)), track)
        tint(pixels, _disc(width, height, at, middle, 3.6 * s), self._bar(is_highlighted))

    def _bar(self, is_highlighted: bool) -> Rgb:
        return self._theme.on_accent if is_highlighted else self._theme.bar

    def _draw_switch(self, pixels: Pixels, is_on: bool, is_highlighted: bool) -> None:
        height, width = pixels.shape[:2]
        s, middle = self._scale, height / 2
        right = width - _BAR_MARGIN * s
        box = (right - 22 * s, middle - 5.5 * s, right, middle + 5.5 * s)
        body = self._bar(is_highlighted) if is_on else self._theme.track
        tint(pixels, rounded(width, height, box, 5.5 * s), body)
        knob = self._theme.panel if is_on else self._theme.faint_text
        tint(pixels, _disc(width, height, right - 5.5 * s if is_on else right - 16.5 * s, middle, 3.8 * s), knob)


def _box(width: int, height: int, box: tuple[float, float, float, float]) -> Coverage:
    """Exact coverage of an upright rectangle with fractional edges."""
    left, top, right, bottom = box
    x_W, y_H = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    across_W = np.clip(np.minimum(x_W + 1, right) - np.maximum(x_W, left), 0, 1)
    down_H = np.clip(np.minimum(y_H + 1, bottom) - np.maximum(y_H, top), 0, 1)
    return np.asarray(down_H[:, None] * across_W[None], np.float32)


def _disc(width: int, height: int, x: float, y: float, radius: float) -> Coverage:
    """Smooth-edged disc."""
    x_W = np.arange(width, dtype=np.float32) + 0.5 - x
    y_H = np.arange(height, dtype=np.float32) + 0.5 - y
    distance_HW = np.sqrt(y_H[:, None] ** 2 + x_W[None] ** 2)
    return np.asarray(np.clip(radius + 0.5 - distance_HW, 0, 1), np.float32)
