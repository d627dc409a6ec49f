"""Tells the person's keys and mouse from our own under X11, by XInput 2's raw events.

Each of our XTEST events comes back as exactly one raw event, in order; whatever is not next in that order is the person's.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from Xlib import XK
from Xlib.display import Display
from Xlib.ext import xinput

from agents.touch import PAUSE_KEY, Touch

_FIELDS = struct.Struct(
    "<HII"
)  # device, time, detail: XI2proto.h, xXIRawEvent, after the ten bytes of every generic event
_MASK = xinput.RawKeyPressMask | xinput.RawKeyReleaseMask | xinput.RawButtonPressMask | xinput.RawMotionMask


@dataclass(frozen=True, slots=True)
class RawKey:
    keycode: int
    is_press: bool


class OwnKeys:
    """What we sent and has not come back yet."""

    def __init__(self) -> None:
        self._sent: deque[RawKey] = deque()

    def sent(self, key: RawKey) -> None:
        self._sent.append(key)

    def is_own(self, key: RawKey) -> bool:
        if self._sent and self._sent[0] == key:
            self._sent.popleft()
            return True
        return False


class X11Watch:
    """Has a connection of its own. Without XInput 2 nobody is ever seen; `is_blind` tells."""

    def __init__(self, display_name: str) -> None:
        self._display: Any = Display(display_name)
        self._own = OwnKeys()
        self._pause = self._display.keysym_to_keycode(XK.string_to_keysym(PAUSE_KEY))
        self.is_blind = not self._display.has_extension("XInputExtension")
        if not self.is_blind:
            self._display.xinput_query_version()
            root = self._display.screen().root
            root.xinput_select_events([(xinput.AllMasterDevices, _MASK)])
            self._display.sync()

    def sent(self, keycode: int, *, is_press: bool) -> None:
        self._own.sent(RawKey(keycode, is_press))

    def touches(self) -> list[Touch]:
        return list(self._touches(self._events()))

    def _events(self) -> Iterable[tuple[int, int]]:
        """Kind and detail of every raw event that has come."""
        while self._display.pending_events():
            event = self._display.next_event()
            if getattr(event, "evtype", None) is not None and isinstance(event._data.get("data"), bytes):
                yield event.evtype, _FIELDS.unpack_from(event._data["data"])[2]

    def _touches(self, events: Iterable[tuple[int, int]]) -> Iterable[Touch]:
        for kind, detail in events:
            if kind == xinput.RawMotion:
                yield Touch("the mouse was moved")
            elif kind == xinput.RawButtonPress:
                yield Touch("a mouse button was pressed")
            elif not self._own.is_own(RawKey(detail, kind == xinput.RawKeyPress)):
                if (
                    kind != xinput.RawKeyPress
                ):  # letting go of a key is no touch: of the one that started us, for example
                    continue
                is_pause = detail == self._pause
                yield Touch("the pause key was pressed" if is_pause else "a key was pressed", is_pause)

    def close(self) -> None:
        self._display.close()
