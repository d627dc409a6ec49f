"""A creator's window under X11: keys by the XTEST extension, pixels by mss. Works under Xvfb without a window manager."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from mss import MSS
from mss.exception import ScreenShotError
from Xlib import XK, X, Xutil
from Xlib.display import Display
from Xlib.error import BadDrawable, BadWindow, DisplayError, XError
from Xlib.ext import xtest
from Xlib.protocol.event import ClientMessage

from agents.keys import x11_keysym
from agents.touch import Touch, TouchGuard
from agents.window_device import WindowDevice
from agents.x11_watch import X11Watch
from protocol.device import Region
from protocol.errors import DeviceError, GameOverError, WindowError

_LOG = logging.getLogger(__name__)
_ACTIVATED_BY_PAGER = 2  # source indication of _NET_ACTIVE_WINDOW: a person or a tool asks, not the window itself


def open_x11_device(title: str, *, display_name: str | None = None, guard: TouchGuard | None = None) -> WindowDevice:
    """The window of exactly that title. Raises DeviceError without a display, WindowError when there is none or more than one."""
    device = WindowDevice(X11Desktop(title, display_name), guard)
    device.prepare()
    return device


class X11Desktop:
    """Implements `agents.window_device.Desktop`."""

    def __init__(self, title: str, display_name: str | None = None) -> None:
        self.title = title
        try:
            self._display: Any = Display(display_name)
        except (DisplayError, OSError, OverflowError) as error:
            raise DeviceError(f"No X11 display: {error}; set DISPLAY, or start one with Xvfb") from error
        if not self._display.has_extension("XTEST"):
            raise DeviceError("This X11 display has no XTEST extension, so nobody can press keys for you")
        self._root = self._display.screen().root
        self._title_atom = self._display.intern_atom("_NET_WM_NAME")
        self._window = self._find()
        self._screen = MSS(display=self._display.get_display_name())
        self._watch = X11Watch(self._display.get_display_name())
        self._down: dict[str, int] = {}
        if self._watch.is_blind:
            _LOG.warning("no XInput here: the agent does not see when you use keyboard or mouse; stop it before you do")

    def press(self, key: str) -> None:
        keycode = self._display.keysym_to_keycode(XK.string_to_keysym(x11_keysym(key)))
        if not keycode:
            raise DeviceError(f"The keyboard layout of this display has no key {key!r}: choose a layout that has it")
        self._down[key] = keycode
        self._fake(X.KeyPress, keycode)

    def release(self, key: str) -> None:
        if (keycode := self._down.pop(key, None)) is not None:
            self._fake(X.KeyRelease, keycode)

    def _fake(self, event: int, keycode: int) -> None:
        self._watch.sent(keycode, is_press=event == X.KeyPress)
        xtest.fake_input(self._display, event, keycode)
        self._display.sync()

    def touches(self) -> Sequence[Touch]:
        return self._watch.touches()

    def place(self) -> Region:
        try:
            geometry = self._window.get_geometry()
            corner = self._window.translate_coords(self._root, 0, 0)
        except (BadDrawable, BadWindow) as error:
            raise GameOverError(f"Window {self.title!r} is gone: the creator has ended; start it again") from error
        return Region(-int(corner.x), -int(corner.y), int(geometry.width), int(geometry.height))

    def obstacle(self) -> str | None:
        try:
            focused = self._display.get_input_focus().focus
            if isinstance(focused, int):
                return "no window has the keyboard" if self._is_shown() else "it is minimised"
            if any(window.id == self._window.id for window in _line_up(focused)):
                return None
            if not self._is_shown():
                return "it is minimised"
            return f"window {self._name_of(focused)!r} has the keyboard"
        except XError as error:  # windows come and go while they are looked at
            return f"the desktop changes: {error}"

    def cover(self) -> str | None:
        """A window that is stacked above ours and overlaps it; menus and tips belong to whoever opened them."""
        try:
            ours = [window.id for window in _line_up(self._window)]
            place = self.place()
            for window in reversed(self._root.query_tree().children):
                if window.id in ours:
                    return None
                if self._is_over(window, place):
                    return f"window {self._name_of(window)!r} is over it"
        except XError:  # it was closed meanwhile
            return None
        return None

    def _is_over(self, window: Any, place: Region) -> bool:
        attributes = window.get_attributes()
        if attributes.map_state != X.IsViewable or attributes.win_class != X.InputOutput:
            return False
        geometry = window.get_geometry()
        over = Region(geometry.x, geometry.y, geometry.width, geometry.height)
        return (
            over.left < place.right and over.right > place.left and over.top < place.bottom and over.bottom > place.top
        )

    def _is_shown(self) -> bool:
        state = self._window.get_wm_state()
        is_iconic = state is not None and state.state == Xutil.IconicState
        return not is_iconic and self._window.get_attributes().map_state == X.IsViewable

    def defects(self) -> Sequence[str]:
        return ()

    def bring_to_front(self) -> None:
        """Asks the window manager, if there is one, and sets the input focus itself."""
        try:
            data = (32, [_ACTIVATED_BY_PAGER, X.CurrentTime, 0, 0, 0])
            atom = self._display.intern_atom("_NET_ACTIVE_WINDOW")
            message = ClientMessage(window=self._window, client_type=atom, data=data)
            self._root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
            if not self._is_shown():
                self._window.map()
            self._window.configure(stack_mode=X.Above)
            self._window.set_input_focus(X.RevertToParent, X.CurrentTime)
            self._display.sync()
        except XError as error:
            raise WindowError(f"Window {self.title!r} cannot be brought to the front: {error}") from error

    def pixels(self, place: Region) -> bytes:
        rectangle = {"left": place.left, "top": place.top, "width": place.width, "height": place.height}
        try:
            return bytes(self._screen.grab(rectangle).rgb)
        except ScreenShotError as error:
            raise WindowError(f"Window {self.title!r} reaches out of the screen: move it ({error})") from error

    def close(self) -> None:
        self._watch.close()
        self._screen.close()
        self._display.close()

    def _find(self) -> Any:
        found = [window for window in _descendants(self._root) if self._title_of(window) == self.title]
        if len(found) != 1:
            raise WindowError(
                f"{len(found) or 'No'} windows are called {self.title!r}; start the creator once, or correct the title"
            )
        return found[0]

    def _name_of(self, window: Any) -> str:
        """The title of a window or of the window that it is a part of."""
        return next((title for each in _line_up(window) if (title := self._title_of(each))), "without a title")

    def _title_of(self, window: Any) -> str:
        """The full title, which toolkits write in UTF-8, or the old one."""
        try:
            full = window.get_full_property(self._title_atom, X.AnyPropertyType)
            name = full.value if full is not None else window.get_wm_name()
        except XError:
            return ""
        return name.decode(errors="replace") if isinstance(name, bytes) else name or ""


def _line_up(window: Any) -> Iterator[Any]:
    """The window, its parent, and so on; the root is left out."""
    while window:
        tree = window.query_tree()
        if window.id == tree.root.id:
            return
        yield window
        window = tree.parent


def _descendants(window: Any) -> Iterator[Any]:
    children: Sequence[Any] = ()
    with suppress(XError):  # a window may close while it is looked at
        children = window.query_tree().children
    for child in children:
        yield child
        yield from _descendants(child)
