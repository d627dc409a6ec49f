"""A creator's window as a device: what X11 and Windows have in common.

Before every key it is certain that the window is in front and that nobody else uses the machine; after the last one, that no
key stays down. What differs is behind `Desktop`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from agents.errors import TouchedError
from agents.keys import check_key
from agents.touch import Touch, TouchGuard
from protocol.device import Picture, Region, WindowInfo
from protocol.errors import DeviceError, WindowError

_FOCUS_SECONDS = 1.0
_BLACK_SECONDS = 3.0  # a loading screen may be black for so long
_HANDS_OFF_SECONDS, _MOST_WAIT_SECONDS = (
    0.5,
    15.0,
)  # how long nobody must touch the machine, and how long that is waited for
_LOOK_EVERY_SECONDS = 0.02
_BLACK_BELOW = 8  # of 255, for every byte of a picture


class Desktop(Protocol):
    """One window of a window system, its keyboard, its screen, and signs of the person at the machine."""

    @property
    def title(self) -> str:
        """The window's."""

    def press(self, key: str) -> None:
        """Sends a key to whatever window is in front."""

    def release(self, key: str) -> None: ...

    def touches(self) -> Sequence[Touch]:
        """What keyboard and mouse did since the last call that `press` and `release` did not."""

    def place(self) -> Region:
        """The client area, on the screen. Raises GameOverError when the window is gone."""

    def obstacle(self) -> str | None:
        """Why keys would not reach the window now, such as "window 'Chat' is in front"."""

    def cover(self) -> str | None:
        """What hides a part of the window from a grab."""

    def defects(self) -> Sequence[str]:
        """What is wrong with this desktop for good, and what to do about it."""

    def bring_to_front(self) -> None:
        """Asks for it once, also when the window is minimised."""

    def pixels(self, place: Region) -> bytes:
        """RGB of a rectangle of the screen, row by row."""

    def close(self) -> None: ...


class WindowDevice:
    """Implements `protocol.device.Device`. Call `prepare` first."""

    def __init__(self, desktop: Desktop, guard: TouchGuard | None = None) -> None:
        self._desktop = desktop
        self._guard = guard or TouchGuard()
        self._down: set[str] = set()

    def prepare(self) -> None:
        """Brings the window to the front and looks at it; presses nothing.

        Raises DeviceError for a desktop on which no agent can work, WindowError for a window that cannot be seen.
        """
        if defects := self._desktop.defects():
            raise DeviceError("; ".join(defects))
        self._wait_for_hands_off()
        self.focus()
        end = self.now() + _BLACK_SECONDS
        while max(self.grab().rgb, default=0) < _BLACK_BELOW:
            if self.now() > end:
                raise WindowError(
                    f"Window {self._desktop.title!r} shows nothing but black: set the creator to a borderless window, "
                    "not to full screen, and unlock the screen"
                )
            self.wait(_LOOK_EVERY_SECONDS)

    def _wait_for_hands_off(self) -> None:
        """Whoever started us by a key or a click is still at it."""
        quiet_since = started = self.now()
        while self.now() < quiet_since + _HANDS_OFF_SECONDS:
            if self._desktop.touches():
                quiet_since = self.now()
            if quiet_since > started + _MOST_WAIT_SECONDS:
                raise TouchedError("Somebody uses this machine: keep off keyboard and mouse, and start again", None)
            self.wait(_LOOK_EVERY_SECONDS)

    def key_down(self, key: str) -> None:
        if check_key(key) in self._down:
            return
        self._check_alone()
        if (obstacle := self._desktop.obstacle()) is not None:
            raise WindowError(f"Window {self._desktop.title!r} is not in front ({obstacle}); no key was pressed")
        self._down.add(key)
        self._desktop.press(key)

    def key_up(self, key: str) -> None:
        if key in self._down:
            self._desktop.release(key)
            self._down.discard(key)

    def grab(self, region: Region | None = None) -> Picture:
        self._check_alone()
        place = self._desktop.place()
        region = region or Region(0, 0, place.width, place.height)
        if region.left < 0 or region.top < 0 or region.right > place.width or region.bottom > place.height:
            raise ValueError(f"{region} reaches out of the window of {place.width} x {place.height}")
        if (cover := self._desktop.cover()) is not None:
            raise WindowError(f"Window {self._desktop.title!r} is covered ({cover}); put that away")
        there = Region(place.left + region.left, place.top + region.top, region.width, region.height)
        seconds = self.now()
        return Picture(region.width, region.height, self._desktop.pixels(there), seconds)

    def now(self) -> float:
        return time.perf_counter()

    def wait(self, seconds: float) -> None:
        time.sleep(max(seconds, 0.0))

    def window(self) -> WindowInfo:
        place = self._desktop.place()
        return WindowInfo(self._desktop.title, place.width, place.height, self._desktop.obstacle() is None)

    def focus(self) -> None:
        self._check_alone()
        self._desktop.place()  # raises when the creator has ended
        end = self.now() + _FOCUS_SECONDS
        self._desktop.bring_to_front()
        while (obstacle := self._desktop.obstacle()) is not None:
            if self.now() > end:
                raise WindowError(
                    f"Window {self._desktop.title!r} does not come to the front ({obstacle}): click on it, and close what "
                    "takes the keyboard"
                )
            self.wait(_LOOK_EVERY_SECONDS)

    def close(self) -> None:
        """Releases every key and what the desktop holds."""
        for key in list(self._down):
            with suppress(DeviceError):
                self.key_up(key)
        self._desktop.close()

    def _check_alone(self) -> None:
        self._guard.note(self._desktop.touches(), self.now())
        self._guard.check(self.now())
