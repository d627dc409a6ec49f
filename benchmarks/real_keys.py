"""A display of our own and real key events on it (XTEST), for benchmarks and tests of the stand-in's window."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from Xlib import XK, X
from Xlib.display import Display
from Xlib.error import XError
from Xlib.ext import xtest
from Xlib.protocol.event import ClientMessage

_NAMES = {"esc": "Escape", "enter": "Return"}  # X11's names where they are not ours
_LOOK_EVERY_SECONDS = 0.05


@contextmanager
def own_display() -> Iterator[str]:
    """An Xvfb; its name. Raises FileNotFoundError where Xvfb is not installed."""
    if (xvfb := shutil.which("Xvfb")) is None:
        raise FileNotFoundError("Xvfb is not installed: apt-get install xvfb")
    reading, writing = os.pipe()
    command = [xvfb, "-displayfd", str(writing), "-screen", "0", "2600x1500x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        process.terminate()
        process.wait()


class RealKeys:
    """Finds the window by the title that it shows (_NET_WM_NAME), focuses it and presses keys. Raises TimeoutError."""

    def __init__(self, title: str, display_name: str, *, seconds: float) -> None:
        self._display: Any = Display(display_name)
        self._window = self._found(title, time.monotonic() + seconds)
        self._window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._display.sync()

    def tap(self, key: str, *, down_seconds: float = 0.025, up_seconds: float = 0.025) -> None:
        code = self._display.keysym_to_keycode(XK.string_to_keysym(_NAMES.get(key, key)))
        for event, seconds in ((X.KeyPress, down_seconds), (X.KeyRelease, up_seconds)):
            xtest.fake_input(self._display, event, code)
            self._display.sync()
            time.sleep(seconds)

    def place(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the window on the display."""
        geometry = self._window.get_geometry()
        corner = self._window.translate_coords(self._display.screen().root, 0, 0)
        return -corner.x, -corner.y, geometry.width, geometry.height

    def close_window(self) -> None:
        """Asks the window to close, as its cross would."""
        data = (32, [self._display.intern_atom("WM_DELETE_WINDOW"), 0, 0, 0, 0])
        message = ClientMessage(window=self._window, client_type=self._display.intern_atom("WM_PROTOCOLS"), data=data)
        self._window.send_event(message)
        self._display.sync()

    def disconnect(self) -> None:
        self._display.close()

    def _found(self, title: str, end: float) -> Any:
        while time.monotonic() < end:
            for window in self._windows():
                if self._title_of(window) == title:
                    return window
            time.sleep(_LOOK_EVERY_SECONDS)
        raise TimeoutError(f"No window is called {title!r}")

    def _windows(self) -> list[Any]:
        return list(self._display.screen().root.query_tree().children)

    def _title_of(self, window: Any) -> str:
        try:
            full = window.get_full_property(self._display.intern_atom("_NET_WM_NAME"), X.AnyPropertyType)
        except XError:  # a window may close while it is looked at
            return ""
        return "" if full is None else bytes(full.value).decode()
