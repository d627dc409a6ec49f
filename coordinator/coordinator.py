"""The coordinator: gives shards to agents, takes what they captured, commits whole shards.

The lease table decides, the campaign remembers across restarts, the dataset knows what is committed. Safe to use from
several threads: one lock guards the state and is never held while the store works, another keeps commits one at a time.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from coordinator.campaign import Campaign, PlannedSweep
from coordinator.chunk_check import ChunkVerdict, check_records
from coordinator.cost import SweepCost, sweep_cost
from coordinator.errors import UnknownLeaseError, WrongProfileError
from coordinator.leases import Lease, LeaseSettings, LeaseTable, Refusal, ShardState
from coordinator.status import AgentStatus, FailureStatus, FleetStatus, RecentRate, SweepStatus
from coordinator.sweep import SweepSpec, plan_checksum, plan_sweep
from creator.profile import Profile
from dataset.dataset import Dataset
from dataset.errors import CommitError
from dataset.record import StagedChunk
from protocol.frame import FrameRecord
from protocol.lease import (
    Heartbeat,
    HeartbeatReply,
    LeaseGrant,
    LeaseReply,
    LeaseRequest,
    NoWork,
    Report,
    ReportReply,
)
from protocol.shard import Shard

MAX_FACE_REJECTIONS = 2
"""A step whose frame shows no face is captured again so often; then it is taken as it is, with an empty embedding. Some
slider sets hide the face from a detector for good: their labels and pictures are worth keeping, for a better recogniser."""

_MAX_ERROR_CHARACTERS = 4000
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
)


@dataclass(slots=True)
class _Work:
    """What is there of a leased shard."""

    lease: Lease
    staged: list[StagedChunk] = field(default_factory=list)
    steps: set[int] = field(default_factory=set)  # staged, and those that are being written down
    faceless: dict[int, int] = field(default_factory=dict)
    step: int = 0


@dataclass(slots=True)
class _Agent:
    heard_seconds: float
    frames: int = 0
    counters: dict[str, float] = field(default_factory=dict)


class ShardTable(Protocol):
    """What the coordinator needs of a `Dataset`."""

    @property
    def profile(self) -> Profile: ...

    def committed_shards(self) -> dict[str, int]: ...

    def commit_shard(self, shard_id: str, chunks: Sequence[StagedChunk]) -> bool: ...


class Coordinator:
    """`clock` is monotonic seconds, `wall_clock` seconds since 1970. Use `open`, or call `restore` before anything else."""

    def __init__(
        self,
        dataset: ShardTable,
        campaign: Campaign,
        settings: LeaseSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        *,
        max_face_rejections: int = MAX_FACE_REJECTIONS,
    ) -> None:
        self.profile = dataset.profile
        self._dataset = dataset
        self._campaign = campaign
        self._clock = clock
        self._wall_clock = wall_clock
        self._max_face_rejections = max_face_rejections
        self._lock = threading.RLock()
        self._commit_lock = threading.Lock()
        self._table = LeaseTable(settings or LeaseSettings())
        self._specs: dict[str, SweepSpec] = {}
        self._shards: dict[str, Shard] = {}
        self._works: dict[str, _Work] = {}
        self._lease_of_shard: dict[str, str] = {}
        self._agents: dict[str, _Agent] = {}
        self._counters: dict[str, float] = dict.fromkeys(_COUNTERS, 0.0)
        self._started_seconds = clock()
        self._rate = RecentRate(self._started_seconds)

    @classmethod
    def open(cls, dataset: Dataset, settings: LeaseSettings | None = None) -> Coordinator:
        """With everything that an earlier process left in the dataset's store."""
        coordinator = cls(dataset, Campaign(dataset.store), settings)
        coordinator.restore()
        return coordinator

    # Start

    def restore(self) -> None:
        """Plans the stored sweeps again and takes up the leases that were held. Raises SweepConflictError."""
        committed = self._dataset.committed_shards()
        for sweep in self._campaign.sweeps():
            shards = self._plan(sweep.spec)
            self._campaign.add_sweep(self._planned(sweep.spec, shards))  # compares: the plan must be the same
            self._adopt(sweep.spec, shards, committed)
        with self._lock:
            for failure in self._campaign.failures():
                self._table.remember(failure)
        self._restore_leases()

    def _restore_leases(self) -> None:
        staged = self._campaign.staged()
        over = set(staged)
        with self._lock:
            for lease in sorted(self._campaign.leases(), key=lambda lease: -lease.attempt):
                self._table.raise_attempts(lease.shard_id, lease.attempt)
                if self._table.reattach(lease, self._clock()):
                    work = _Work(lease, staged.get(lease.lease_id, []))
                    work.steps.update(step for chunk in work.staged for step in chunk.steps)
                    self._begin_work(work)
                    over.discard(lease.lease_id)
                else:
                    over.add(lease.lease_id)
        self._campaign.forget(over)

    def add_sweep(self, spec: SweepSpec) -> SweepCost:
        """Plans a sweep; one that is planned already stays as it is. Raises SweepSpecError, SweepConflictError."""
        shards = self._plan(spec)
        self._campaign.add_sweep(self._planned(spec, shards))
        self._adopt(spec, shards, self._dataset.committed_shards())
        return sweep_cost(shards, self.profile)

    def _plan(self, spec: SweepSpec) -> list[Shard]:
        return plan_sweep(spec, self.profile)

    def _planned(self, spec: SweepSpec, shards: Sequence[Shard]) -> PlannedSweep:
        return PlannedSweep(spec, self.profile.hash, plan_checksum(shards), self._wall_clock())

    def _adopt(self, spec: SweepSpec, shards: Sequence[Shard], committed: dict[str, int]) -> None:
        with self._lock:
            self._specs[spec.name] = spec
            self._shards.update((shard.shard_id, shard) for shard in shards)
            self._table.add((shard.shard_id for shard in shards), committed)

    # Leases

    def lease(self, request: LeaseRequest) -> LeaseReply:
        """Raises WrongProfileError."""
        if request.profile_hash != self.profile.hash:
            raise WrongProfileError(
                f"Agent {request.agent} drives profile {request.profile_hash}, this coordinator plans for "
                f"{self.profile.name} {self.profile.hash}; start the agent with that profile"
            )
        with self._lock:
            now = self._hear(request.agent)
            self._expire(now)
            granted = self._table.acquire(request.agent, secrets.token_hex(8), now)
            if isinstance(granted, Refusal):
                wait = self._table.settings.retry_after_seconds
                return LeaseReply(no_work=NoWork(granted.reason, wait, granted.is_finished))
            over = self._begin_work(_Work(granted))
        self._campaign.forget(over)
        self._write_lease(granted)
        return LeaseReply(grant=self._grant(granted))

    def _begin_work(self, work: _Work) -> list[str]:
        """Returns the lease whose unfinished work on the same shard this one replaces."""
        lease = work.lease
        before = self._lease_of_shard.get(lease.shard_id)
        self._lease_of_shard[lease.shard_id] = lease.lease_id
        self._works[lease.lease_id] = work
        return [before] if before is not None and self._works.pop(before, None) is not None else []

    def _write_lease(self, lease: Lease) -> None:
        """An agent must never hold what a restarted coordinator has not heard of."""
        try:
            self._campaign.add_lease(lease)
        except BaseException:
            with self._lock, contextlib.suppress(UnknownLeaseError):
                self._table.give_back(lease.lease_id, lease.agent)
            raise
        with self._lock:
            self._counters["leases_granted"] += 1

    def _grant(self, lease: Lease) -> LeaseGrant:
        settings = self._table.settings
        return LeaseGrant(
            lease.lease_id,
            self._shards[lease.shard_id],
            lease.attempt,
            settings.heartbeat_seconds,
            settings.expires_in_seconds,
        )

    def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatReply:
        """Raises ForeignLeaseError."""
        with self._lock:
            self._hear(heartbeat.agent, heartbeat.counters)
            self._counters["heartbeats"] += 1
            try:
                self._held(heartbeat.lease_id, heartbeat.agent).step = heartbeat.step
            except UnknownLeaseError as error:
                return HeartbeatReply(False, str(error))
            return HeartbeatReply(True)

    def _held(self, lease_id: str, agent: str) -> _Work:
        """Renews the lease. One that ran out while nobody else wanted its shard is taken up again."""
        now = self._clock()
        self._expire(now)
        work = self._works.get(lease_id)
        if work is not None and work.lease.agent == agent:
            self._table.reattach(work.lease, now)
        self._table.renew(lease_id, agent, now)
        if work is None:
            raise UnknownLeaseError(f"Lease {lease_id!r:.120} is not held")
        return work

    def _expire(self, now: float) -> None:
        self._counters["leases_expired"] += len(self._table.expire(now))

    def _hear(self, agent: str, counters: dict[str, float] | None = None) -> float:
        now = self._clock()
        known = self._agents.setdefault(agent, _Agent(now))
        known.heard_seconds = now
        if counters:
            known.counters = counters
        return now

    # Chunks

    def check_chunk(self, lease_id: str, agent: str, records: Sequence[FrameRecord]) -> ChunkVerdict:
        """Which frames of a chunk are to be staged. Raises UnknownLeaseError, ForeignLeaseError, ChunkMismatchError."""
        with self._lock:
            self._hear(agent)
            work = self._held(lease_id, agent)
            verdict = check_records(self._shards[work.lease.shard_id], work.lease, work.steps, records)
            self._counters["rows_rejected"] += len(verdict.rejected)
            return verdict

    def judge_faces(self, lease_id: str, agent: str, faceless_steps: Sequence[int]) -> tuple[int, ...]:
        """Of steps whose frame shows no face: those to capture again. The others have had their chances."""
        with self._lock:
            work = self._held(lease_id, agent)
            for step in faceless_steps:
                work.faceless[step] = work.faceless.get(step, 0) + 1
            again = tuple(step for step in faceless_steps if work.faceless[step] <= self._max_face_rejections)
            self._counters["rows_rejected"] += len(again)
            self._counters["rows_without_face"] += len(faceless_steps) - len(again)
            return again

    def accept_chunk(self, lease_id: str, agent: str, staged: StagedChunk) -> bool:
        """Writes down that these frames are durable. False: some of the steps were staged meanwhile; check again.

        Raises UnknownLeaseError, ForeignLeaseError.
        """
        with self._lock:
            work = self._held(lease_id, agent)
            if (staged.shard_id, staged.attempt) != (work.lease.shard_id, work.lease.attempt):
                raise UnknownLeaseError(f"The chunk is of another shard or attempt than lease {lease_id!r:.120}")
            if not work.steps.isdisjoint(staged.steps):
                return False
            work.steps.update(staged.steps)
        try:
            self._campaign.add_staged(lease_id, staged)
        except BaseException:
            with self._lock:
                work.steps.difference_update(staged.steps)
            raise
        with self._lock:
            work.staged.append(staged)
            self._agents.setdefault(agent, _Agent(self._clock())).frames += staged.num_rows
            self._rate.add(staged.num_rows, self._clock())
            self._counters["chunks_staged"] += 1
            self._counters["rows_staged"] += staged.num_rows
        return True

    # Reports

    def report(self, report: Report) -> ReportReply:
        """Ends a lease. A report that comes again gets the same answer. Raises ForeignLeaseError."""
        with self._lock:
            self._hear(report.agent, report.counters)
            try:
                work = self._held(report.lease_id, report.agent)
            except UnknownLeaseError as error:
                return self._late(report.lease_id, str(error))
        if report.outcome == "done":
            return self._commit(work)
        return self._end(work, report)

    def _late(self, lease_id: str, reason: str) -> ReportReply:
        """A lease that is over: its report came twice, or too late."""
        shard_id = lease_id.partition(".")[0]
        is_committed = shard_id in self._table and self._table.state(shard_id) is ShardState.COMMITTED
        return ReportReply(is_committed, "" if is_committed else reason)

    def _commit(self, work: _Work) -> ReportReply:
        lease = work.lease
        with self._lock:
            if missing := self._missing_steps(work):
                return ReportReply(False, f"{len(missing)} steps are not durable yet, the first one is {missing[0]}")
            try:
                self._table.begin_commit(lease.lease_id, lease.agent)
            except UnknownLeaseError as error:  # the same report is being worked on
                return ReportReply(False, str(error))
            chunks = list(work.staged)
        is_committed = False
        try:
            with self._commit_lock:
                self._dataset.commit_shard(lease.shard_id, chunks)
            is_committed = True
        except CommitError as error:  # staged files are gone: only another attempt brings them back
            return self._start_over(work, str(error))
        finally:
            with self._lock:
                if lease.lease_id in self._works:
                    self._table.end_commit(lease.lease_id, self._clock(), is_committed=is_committed)
        self._finish(work)
        return ReportReply(True)

    def _missing_steps(self, work: _Work) -> list[int]:
        durable = {step for chunk in work.staged for step in chunk.steps}
        return [step for step in range(len(self._shards[work.lease.shard_id].characters)) if step not in durable]

    def _finish(self, work: _Work) -> None:
        with self._lock:
            self._works.pop(work.lease.lease_id, None)
            self._counters["shards_committed"] += 1
            self._counters["rows_committed"] += len(self._shards[work.lease.shard_id].characters)
        self._campaign.forget([work.lease.lease_id])

    def _start_over(self, work: _Work, reason: str) -> ReportReply:
        lease = work.lease
        with self._lock:
            self._table.end_commit(lease.lease_id, self._clock(), is_committed=False)
            self._table.give_back(lease.lease_id, lease.agent)
            del self._works[lease.lease_id]
        self._campaign.forget([lease.lease_id])
        return ReportReply(False, reason)

    def _end(self, work: _Work, report: Report) -> ReportReply:
        lease = work.lease
        with self._lock:
            failure = None
            if report.outcome == "failed":
                error = report.error[:_MAX_ERROR_CHARACTERS]
                failure = self._table.fail(lease.lease_id, lease.agent, error)
                self._counters["shards_failed"] += 1
            else:
                self._table.give_back(lease.lease_id, lease.agent)
                self._counters["leases_given_back"] += 1
            self._works.pop(lease.lease_id, None)
        if failure is not None:
            self._campaign.add_failure(failure)
        self._campaign.forget([lease.lease_id])
        return ReportReply(False)

    # Operators

    def release_shard(self, shard_id: str) -> None:
        """Another chance for a shard that was set aside."""
        with self._lock:
            self._table.release_shard(shard_id)
        self._campaign.forget_failures(shard_id)

    def release_agent(self, agent: str) -> None:
        """Another chance for an agent that was set aside."""
        with self._lock:
            self._table.release_agent(agent)

    def status(self) -> FleetStatus:
        with self._lock:
            now = self._clock()
            self._expire(now)
            sweeps = self._sweep_statuses()
            rate = self._rate.per_second(now)
            left = sum(sweep.leased_rows + sweep.pending_rows for sweep in sweeps)
            return FleetStatus(
                profile=self.profile.name,
                profile_hash=self.profile.hash,
                sweeps=sweeps,
                agents=tuple(self._agent_status(agent, now) for agent in sorted(self._agents)),
                set_aside=tuple(self._failure_status(shard_id) for shard_id in self._table.set_aside_shards()),
                counters=dict(self._counters),
                rows_per_second=rate,
                seconds_left=left / rate if rate else None,
                uptime_seconds=now - self._started_seconds,
                is_finished=self._table.is_finished,
            )

    def _sweep_statuses(self) -> tuple[SweepStatus, ...]:
        rows = {name: dict.fromkeys(ShardState, 0) for name in self._specs}
        shards = {name: dict.fromkeys(ShardState, 0) for name in self._specs}
        for shard_id, shard in self._shards.items():
            state = self._table.state(shard_id)
            rows[shard.sweep][state] += len(shard.characters)
            shards[shard.sweep][state] += 1
        return tuple(
            SweepStatus(
                name=name,
                kind=spec.kind,
                planned_rows=sum(rows[name].values()),
                committed_rows=rows[name][ShardState.COMMITTED],
                leased_rows=rows[name][ShardState.LEASED] + rows[name][ShardState.COMMITTING],
                set_aside_rows=rows[name][ShardState.SET_ASIDE],
                pending_rows=rows[name][ShardState.PENDING],
                planned_shards=sum(shards[name].values()),
                committed_shards=shards[name][ShardState.COMMITTED],
            )
            for name, spec in self._specs.items()
        )

    def _agent_status(self, agent: str, now: float) -> AgentStatus:
        known = self._agents[agent]
        held = self._table.leases_of(agent)
        return AgentStatus(
            agent=agent,
            heard_seconds_ago=now - known.heard_seconds,
            shards=tuple(lease.shard_id for lease in held),
            step=self._works[held[-1].lease_id].step if held else 0,
            frames=known.frames,
            is_set_aside=agent in self._table.set_aside_agents(),
            counters=known.counters,
        )

    def _failure_status(self, shard_id: str) -> FailureStatus:
        errors = tuple(f"{failure.agent}: {failure.error}" for failure in self._table.failures(shard_id))
        return FailureStatus(shard_id, errors)
