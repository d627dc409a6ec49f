"""The planned sweeps and their shards, and how far each is."""

from __future__ import annotations

from collections.abc import Sequence

from coordinator.errors import OrderError
from coordinator.lease import ShardState
from coordinator.leases import LeaseTable
from coordinator.status import SweepStatus
from coordinator.sweep import SweepSpec
from protocol.shard import Shard


class Plans:
    """Sweeps in the order in which they were planned."""

    def __init__(self) -> None:
        self._specs: dict[str, SweepSpec] = {}
        self._shards: dict[str, Shard] = {}

    def add(self, spec: SweepSpec, shards: Sequence[Shard]) -> None:
        self._specs[spec.name] = spec
        self._shards.update((shard.shard_id, shard) for shard in shards)

    def shard(self, shard_id: str) -> Shard:
        return self._shards[shard_id]

    def num_frames(self, shard_id: str) -> int:
        return len(self._shards[shard_id].characters)

    def planned_rows(self) -> dict[str, int]:
        """Rows by shard."""
        return {shard_id: len(shard.characters) for shard_id, shard in self._shards.items()}

    def check_sweep(self, name: str) -> None:
        """Raises OrderError naming the sweeps that there are."""
        if name not in self._specs:
            raise OrderError(f"No sweep {name!r:.80}; there are: {', '.join(self._specs) or 'none yet'}")

    def statuses(self, table: LeaseTable) -> tuple[SweepStatus, ...]:
        rows = {name: dict.fromkeys(ShardState, 0) for name in self._specs}
        shards = {name: dict.fromkeys(ShardState, 0) for name in self._specs}
        for shard_id, shard in self._shards.items():
            state = table.state(shard_id)
            rows[shard.sweep][state] += len(shard.characters)
            shards[shard.sweep][state] += 1
        return tuple(self._status(spec, rows[name], shards[name], table) for name, spec in self._specs.items())

    def _status(
        self, spec: SweepSpec, rows: dict[ShardState, int], shards: dict[ShardState, int], table: LeaseTable
    ) -> SweepStatus:
        order = table.sweep_order(spec.name)
        return SweepStatus(
            name=spec.name,
            kind=spec.kind,
            state=order.state,
            priority=order.priority,
            planned_rows=sum(rows.values()),
            committed_rows=rows[ShardState.COMMITTED],
            leased_rows=rows[ShardState.LEASED] + rows[ShardState.COMMITTING],
            set_aside_rows=rows[ShardState.SET_ASIDE],
            cancelled_rows=rows[ShardState.CANCELLED],
            pending_rows=rows[ShardState.PENDING],
            planned_shards=sum(shards.values()),
            committed_shards=shards[ShardState.COMMITTED],
        )
