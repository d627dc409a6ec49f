"""Which presses a frame sees: keys that are down and were up at the frame before, and keys that are held long enough."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict

from creator.profile import Keys
from standin.agenda import NEVER
from standin.rules import Rules

_REPEATED = ("increase", "decrease", "next_row", "previous_row")


class Keyboard:
    """Keys by name; those that the profile does not name do nothing. `action_of` tells what each one does.

    `next_repeat` is the tick at which the first held key acts again, `NEVER` where none is held.
    """

    def __init__(self, keys: Keys, rules: Rules) -> None:
        actions = {key: action for action, key in asdict(keys).items() if action != "confirm"}
        self.action_of: dict[str, str] = {keys.confirm: "confirm", **actions}
        self._order = {key: at for at, key in enumerate(self.action_of)}
        self._delay, self._every = max(1, rules.repeat_delay_frames), rules.repeat_every_frames
        self._down: frozenset[str] = frozenset()
        self._seen = self._down
        self._held: dict[str, int] = {}  # when each held key repeats next
        self.next_repeat = NEVER

    @property
    def is_quiet(self) -> bool:
        """Whether the next poll sees what the last one saw."""
        return self._down is self._seen or self._down == self._seen

    def down(self, key: str) -> None:
        self._down |= {key}

    def up(self, key: str) -> None:
        self._down -= {key}

    def release_all(self) -> None:
        self._down = frozenset()
        self.forget()

    def forget(self) -> None:
        """What went down until now does not count later."""
        self._seen = self._down
        self.stop_repeating()

    def stop_repeating(self) -> None:
        self._held.clear()
        self.next_repeat = NEVER

    def hold(self, key: str, tick: int) -> None:
        """A press has counted; where its action repeats, it will."""
        if self.action_of[key] in _REPEATED:
            self._held[key] = tick + self._delay
            self._find_next()

    def repeats(self, tick: int) -> Collection[str]:
        """Held keys that act again now."""
        if not self._held:
            return ()
        self._held = {key: due for key, due in self._held.items() if key in self._down}
        now = [key for key, due in self._held.items() if due <= tick]
        self._held |= dict.fromkeys(now, tick + self._every)
        self._find_next()
        return now

    def presses(self) -> Collection[str]:
        """Keys that went down since the last poll, in the order in which they count."""
        seen, self._seen = self._seen, self._down
        pressed = self._down - seen
        return sorted(pressed & self._order.keys(), key=self._order.__getitem__) if pressed else ()

    def _find_next(self) -> None:
        self.next_repeat = min(self._held.values(), default=NEVER)
