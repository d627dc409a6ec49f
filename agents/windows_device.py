"""A creator's window on Windows: scan codes by pydirectinput, pixels by mss, the window by user32.

pydirectinput and user32 exist on Windows only and are loaded when a device is made. Its own pauses are off: every hold and gap
is the caller's, since a key that is pressed and released at once is missed by a game that polls once a frame.
"""

from __future__ import annotations

import ctypes
import importlib
import sys
import time
from typing import Any

from agents.keys import check_key
from protocol.device import Picture, Region, WindowInfo
from protocol.errors import DeviceError, GameOverError, WindowError

_FOCUS_SECONDS = 1.0
_LOOK_EVERY_SECONDS = 0.02
_SHOW_NORMAL = 9  # SW_RESTORE


class _Rect(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("left", "top", "right", "bottom")]


class _Point(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("x", "y")]


class WindowsDevice:
    """Finds the window by its exact title when it is made. Raises WindowError when it is not there."""

    def __init__(self, title: str) -> None:
        _check_platform(sys.platform)
        self._screen = _load("mss").MSS()  # first: it makes the process aware of the screen's DPI
        self._keyboard = _load("pydirectinput")
        self._keyboard.PAUSE = 0
        self._keyboard.FAILSAFE = False  # the caller watches for the person at the machine
        self._user32 = _load("ctypes").windll.user32
        self._title = title
        self._down: set[str] = set()
        self._window = self._user32.FindWindowW(None, title)
        if not self._window:
            raise WindowError(f"No window is called {title!r}; start the creator, or correct the profile's title")

    def key_down(self, key: str) -> None:
        """Scan codes reach whatever window is in front, so nothing is sent unless that is the creator's."""
        if check_key(key) in self._down:
            return
        if not self._is_in_front():
            raise WindowError(f"Window {self._title!r} is not in front; no key was pressed")
        self._keyboard.keyDown(key)
        self._down.add(key)

    def key_up(self, key: str) -> None:
        if key in self._down:
            self._down.discard(key)
            self._keyboard.keyUp(key)

    def grab(self, region: Region | None = None) -> Picture:
        left, top, width, height = self._place()
        region = region or Region(0, 0, width, height)
        place = {
            "left": left + region.left,
            "top": top + region.top,
            "width": region.width,
            "height": region.height,
        }
        seconds = self.now()
        return Picture(region.width, region.height, bytes(self._screen.grab(place).rgb), seconds)

    def now(self) -> float:
        return time.perf_counter()

    def wait(self, seconds: float) -> None:
        time.sleep(max(seconds, 0.0))

    def window(self) -> WindowInfo:
        _, _, width, height = self._place()
        return WindowInfo(self._title, width, height, self._is_in_front())

    def focus(self) -> None:
        self._place()
        if self._user32.IsIconic(self._window):
            self._user32.ShowWindow(self._window, _SHOW_NORMAL)
        self._user32.SetForegroundWindow(self._window)
        end = self.now() + _FOCUS_SECONDS
        while not self._is_in_front():
            if self.now() > end:
                raise WindowError(
                    f"Windows does not let {self._title!r} come to the front; click on it, or start the agent elevated "
                    "if the creator is"
                )
            self.wait(_LOOK_EVERY_SECONDS)

    def close(self) -> None:
        for key in list(self._down):
            self.key_up(key)
        self._screen.close()

    def _is_in_front(self) -> bool:
        return bool(self._user32.GetForegroundWindow() == self._window)

    def _place(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the client area on the screen."""
        rect, corner = _Rect(), _Point()
        if not self._user32.GetClientRect(self._window, ctypes.byref(rect)):
            raise GameOverError(f"Window {self._title!r} is gone: the creator has ended; start it again")
        self._user32.ClientToScreen(self._window, ctypes.byref(corner))
        return corner.x, corner.y, rect.right, rect.bottom


def _check_platform(platform: str) -> None:
    if platform != "win32":
        raise DeviceError(f"Windows devices work on Windows only, this is {platform}: choose x11 or standin")


def _load(name: str) -> Any:
    """A module that type checkers on other systems do not know."""
    return importlib.import_module(name)
