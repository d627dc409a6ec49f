"""The stand-in game in memory, on a clock that goes as fast as its agent: a whole outside world for `protocol.device`."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from protocol.device import Picture, Region, WindowInfo
from standin.game import Game
from standin.state import View
from standin.truth_log import TruthLog

Pixels = NDArray[np.uint8]
DESKTOP_RGB = (58, 62, 70)  # what a grab shows where the window is not
_ROUNDING_FRAMES = 1e-6  # waits of 1/60 s shall not lose a frame to rounding


class Drawing(Protocol):
    """What draws views, `standin.screen.Screen` for one."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def scale(self) -> float: ...

    def draw(self, view: View, region: Region | None = None) -> Pixels: ...


class MemoryDevice:
    """Time passes in `wait` only, in whole frames; what is left over counts at the next wait. Grabbing takes no time.

    A lost focus swallows keys silently, as an operating system does; `window()` tells. A moved window shifts grabs until
    `focus()` finds it again. `logs_only_seen` keeps the truth log to what is grabbed: hours of capture in megabytes.
    After a crash everything but `now`, `wait` and `close` raises GameOverError.
    """

    def __init__(
        self, game: Game, screen: Drawing, *, truth_log: str | Path | None = None, logs_only_seen: bool = False
    ) -> None:
        self._game = game
        self._screen = screen
        self._waited_frames = 0.0
        self._keys: set[str] = set()
        self._log = None if truth_log is None else TruthLog.record(game, truth_log, only_seen=logs_only_seen)

    def key_down(self, key: str) -> None:
        self._game.key_down(key)
        self._keys.add(key)

    def key_up(self, key: str) -> None:
        self._game.key_up(key)
        self._keys.discard(key)

    def grab(self, region: Region | None = None) -> Picture:
        """Raises ValueError for a region that reaches out of the window."""
        self._game.check_running()
        place = region or Region(0, 0, self._screen.width, self._screen.height)
        pixels = self._seen(self._game.view(), place)
        if self._log is not None:
            self._log.seen(self._game.frame)
        return Picture(place.width, place.height, pixels.tobytes(), self.now())

    def now(self) -> float:
        return self._game.seconds

    def wait(self, seconds: float) -> None:
        self._waited_frames += max(0.0, seconds) * self._game.rules.frames_per_second
        num_frames = int(self._waited_frames + _ROUNDING_FRAMES)
        self._waited_frames -= num_frames
        self._game.advance(num_frames)

    def window(self) -> WindowInfo:
        self._game.check_running()
        in_front = self._game.state.is_in_front
        return WindowInfo(self._game.profile.title, self._screen.width, self._screen.height, in_front)

    def focus(self) -> None:
        self._game.focus()

    def close(self) -> None:
        """Releases keys and closes the truth log."""
        if not self._game.state.is_over:
            for key in self._keys:
                self._game.key_up(key)
        self._keys.clear()
        if self._log is not None:
            self._log.close()

    def _seen(self, view: View, place: Region) -> Pixels:
        if place.left < 0 or place.top < 0 or place.right > self._screen.width or place.bottom > self._screen.height:
            raise ValueError(f"{place} reaches out of the window of {self._screen.width} x {self._screen.height}")
        if view.state.offset_pixels == (0, 0):
            return self._screen.draw(view, place)
        return self._shifted(view, place)

    def _shifted(self, view: View, place: Region) -> Pixels:
        """Where the window used to be: the picture stands elsewhere, the desktop shows."""
        x, y = (round(pixels * self._screen.scale) for pixels in view.state.offset_pixels)
        left, right = (min(max(at - x, 0), self._screen.width) for at in (place.left, place.right))
        top, bottom = (min(max(at - y, 0), self._screen.height) for at in (place.top, place.bottom))
        pixels = np.full((place.height, place.width, 3), DESKTOP_RGB, np.uint8)
        if left < right and top < bottom:
            drawn = self._screen.draw(view, Region(left, top, right - left, bottom - top))
            row, column = top + y - place.top, left + x - place.left
            pixels[row : row + drawn.shape[0], column : column + drawn.shape[1]] = drawn
        return pixels
