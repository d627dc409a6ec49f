"""What is to happen at which tick."""

from __future__ import annotations

import heapq

NEVER = 1 << 62  # ticks


class Agenda:
    """Names by tick, the earliest first; at the same tick in the order of their names."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, str]] = []
        self.next_tick = NEVER

    def add(self, tick: int, name: str) -> None:
        heapq.heappush(self._entries, (tick, name))
        self.next_tick = self._entries[0][0]

    def take(self) -> str:
        """The earliest name, which is crossed out."""
        _, name = heapq.heappop(self._entries)
        self.next_tick = self._entries[0][0] if self._entries else NEVER
        return name

    def clear(self) -> None:
        self._entries.clear()
        self.next_tick = NEVER
