"""From key events, as an operating system delivers them, to what the game's poll sees once a frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

_MOST_WAITING = (
    120  # events: two seconds of what polls can take; beyond that somebody presses faster than the game looks
)


class KeyEvents:
    """Each poll takes the events so far, but one move of a key at most: the next one waits for the next poll. So a picture that
    comes late, or a display that hands out keys in bursts, loses no press and merges no two.

    A game in memory does lose what comes and goes between two frames; there, no computer's load can bring that about by itself.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, bool]] = deque()
        self._down: set[str] = set()

    def heard(self, events: Iterable[tuple[str, bool]]) -> None:
        """(key, whether it went down), in order."""
        self._waiting.extend(events)

    def poll(self) -> frozenset[str]:
        """The keys that are down for the game's poll."""
        moved: set[str] = set()
        while self._waiting:
            key, is_down = self._waiting[0]
            if key in moved and len(self._waiting) <= _MOST_WAITING:
                break
            self._waiting.popleft()
            if is_down != (key in self._down):
                moved.add(key)
                (self._down.add if is_down else self._down.discard)(key)
        return frozenset(self._down)
