"""The waiting line: whoever asks gets a place, hears how many are ahead, and is served in turn.

For one event loop. Places are counted by client and by bytes, so the line bounds the memory of what waits in it.

Half of a photo's way is behind whoever wants a match, so matches go before faces: that halves the time of most people when
many come at once and takes nothing from the last. Extras, which a page asks for beside an answer that is there, wait until no
answer does, and leave half of the places to those who want one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum

from matcher.errors import BusyError
from matcher.service.config import ServiceLimits

_RETRY_SECONDS = 2.0
_SHARE_OF_EXTRAS = 0.5


class Rank(IntEnum):
    """What is wanted; the lowest is served first."""

    MATCH = 0
    FACES = 1
    EXTRA = 2


@dataclass(slots=True, eq=False)
class Place:
    """A place in the line; `turn` is set when the work may begin."""

    client: str
    num_bytes: int
    rank: Rank
    turn: asyncio.Event = field(default_factory=asyncio.Event)

    async def comes_within(self, seconds: float) -> bool:
        """Whether its turn comes in that time."""
        try:
            async with asyncio.timeout(seconds):
                await self.turn.wait()
        except TimeoutError:
            return False
        return True


class Line:
    """As many at once as there are workers, the others wait by rank, and then in the order in which they came."""

    def __init__(self, num_workers: int, limits: ServiceLimits) -> None:
        self._num_workers = num_workers
        self._limits = limits
        self._working: list[Place] = []
        self._waiting: list[Place] = []

    @property
    def num_waiting(self) -> int:
        return len(self._waiting)

    @property
    def is_crowded(self) -> bool:
        """Whether somebody waits for an answer."""
        return any(place.rank < Rank.EXTRA for place in self._waiting)

    @property
    def is_full(self) -> bool:
        return len(self._places) >= self._limits.max_waiting

    def ahead_of(self, place: Place) -> int:
        """How many are served before; 0 for whoever is next or in work."""
        return self._waiting.index(place) if place in self._waiting else 0

    @contextmanager
    def place(self, client: str, num_bytes: int, rank: Rank) -> Iterator[Place]:
        """A place for as long as the block lasts. Raises BusyError."""
        self.check(client, num_bytes, rank)
        place = Place(client, num_bytes, rank)
        self._waiting.append(place)
        self._waiting.sort(key=lambda each: each.rank)  # stable: in the order in which they came
        self._advance()
        try:
            yield place
        finally:
            (self._waiting if place in self._waiting else self._working).remove(place)
            self._advance()

    @property
    def _places(self) -> list[Place]:
        return [*self._working, *self._waiting]

    def check(self, client: str, num_bytes: int, rank: Rank) -> None:
        """Raises BusyError where there is no place to have."""
        share = _SHARE_OF_EXTRAS if rank is Rank.EXTRA else 1
        if len(self._places) >= share * self._limits.max_waiting:
            raise BusyError(f"{len(self._waiting)} requests wait already", _RETRY_SECONDS)
        if sum(place.num_bytes for place in self._places) + num_bytes > self._limits.max_waiting_bytes:
            raise BusyError("Too many large photos wait already", _RETRY_SECONDS)
        if Counter(place.client for place in self._places)[client] >= self._limits.max_waiting_per_client:
            raise BusyError(f"{self._limits.max_waiting_per_client} of your requests wait already", _RETRY_SECONDS)

    def _advance(self) -> None:
        while self._waiting and len(self._working) < self._num_workers:
            place = self._waiting.pop(0)
            self._working.append(place)
            place.turn.set()
