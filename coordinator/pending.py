"""The shards that wait for an agent, sweep by sweep: higher priority first, then the sweep that was planned first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from coordinator.orders import SweepOrder


class PendingShards:
    """Names in the order in which they are to be captured. Pure."""

    def __init__(self) -> None:
        self._queues: dict[str, OrderedDict[str, None]] = {}
        self._orders: dict[str, SweepOrder] = {}

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._queues.values())

    def __bool__(self) -> bool:
        return any(self._queues.values())

    def __iter__(self) -> Iterator[str]:
        """Those that may be leased, first the one that is next."""
        for sweep in sorted(self._queues, key=lambda name: -self.order(name).priority):  # stable: planned first
            if self.order(sweep).state == "running":
                yield from self._queues[sweep]

    def order(self, sweep: str) -> SweepOrder:
        return self._orders.get(sweep, SweepOrder())

    def give_order(self, sweep: str, order: SweepOrder) -> None:
        self._orders[sweep] = order

    def append(self, sweep: str, shard_id: str) -> None:
        """Behind the others of its sweep."""
        queue = self._queues.setdefault(sweep, OrderedDict())
        queue[shard_id] = None
        queue.move_to_end(shard_id)

    def put_first(self, sweep: str, shard_id: str) -> None:
        """Before the others of its sweep: what was begun is finished first."""
        self.append(sweep, shard_id)
        self._queues[sweep].move_to_end(shard_id, last=False)

    def remove(self, sweep: str, shard_id: str) -> None:
        self._queues[sweep].pop(shard_id, None)

    def of_sweep(self, sweep: str) -> list[str]:
        return list(self._queues.get(sweep, ()))

    def held_back(self) -> list[str]:
        """Sweeps with waiting shards that nobody gets, because they are paused."""
        return [sweep for sweep, queue in self._queues.items() if queue and self.order(sweep).state != "running"]
