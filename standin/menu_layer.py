"""Tabs, title and list of the stand-in's screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from creator.menu import Cursor, Menu
from creator.profile import Profile
from protocol.device import Region
from standin.canvas import Canvas
from standin.looks import Looks
from standin.pen import Pixels, rounded, tint
from standin.rows import Line, RowPainter
from standin.state import State, View
from standin.theme import THEMES
from standin.wording import Wording

_SLIDE_PIXELS = 28.0  # how far a list slides while it fades, at scale 1


class MenuLayer:
    """Draws the menu of a view onto a canvas, on the background that it is given."""

    def __init__(self, profile: Profile, looks: Looks, wording: Wording, background: Pixels) -> None:
        self._menu, self._wording = Menu(profile), wording
        self._theme, self._scale = THEMES[looks.theme], looks.scale
        self._rows = RowPainter(profile, looks, wording)
        self._letters, self._jitter = looks.letters, looks.jitter
        screen = profile.screen
        self._tabs, self._title = (region.scaled(looks.scale) for region in (screen.tabs, screen.title))
        self._list = self._moved(screen.list)
        self._slots = [
            self._moved(Region(screen.list.left, top, screen.list.width, screen.row_height))
            for top in range(screen.list.top, screen.list.bottom - screen.row_height + 1, screen.row_height)
        ]
        self._background = background
        self._tabs_of = lru_cache(64)(self._draw_tabs)
        self._title_of = lru_cache(256)(self._draw_title)

    def _moved(self, place: Region) -> Region:
        """The list, or one of its lines, where this seed puts it."""
        scaled = place.scaled(self._scale)
        return replace(scaled, left=scaled.left + round(self._scale * self._jitter.list_pixels))

    def draw(self, canvas: Canvas, view: View) -> None:
        animation = view.state.animation
        share = 1.0 if animation is None else animation.progress(view.tick)
        if animation is None or share >= 1:
            self._draw_still(canvas, view.state, view.state.cursor)
        elif share <= 0:
            self._draw_still(canvas, view.state, animation.before)
        else:
            self._draw_moving(canvas, view.state, animation.before, share)

    def _draw_still(self, canvas: Canvas, state: State, cursor: Cursor) -> None:
        canvas.paste(self._tabs, lambda: self._tabs_of(cursor.page))
        canvas.paste(self._title, lambda: self._title_of(self._title_text(cursor)))
        if not canvas.touches(self._list):
            return
        for at, (slot, line) in enumerate(zip(self._slots, self._lines(state, cursor), strict=False)):
            if canvas.touches(slot):
                is_highlighted = at == (cursor.section if cursor.row is None else cursor.row)
                canvas.paste(slot, self._painted(line, is_highlighted, slot.height))

    def _painted(self, line: Callable[[], Line], is_highlighted: bool, height: int) -> Callable[[], Pixels]:
        """At odd scales a slot may be a pixel lower or higher than the line drawn for it."""

        def paint() -> Pixels:
            pixels = self._rows.draw(line(), is_highlighted)
            if height > len(pixels):
                pixels = np.concatenate([pixels, pixels[-1:]])
            return pixels[:height]

        return paint

    def _lines(self, state: State, cursor: Cursor) -> list[Callable[[], Line]]:
        """What stands in the slots, not yet worded."""
        if cursor.row is None:
            sections = self._menu.page(cursor).sections
            return [lambda section=section: self._rows.section_line(section.label) for section in sections]  # type: ignore[misc]
        rows = self._menu.visible_rows(self._menu.section(cursor), state.toggles_on)
        return [lambda row=row: self._rows.row_line(row, state.values) for row in rows]  # type: ignore[misc]

    def _draw_moving(self, canvas: Canvas, state: State, before: Cursor, share: float) -> None:
        """The old list goes out to one side while the new one comes in from the other."""
        eased = share * share * (3 - 2 * share)
        first, second = (self._still_pictures(state, cursor) for cursor in (before, state.cursor))
        for place in (self._tabs, self._title):
            if canvas.touches(place):
                canvas.paste(place, _constant(_mix(first.crop(place), second.crop(place), eased)))
        if canvas.touches(self._list):
            forward = 1 if (state.cursor.row is not None or state.cursor.page != before.page) else -1
            slide = forward * _SLIDE_PIXELS * self._scale
            empty = self._crop(self._list)
            leaving = _slid(first.crop(self._list), empty, -slide * eased)
            coming = _slid(second.crop(self._list), empty, slide * (1 - eased))
            fading = _mix(leaving, empty, min(1.0, 2 * eased))
            canvas.paste(self._list, _constant(_mix(fading, coming, max(0.0, 2 * eased - 1))))

    def _still_pictures(self, state: State, cursor: Cursor) -> Canvas:
        height, width = self._background.shape[:2]
        canvas = Canvas(Region(0, 0, width, height), self._background.copy())
        self._draw_still(canvas, state, cursor)
        return canvas

    def _crop(self, place: Region) -> Pixels:
        return self._background[place.top : place.bottom, place.left : place.right]

    def _title_text(self, cursor: Cursor) -> str:
        section = None if cursor.row is None else self._menu.section(cursor).label
        return self._wording.title(self._menu.page(cursor).label, section)

    def _draw_title(self, text: str) -> Pixels:
        pixels = self._crop(self._title).copy()
        x, y = (self._scale * pixels for pixels in self._jitter.title_pixels)
        size = self._letters.fitting_size(text, self._title.height * 0.8, self._title.width - x)
        self._letters.write(pixels, text, size, self._theme.bright_text, x, middle=self._title.height / 2 + y)
        return pixels

    def _draw_tabs(self, current: int) -> Pixels:
        pixels = self._crop(self._tabs).copy()
        pages, height = self._menu.profile.pages, self._tabs.height
        edges = [round(at * self._tabs.width / len(pages)) for at in range(len(pages) + 1)]
        for at, page in enumerate(pages):
            self._draw_tab(pixels[:, edges[at] : edges[at + 1]], self._wording.label(page.label), at == current, height)
        return pixels

    def _draw_tab(self, pixels: Pixels, label: str, is_current: bool, height: int) -> None:
        width, s = pixels.shape[1], self._scale
        if is_current:
            box = (1 * s, 0, width - 1 * s, height)
            tint(pixels, rounded(width, height, box, 4 * s), self._theme.accent[0])
        colour = self._theme.bright_text if is_current else self._theme.faint_text
        size = self._letters.fitting_size(label, height * 0.58, width - 8 * s)
        self._letters.write(pixels, label, size, colour, width / 2, align="middle")


def _constant(pixels: Pixels) -> Callable[[], Pixels]:
    return lambda: pixels


def _mix(first: Pixels, second: Pixels, share: float) -> Pixels:
    if share <= 0 or share >= 1:
        return second if share >= 1 else first
    mixed = first * np.float32(1 - share) + second * np.float32(share) + np.float32(0.5)
    return mixed.astype(np.uint8)


def _slid(pixels: Pixels, behind: Pixels, by_pixels: float) -> Pixels:
    """Moved to the right (or left where negative); `behind` shows where it went away from."""
    by = round(by_pixels)
    if by == 0:
        return pixels
    slid = behind.copy()
    if by > 0:
        slid[:, by:] = pixels[:, :-by]
    else:
        slid[:, :by] = pixels[:, -by:]
    return slid
