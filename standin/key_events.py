"""From key events, as an operating system delivers them, to what the game's poll sees once a frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

_MOST_WAITING = (
    120  # events: two seconds of what polls can take; beyond that somebody presses faster than the game looks
)


_ON_TIME_FRAMES = 1.3  # from one look to the next; longer ones are our own lateness


class KeyEvents:
    """As in the game's memory, a tap that comes and goes between two polls is missed, and so is a key let go and taken again:
    where the events of an interval of at most 1.3 frames are heard, only the last of each key counts.

    After a longer interval the player cannot know when the game looked, and the lateness is ours: all events wait in line. Each
    poll takes those so far, but one move of a key at most: the next one waits for the next poll. So a picture that comes late
    loses no press and merges no two.
    """

    def __init__(self, frame_seconds: float) -> None:
        self._on_time_seconds = _ON_TIME_FRAMES * frame_seconds
        self._heard_seconds: float | None = None
        self._waiting: deque[tuple[str, bool]] = deque()
        self._down: set[str] = set()

    def heard(self, events: Iterable[tuple[str, bool]], now_seconds: float) -> None:
        """(key, whether it went down), in order: all since the last time, up to now on a monotonic clock."""
        last, self._heard_seconds = self._heard_seconds, now_seconds
        is_on_time = last is not None and now_seconds - last <= self._on_time_seconds
        self._waiting.extend(_last_of_each_key(events) if is_on_time else events)

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


def _last_of_each_key(events: Iterable[tuple[str, bool]]) -> Iterable[tuple[str, bool]]:
    last: dict[str, bool] = {}
    for key, is_down in events:
        last.pop(key, None)  # so that it stands where its last event does
        last[key] = is_down
    return last.items()
