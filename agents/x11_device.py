"""A creator's window under X11: keys by the XTEST extension, pixels by mss. Works under Xvfb without a window manager."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from mss import MSS
from Xlib import XK, X
from Xlib.display import Display
from Xlib.error import BadWindow, DisplayError, XError
from Xlib.ext import xtest
from Xlib.protocol.event import ClientMessage

from agents.keys import x11_keysym
from protocol.device import Picture, Region, WindowInfo
from protocol.errors import DeviceError, GameOverError, WindowError

_FOCUS_SECONDS = 1.0
_LOOK_EVERY_SECONDS = 0.02
_ACTIVATED_BY_PAGER = 2  # source indication of _NET_ACTIVE_WINDOW: a person or a tool asks, not the window itself


class X11Device:
    """Finds the window by its exact title when it is made. Raises WindowError when there is none or more than one."""

    def __init__(self, title: str, *, display_name: str | None = None) -> None:
        try:
            self._display: Any = Display(display_name)
        except DisplayError as error:
            raise DeviceError(f"No X11 display: {error}; set DISPLAY, or start one with Xvfb") from error
        if not self._display.has_extension("XTEST"):
            raise DeviceError("This X11 display has no XTEST extension, so nobody can press keys for you")
        self._title = title
        self._window = self._find()
        self._screen = MSS(display=self._display.get_display_name())
        self._down: dict[str, int] = {}

    def key_down(self, key: str) -> None:
        if key in self._down:
            return
        if not self._is_in_front():
            raise WindowError(f"Window {self._title!r} is not in front; no key was pressed")
        keycode = self._display.keysym_to_keycode(XK.string_to_keysym(x11_keysym(key)))
        if not keycode:
            raise DeviceError(f"The keyboard layout of this display has no key {key!r}: choose a layout that has it")
        self._fake(X.KeyPress, keycode)
        self._down[key] = keycode

    def key_up(self, key: str) -> None:
        if (keycode := self._down.pop(key, None)) is not None:
            self._fake(X.KeyRelease, keycode)

    def _fake(self, event: int, keycode: int) -> None:
        xtest.fake_input(self._display, event, keycode)
        self._display.sync()

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
        shot = self._screen.grab(place)
        return Picture(region.width, region.height, bytes(shot.rgb), seconds)

    def now(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        time.sleep(max(seconds, 0.0))

    def window(self) -> WindowInfo:
        _, _, width, height = self._place()
        return WindowInfo(self._title, width, height, self._is_in_front())

    def focus(self) -> None:
        """Asks the window manager, if there is one, and sets the input focus itself."""
        root = self._display.screen().root
        try:
            data = (32, [_ACTIVATED_BY_PAGER, X.CurrentTime, 0, 0, 0])
            atom = self._display.intern_atom("_NET_ACTIVE_WINDOW")
            message = ClientMessage(window=self._window, client_type=atom, data=data)
            root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
            self._window.configure(stack_mode=X.Above)
            self._window.set_input_focus(X.RevertToParent, X.CurrentTime)
            self._display.sync()
        except XError as error:
            raise WindowError(f"Window {self._title!r} cannot be brought to the front: {error}") from error
        end = self.now() + _FOCUS_SECONDS
        while not self._is_in_front():
            if self.now() > end:
                raise WindowError(f"Window {self._title!r} does not come to the front; what else takes the focus?")
            self.wait(_LOOK_EVERY_SECONDS)

    def close(self) -> None:
        """Releases every key and the connections."""
        for key in list(self._down):
            with suppress(XError):
                self.key_up(key)
        self._screen.close()
        self._display.close()

    def _find(self) -> Any:
        atom = self._display.intern_atom("_NET_WM_NAME")
        windows = _descendants(self._display.screen().root)
        found = [window for window in windows if _name(window, atom) == self._title]
        if len(found) != 1:
            raise WindowError(
                f"{len(found) or 'No'} windows are called {self._title!r}; start the creator once, or correct the title"
            )
        return found[0]

    def _place(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the client area on the screen."""
        try:
            geometry = self._window.get_geometry()
            corner = self._window.translate_coords(self._display.screen().root, 0, 0)
        except BadWindow as error:
            raise GameOverError(f"Window {self._title!r} is gone: the creator has ended; start it again") from error
        return -int(corner.x), -int(corner.y), int(geometry.width), int(geometry.height)

    def _is_in_front(self) -> bool:
        focused = self._display.get_input_focus().focus
        while not isinstance(focused, int):
            if focused.id == self._window.id:
                return True
            parent = focused.query_tree().parent
            focused = parent if parent else 0
        return False


def _descendants(window: Any) -> Iterator[Any]:
    try:
        children = window.query_tree().children
    except XError:  # a window may close while it is looked at
        return
    for child in children:
        yield child
        yield from _descendants(child)


def _name(window: Any, full_name_atom: int) -> str:
    """The window's title: the full one, which toolkits write in UTF-8, or the old one."""
    try:
        full = window.get_full_property(full_name_atom, X.AnyPropertyType)
        name = full.value if full is not None else window.get_wm_name()
    except XError:
        return ""
    return name.decode(errors="replace") if isinstance(name, bytes) else name or ""
