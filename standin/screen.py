"""The stand-in's screen: a view of the game becomes pixels, and only those that are looked at.

Legend: H height, W width, 3 red green blue.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import NamedTuple, Self

import numpy as np

from creator.profile import Profile
from protocol.device import Region
from standin.backdrop import draw_backdrop
from standin.canvas import Canvas, Pixels
from standin.face_layer import FaceLayer, FacePainter, shot_of
from standin.looks import Looks
from standin.menu_layer import MenuLayer
from standin.pen import rounded, tint
from standin.state import State, View
from standin.theme import THEMES
from standin.wording import Wording

FACE_PIXELS = 256  # rendered so, then scaled to the screen's
_POPUP_SIZE = (340, 112)  # pixels at scale 1, in the middle of the screen


class _Drawn(NamedTuple):
    """The last picture of a menu at rest: whoever waits for something looks at the same one again and again."""

    region: Region
    state: State
    pixels: Pixels

    def shows(self, view: View, region: Region) -> bool:
        state, drawn = view.state, self.state
        return (
            region == self.region
            and state.animation is None
            and state.values is drawn.values
            and (state.cursor, state.popup, state.toggles_on) == (drawn.cursor, drawn.popup, drawn.toggles_on)
        )


class Screen:
    """Draws views of one profile's game. The painter is made when a face is looked at for the first time."""

    def __init__(
        self,
        profile: Profile,
        painter: FacePainter | Callable[[], FacePainter],
        *,
        looks: Looks | None = None,
        shown_rows: Collection[str] = (),
    ) -> None:
        looks = looks or Looks()
        self.scale = looks.scale
        whole = Region(0, 0, profile.screen.width, profile.screen.height).scaled(looks.scale)
        self.width, self.height = whole.width, whole.height
        self._letters = looks.letters
        self._theme, self._wording = THEMES[looks.theme], Wording(profile, looks.language)
        self._confirm = profile.keys.confirm
        self._background = draw_backdrop(profile, looks, self._wording)
        self._menu = MenuLayer(profile, looks, self._wording, self._background)
        self._face_place = profile.screen.face.scaled(looks.scale)
        make = painter if callable(painter) else lambda: painter
        self.face = FaceLayer(profile, make, self._face_place.width, shown_rows)
        self._popup_place = self._centre(*_POPUP_SIZE)
        self._popup = lru_cache(8)(self._draw_popup)
        self._drawn: _Drawn | None = None

    @classmethod
    def with_head(
        cls, profile: Profile, *, looks: Looks | None = None, painter: Callable[[], FacePainter] | None = None
    ) -> Self:
        """The screen with the stand-in's own head; its renderer compiles when a face is looked at first.

        `painter` renders the head elsewhere.
        """
        from standin.look import UNCAPTURED_SLIDERS  # here, since it loads numba, which a game without pictures spares
        from standin.render import HeadRenderer

        make = painter or (lambda: HeadRenderer(FACE_PIXELS))
        return cls(profile, make, looks=looks, shown_rows=UNCAPTURED_SLIDERS)

    def draw(self, view: View, region: Region | None = None, *, face: Pixels | None = None) -> Pixels:
        """The view's pixels HW3 in the region (default: all), a fresh array; `face` stands in for the view's own face."""
        region = region or Region(0, 0, self.width, self.height)
        pixels = self._draw(view, region, face)
        if view.before is not None and view.state.tear is not None:
            row = min(max(round(view.state.tear * self.height) - region.top, 0), region.height)
            pixels[row:] = self._draw(view.before, region, face)[row:]
        return pixels

    def _draw(self, view: View, region: Region, face: Pixels | None) -> Pixels:
        if view.state.is_black:
            return np.zeros((region.height, region.width, 3), np.uint8)
        if self._drawn is not None and self._drawn.shows(view, region):
            return self._drawn.pixels.copy()
        canvas = Canvas(region, self._background[region.top : region.bottom, region.left : region.right].copy())
        self._menu.draw(canvas, view)
        canvas.paste(self._face_place, lambda: self.face.face(shot_of(view)) if face is None else face)
        if (message := view.state.popup) is not None:
            canvas.paste(self._popup_place, lambda: self._popup(message))
        if view.state.animation is None and not canvas.touches(self._face_place):
            self._drawn = _Drawn(region, view.state, canvas.pixels.copy())
        return canvas.pixels

    def _centre(self, width: int, height: int) -> Region:
        at_left, at_top = (self.width - width * self.scale) / 2, (self.height - height * self.scale) / 2
        return Region(round(at_left), round(at_top), round(width * self.scale), round(height * self.scale))

    def _draw_popup(self, message: int) -> Pixels:
        width, height, s, theme = self._popup_place.width, self._popup_place.height, self.scale, self._theme
        pixels = np.empty((height, width, 3), np.uint8)
        pixels[:] = theme.edge
        inside = rounded(width, height, (2 * s, 2 * s, width - 2 * s, height - 2 * s), 3 * s)
        tint(pixels, inside, theme.top)
        headline, line = self._wording.message(message)
        for text, wish, colour, middle in (
            (headline, 16 * s, theme.bright_text, 30 * s),
            (line, 12 * s, theme.text, 54 * s),
        ):
            size = self._letters.fitting_size(text, wish, width - 24 * s)
            self._letters.write(pixels, text, size, colour, width / 2, align="middle", middle=middle)
        self._draw_button(pixels, self._confirm.upper(), 84 * s)
        return pixels

    def _draw_button(self, pixels: Pixels, label: str, middle: float) -> None:
        height, width = pixels.shape[:2]
        half = self._letters.width(label, 11 * self.scale) / 2 + 12 * self.scale
        box = (width / 2 - half, middle - 10 * self.scale, width / 2 + half, middle + 10 * self.scale)
        tint(pixels, rounded(width, height, box, 4 * self.scale), self._theme.accent[0])
        self._letters.write(
            pixels, label, 11 * self.scale, self._theme.bright_text, width / 2, align="middle", middle=middle
        )
