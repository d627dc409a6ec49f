"""What the coordinator holds in memory, and the lock that guards it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from coordinator.lease import LeaseSettings
from coordinator.leases import LeaseTable
from coordinator.plans import Plans
from coordinator.roster import Roster
from coordinator.status import FailureStatus, FleetStatus, RecentRate
from coordinator.work import WorkBook
from creator.profile import Profile

_COUNTERS = (
    "leases_granted",
    "leases_expired",
    "leases_given_back",
    "heartbeats",
    "chunks_staged",
    "rows_staged",
    "rows_rejected",
    "rows_without_face",
    "shards_committed",
    "rows_committed",
    "shards_failed",
    "commits_refused",
)


@dataclass(slots=True)
class FleetState:
    """Hold `lock` for whatever is read or changed, and never while the store works. `clock` is monotonic seconds."""

    profile: Profile
    clock: Callable[[], float]
    table: LeaseTable
    rate: RecentRate
    started_seconds: float
    plans: Plans = field(default_factory=Plans)
    works: WorkBook = field(default_factory=WorkBook)
    roster: Roster = field(default_factory=Roster)
    counters: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_COUNTERS, 0.0))
    lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def empty(cls, profile: Profile, settings: LeaseSettings, clock: Callable[[], float]) -> FleetState:
        now = clock()
        return cls(profile, clock, LeaseTable(settings), RecentRate(now), now)

    def expire(self, now: float) -> None:
        self.counters["leases_expired"] += len(self.table.expire(now))

    def hear(self, agent: str, counters: dict[str, float] | None = None) -> float:
        """Returns the time."""
        now = self.clock()
        self.roster.hear(agent, now, counters)
        return now

    def status(self) -> FleetStatus:
        with self.lock:
            now = self.clock()
            self.expire(now)
            sweeps = self.plans.statuses(self.table)
            rate = self.rate.per_second(now)
            left = sum(sweep.leased_rows + sweep.pending_rows for sweep in sweeps)
            return FleetStatus(
                profile=self.profile.name,
                profile_hash=self.profile.hash,
                sweeps=sweeps,
                agents=self.roster.statuses(self.table, self.works, now),
                set_aside=tuple(self._failure_status(shard_id) for shard_id in self.table.set_aside_shards()),
                counters=dict(self.counters),
                rows_per_second=rate,
                seconds_left=left / rate if rate else None,
                uptime_seconds=now - self.started_seconds,
                is_finished=self.table.is_finished,
            )

    def _failure_status(self, shard_id: str) -> FailureStatus:
        errors = tuple(f"{failure.agent}: {failure.error}" for failure in self.table.failures(shard_id))
        return FailureStatus(shard_id, errors)
