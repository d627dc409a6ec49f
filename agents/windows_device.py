"""A creator's window on Windows: scan codes by pydirectinput, pixels by mss, the window by user32.

pydirectinput and user32 exist on Windows only and are loaded when a device is made. Its own pauses are off: every hold and gap
is the caller's, since a key that is pressed and released at once is missed by a game that polls once a frame.
"""

from __future__ import annotations

import ctypes
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from agents.keys import windows_code
from agents.touch import Touch, TouchGuard
from agents.window_device import WindowDevice
from agents.windows_facts import defects, desktop_facts
from agents.windows_watch import WATCHED_CODES, InputFacts, InputWatch
from protocol.device import Region
from protocol.errors import DeviceError, GameOverError, WindowError

_SHOW_NORMAL = 9  # SW_RESTORE
_ROOT_WINDOW = 2  # GA_ROOT
_IS_DOWN = 0x8000
_PROBES = (0.02, 0.5, 0.98)  # of width and height: where it is looked whether something lies over the window
_TITLE_CHARACTERS = 256


class _Rect(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("left", "top", "right", "bottom")]


class _Point(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("x", "y")]


class _LastInput(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint), ("tick", ctypes.c_uint)]


def open_windows_device(title: str, *, guard: TouchGuard | None = None) -> WindowDevice:
    """The window of exactly that title. Raises DeviceError elsewhere than on Windows, WindowError when it is not there."""
    device = WindowDevice(WindowsDesktop(title), guard)
    device.prepare()
    return device


class WindowsDesktop:
    """Implements `agents.window_device.Desktop`."""

    def __init__(self, title: str) -> None:
        _check_platform(sys.platform)
        self._screen = _load("mss").MSS()  # first: it makes the process aware of the screen's DPI
        self._keyboard = _load("pydirectinput")
        self._keyboard.PAUSE = 0
        self._keyboard.FAILSAFE = False  # the pointer may rest in a corner; the watch sees it move
        self._user32 = _user32()
        self._kernel32 = _load("ctypes").WinDLL("kernel32")
        self.title = title
        self._window = self._user32.FindWindowW(None, title)
        if not self._window:
            raise WindowError(f"No window is called {title!r}; start the creator, or correct the profile's title")
        self._watch = InputWatch(self._input_facts())

    def press(self, key: str) -> None:
        if not self._keyboard.keyDown(key):
            raise DeviceError(
                f"Windows did not take the key {key!r}: is the screen locked, or a question of its own open?"
            )
        self._watch.sent(windows_code(key), self._tick(), is_press=True)

    def release(self, key: str) -> None:
        self._keyboard.keyUp(key)
        self._watch.sent(windows_code(key), self._tick(), is_press=False)

    def touches(self) -> Sequence[Touch]:
        return self._watch.touches(self._input_facts(), self._tick())

    def _input_facts(self) -> InputFacts:
        last, pointer = _LastInput(ctypes.sizeof(_LastInput), 0), _Point()
        self._user32.GetLastInputInfo(ctypes.byref(last))
        self._user32.GetCursorPos(ctypes.byref(pointer))
        down = {code for code in WATCHED_CODES if self._user32.GetAsyncKeyState(code) & _IS_DOWN}
        return InputFacts(last.tick, (pointer.x, pointer.y), down)

    def _tick(self) -> int:
        return int(self._kernel32.GetTickCount()) & 0xFFFFFFFF

    def place(self) -> Region:
        rect, corner = _Rect(), _Point()
        if not self._user32.GetClientRect(self._window, ctypes.byref(rect)):
            raise GameOverError(f"Window {self.title!r} is gone: the creator has ended; start it again")
        self._user32.ClientToScreen(self._window, ctypes.byref(corner))
        return Region(corner.x, corner.y, rect.right, rect.bottom)

    def obstacle(self) -> str | None:
        front = self._user32.GetForegroundWindow()
        if front == self._window:
            return "it is minimised" if self._user32.IsIconic(self._window) else None
        return f"window {self._title_of(front)!r} has the keyboard" if front else "Windows shows no window at all"

    def cover(self) -> str | None:
        """A window over ours, at nine points of it; what lets the mouse through does not count."""
        place = self.place()
        for down in _PROBES:
            for across in _PROBES:
                point = _Point(place.left + int(across * place.width), place.top + int(down * place.height))
                there = self._user32.WindowFromPoint(point)
                owner = self._user32.GetAncestor(there, _ROOT_WINDOW) if there else None
                if owner and owner != self._window:
                    return f"window {self._title_of(owner)!r} is over it"
        return None

    def defects(self) -> Sequence[str]:
        return defects(desktop_facts(self._window))

    def bring_to_front(self) -> None:
        if self._user32.IsIconic(self._window):
            self._user32.ShowWindow(self._window, _SHOW_NORMAL)
        if not self._user32.SetForegroundWindow(self._window):
            self._take_front()

    def _take_front(self) -> None:
        """Windows lets only the program in front hand the front on: while our input is joined with its, that is us. No key is
        pressed for it. A program that hangs would hang us too."""
        front = self._user32.GetForegroundWindow()
        ours, theirs = self._kernel32.GetCurrentThreadId(), self._user32.GetWindowThreadProcessId(front, None)
        if not theirs or theirs == ours or self._user32.IsHungAppWindow(front):
            return
        if self._user32.AttachThreadInput(ours, theirs, True):
            self._user32.SetForegroundWindow(self._window)
            self._user32.AttachThreadInput(ours, theirs, False)

    def pixels(self, place: Region) -> bytes:
        rectangle = {"left": place.left, "top": place.top, "width": place.width, "height": place.height}
        try:
            return bytes(self._screen.grab(rectangle).rgb)
        except _load("mss.exception").ScreenShotError as error:
            raise WindowError(
                f"Windows gives no picture of {self.title!r}: is the screen locked, or a question of its own open? ({error})"
            ) from error

    def close(self) -> None:
        self._screen.close()

    def _title_of(self, window: int) -> str:
        buffer = ctypes.create_unicode_buffer(_TITLE_CHARACTERS)
        self._user32.GetWindowTextW(window, buffer, _TITLE_CHARACTERS)
        return buffer.value or "without a title"


def _user32() -> Any:
    """With the types of what returns or takes windows: they are as wide as pointers."""
    user32 = _load("ctypes").WinDLL("user32")
    window = ctypes.c_void_p
    for name in ("FindWindowW", "GetForegroundWindow", "WindowFromPoint", "GetAncestor"):
        getattr(user32, name).restype = window
    user32.WindowFromPoint.argtypes = [_Point]
    user32.GetAncestor.argtypes = [window, ctypes.c_uint]
    user32.ShowWindow.argtypes = [window, ctypes.c_int]
    user32.GetWindowTextW.argtypes = [window, ctypes.c_wchar_p, ctypes.c_int]
    user32.GetClientRect.argtypes = user32.ClientToScreen.argtypes = [window, ctypes.c_void_p]
    user32.IsIconic.argtypes = user32.SetForegroundWindow.argtypes = user32.IsHungAppWindow.argtypes = [window]
    user32.GetWindowThreadProcessId.argtypes = [window, ctypes.c_void_p]
    user32.GetAsyncKeyState.argtypes = [ctypes.c_int]
    return user32


def _check_platform(platform: str) -> None:
    if platform != "win32":
        raise DeviceError(f"Windows devices work on Windows only, this is {platform}: choose x11 or standin")


def _load(name: str) -> Any:
    """A module that type checkers on other systems do not know."""
    return importlib.import_module(name)
