"""Tells the person's keys and mouse from our own on Windows, by what can be asked at any time: no hook, no message loop.

Windows says when anything was last pressed or moved, ours included; which keys are down; and where the pointer is.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from agents.touch import Touch

PAUSE_CODE = 0x13  # VK_PAUSE
MOUSE_CODES = frozenset({0x01, 0x02, 0x04, 0x05, 0x06})
WATCHED_CODES = (*sorted(MOUSE_CODES), *range(0x08, 0xFF))
_OWN_MILLISECONDS = 50  # after a key of ours: the clock that stamps input moves in steps of 10 to 16 ms
_TICKS = 1 << 32  # milliseconds since the start, after which the count begins anew: 49 days


@dataclass(frozen=True, slots=True)
class InputFacts:
    """What Windows says now. Ticks are milliseconds since the start; codes are virtual keys that are down."""

    last_input_tick: int
    pointer: tuple[int, int]
    down_codes: Set[int]


class InputWatch:
    """Compares what Windows says with what was sent."""

    def __init__(self, start: InputFacts) -> None:
        self._seen = start
        self._sent_tick = start.last_input_tick
        self._own: dict[int, int | None] = {}  # virtual key: when it was released, None while it is down

    def sent(self, code: int, tick: int, *, is_press: bool) -> None:
        self._own[code] = None if is_press else tick
        self._sent_tick = tick

    def touches(self, facts: InputFacts, tick: int) -> list[Touch]:
        before, self._seen = self._seen, facts
        pressed = facts.down_codes - before.down_codes - self._own_codes(tick)
        found = []
        if PAUSE_CODE in pressed:
            found.append(Touch("the pause key was pressed", is_pause_key=True))
        if facts.pointer != before.pointer:
            found.append(Touch("the mouse was moved"))
        if pressed & MOUSE_CODES:
            found.append(Touch("a mouse button was pressed"))
        if pressed - MOUSE_CODES - {PAUSE_CODE}:
            found.append(Touch("a key was pressed"))
        is_new = facts.last_input_tick != before.last_input_tick
        is_release = bool(before.down_codes - facts.down_codes)  # no touch: of the key that started us, for example
        if not found and is_new and not is_release and self._is_foreign(facts):
            found.append(Touch("keyboard or mouse was used"))
        return found

    def _is_foreign(self, facts: InputFacts) -> bool:
        late = (facts.last_input_tick - self._sent_tick) % _TICKS
        return _OWN_MILLISECONDS < late < _TICKS // 2

    def _own_codes(self, tick: int) -> Set[int]:
        return {code for code, up in self._own.items() if up is None or (tick - up) % _TICKS <= _OWN_MILLISECONDS}
