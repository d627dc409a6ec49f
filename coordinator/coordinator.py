"""The coordinator: gives shards to agents, takes what they captured, commits whole shards.

The lease table decides, the campaign remembers across restarts, the dataset knows what is committed. Safe to use from
several threads: one lock guards the state and is never held while the store works, another keeps commits one at a time.
What people do to a campaign is in `operations`.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from coordinator.campaign import Campaign
from coordinator.chunk_check import ChunkVerdict, check_records
from coordinator.errors import UnknownLeaseError, WrongProfileError
from coordinator.lease import Failure, Lease, LeaseSettings, Refusal, ShardState
from coordinator.operations import Operations
from coordinator.state import FleetState
from coordinator.status import FleetStatus
from coordinator.work import Work
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

MAX_FACE_REJECTIONS = 2
"""A step whose frame shows no face is captured again so often; then it is taken as it is, with an empty embedding. Some
slider sets hide the face from a detector for good: their labels and pictures are worth keeping, for a better recogniser."""

_MAX_ERROR_CHARACTERS = 4000


class ShardTable(Protocol):
    """What the coordinator needs of a `Dataset`."""

    @property
    def profile(self) -> Profile: ...

    def committed_shards(self) -> dict[str, int]: ...

    def commit_shard(self, shard_id: str, chunks: Sequence[StagedChunk]) -> bool: ...

    def flush(self) -> None: ...


class Coordinator:
    """`clock` is monotonic seconds, `wall_clock` seconds since 1970. Use `open`, or call `operations.restore` first."""

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
        self._dataset = dataset
        self._campaign = campaign
        self._max_face_rejections = max_face_rejections
        self._state = FleetState.empty(dataset.profile, settings or LeaseSettings(), clock)
        self._commit_lock = threading.Lock()
        self.operations = Operations(self._state, campaign, dataset.committed_shards, wall_clock)

    @classmethod
    def open(cls, dataset: Dataset, settings: LeaseSettings | None = None) -> Coordinator:
        """With everything that an earlier process left in the dataset's store."""
        coordinator = cls(dataset, Campaign(dataset.store), settings)
        coordinator.operations.restore()
        return coordinator

    def status(self) -> FleetStatus:
        return self._state.status()

    # Leases

    def lease(self, request: LeaseRequest) -> LeaseReply:
        """Raises WrongProfileError."""
        if request.profile_hash != self._state.profile.hash:
            raise WrongProfileError(
                f"Agent {request.agent} drives profile {request.profile_hash}, this coordinator plans for "
                f"{self._state.profile.name} {self._state.profile.hash}; start the agent with that profile"
            )
        with self._state.lock:
            now = self._state.hear(request.agent)
            self._state.expire(now)
            granted = self._state.table.acquire(request.agent, secrets.token_hex(8), now)
            if isinstance(granted, Refusal):
                wait = self._state.table.settings.retry_after_seconds
                return LeaseReply(no_work=NoWork(granted.reason, wait, granted.is_finished))
            over = self._state.works.begin(Work(granted))
        self._write_lease(granted, over)
        return LeaseReply(grant=self._grant(granted))

    def _write_lease(self, lease: Lease, over: Sequence[str]) -> None:
        """An agent must never hold what a restarted coordinator has not heard of, nor a shard wait for nobody."""
        try:
            self._campaign.forget(over)
            self._campaign.add_lease(lease)
        except BaseException:
            with self._state.lock, contextlib.suppress(UnknownLeaseError):
                self._state.table.give_back(lease.lease_id, lease.agent)
            raise
        with self._state.lock:
            self._state.counters["leases_granted"] += 1

    def _grant(self, lease: Lease) -> LeaseGrant:
        settings = self._state.table.settings
        return LeaseGrant(
            lease.lease_id,
            self._state.plans.shard(lease.shard_id),
            lease.attempt,
            settings.heartbeat_seconds,
            settings.expires_in_seconds,
        )

    def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatReply:
        """Raises ForeignLeaseError."""
        with self._state.lock:
            self._state.hear(heartbeat.agent, heartbeat.counters)
            self._state.counters["heartbeats"] += 1
            try:
                self._held(heartbeat.lease_id, heartbeat.agent).step = heartbeat.step
            except UnknownLeaseError as error:
                return HeartbeatReply(False, str(error))
            return HeartbeatReply(True)

    def _held(self, lease_id: str, agent: str) -> Work:
        """Renews the lease. One that ran out while nobody else wanted its shard is taken up again."""
        now = self._state.clock()
        self._state.expire(now)
        work = self._state.works.get(lease_id)
        if work is not None and work.lease.agent == agent:
            self._state.table.reattach(work.lease, now)
        self._state.table.renew(lease_id, agent, now)
        if work is None:
            raise UnknownLeaseError(f"Lease {lease_id!r:.120} is not held")
        return work

    # Chunks

    def check_chunk(self, lease_id: str, agent: str, records: Sequence[FrameRecord]) -> ChunkVerdict:
        """Which frames of a chunk are to be staged. Raises UnknownLeaseError, ForeignLeaseError, ChunkMismatchError."""
        with self._state.lock:
            self._state.hear(agent)
            work = self._held(lease_id, agent)
            verdict = check_records(self._state.plans.shard(work.lease.shard_id), work.lease, work.steps, records)
            self._state.counters["rows_rejected"] += len(verdict.rejected)
            return verdict

    def judge_faces(self, lease_id: str, agent: str, faceless_steps: Sequence[int]) -> tuple[int, ...]:
        """Of steps whose frame shows no face: those to capture again. The others have had their chances."""
        with self._state.lock:
            work = self._held(lease_id, agent)
            again = work.judge_faces(faceless_steps, self._max_face_rejections)
            self._state.counters["rows_rejected"] += len(again)
            self._state.counters["rows_without_face"] += len(faceless_steps) - len(again)
            return again

    def accept_chunk(self, lease_id: str, agent: str, staged: StagedChunk) -> bool:
        """Writes down that these frames are durable. False: some of the steps were staged meanwhile; check again.

        Raises UnknownLeaseError, ForeignLeaseError.
        """
        with self._state.lock:
            work = self._held(lease_id, agent)
            if (staged.shard_id, staged.attempt) != (work.lease.shard_id, work.lease.attempt):
                raise UnknownLeaseError(f"The chunk is of another shard or attempt than lease {lease_id!r:.120}")
            if not work.steps.isdisjoint(staged.steps):
                return False
            work.steps.update(staged.steps)
        try:
            self._campaign.add_staged(lease_id, staged)
        except BaseException:
            with self._state.lock:
                work.steps.difference_update(staged.steps)
            raise
        with self._state.lock:
            work.staged.append(staged)
            self._state.roster.add_frames(agent, staged.num_rows, self._state.clock())
            self._state.rate.add(staged.num_rows, self._state.clock())
            self._state.counters["chunks_staged"] += 1
            self._state.counters["rows_staged"] += staged.num_rows
        return True

    # Reports

    def report(self, report: Report) -> ReportReply:
        """Ends a lease. A report that comes again gets the same answer. Raises ForeignLeaseError."""
        with self._state.lock:
            self._state.hear(report.agent, report.counters)
            try:
                work = self._held(report.lease_id, report.agent)
            except UnknownLeaseError as error:
                return self._late(report.lease_id, str(error))
        if report.outcome != "done":
            return self._end(work, report)
        reply = self._commit(work)
        if not reply.is_committed:
            with self._state.lock:
                self._state.counters["commits_refused"] += 1
        return reply

    def _late(self, lease_id: str, reason: str) -> ReportReply:
        """A lease that is over: its report came twice, or too late."""
        shard_id = lease_id.partition(".")[0]
        is_committed = shard_id in self._state.table and self._state.table.state(shard_id) is ShardState.COMMITTED
        return ReportReply(is_committed, "" if is_committed else reason)

    def _commit(self, work: Work) -> ReportReply:
        lease = work.lease
        with self._state.lock:
            if missing := work.missing_steps(self._state.plans.num_frames(lease.shard_id)):
                return ReportReply(False, f"{len(missing)} steps are not durable yet, the first one is {missing[0]}")
            try:
                self._state.table.begin_commit(lease.lease_id, lease.agent)
            except UnknownLeaseError:  # the same report came before and is being worked on
                chunks = []
            else:
                chunks = list(work.staged)
        return self._commit_chunks(work, chunks) if chunks else self._wait_for_commit(lease)

    def _wait_for_commit(self, lease: Lease) -> ReportReply:
        with self._commit_lock:
            return self._late(lease.lease_id, "The same report came before and was not committed; report again")

    def _commit_chunks(self, work: Work, chunks: Sequence[StagedChunk]) -> ReportReply:
        lease, is_committed = work.lease, False
        try:
            with self._commit_lock:
                self._dataset.commit_shard(lease.shard_id, chunks)
                self._flush_after_the_last(lease)
            is_committed = True
        except CommitError as error:  # staged files are gone: only another attempt brings them back
            return self._start_over(work, str(error))
        finally:
            with self._state.lock:
                if lease.lease_id in self._state.works:
                    self._state.table.end_commit(lease.lease_id, self._state.clock(), is_committed=is_committed)
        self._finish(work)
        return ReportReply(True)

    def _flush_after_the_last(self, lease: Lease) -> None:
        """Whoever sees the campaign finished may end this process, and read the tables with other tools."""
        with self._state.lock:
            is_last = self._state.table.is_last(lease.lease_id)
        if is_last:
            self._dataset.flush()

    def _finish(self, work: Work) -> None:
        with self._state.lock:
            self._state.works.end([work.lease.lease_id])
            self._state.counters["shards_committed"] += 1
            self._state.counters["rows_committed"] += self._state.plans.num_frames(work.lease.shard_id)
        self._campaign.forget([work.lease.lease_id])
        self._campaign.release_agent(work.lease.agent)

    def _start_over(self, work: Work, reason: str) -> ReportReply:
        lease = work.lease
        with self._state.lock:
            self._state.table.end_commit(lease.lease_id, self._state.clock(), is_committed=False)
            self._state.table.give_back(lease.lease_id, lease.agent)
            self._state.works.end([lease.lease_id])
        self._campaign.forget([lease.lease_id])
        return ReportReply(False, reason)

    def _end(self, work: Work, report: Report) -> ReportReply:
        lease = work.lease
        with self._state.lock:
            failure = None
            if report.outcome == "failed":
                error = report.error[:_MAX_ERROR_CHARACTERS]
                failure = self._state.table.fail(lease.lease_id, lease.agent, error)
                self._state.counters["shards_failed"] += 1
            else:
                self._state.table.give_back(lease.lease_id, lease.agent)
                self._state.counters["leases_given_back"] += 1
            self._state.works.end([lease.lease_id])
        if failure is not None:
            self._write_failure(failure)
        self._campaign.forget([lease.lease_id])
        return ReportReply(False)

    def _write_failure(self, failure: Failure) -> None:
        """What speaks against the shard, and the agent's, if it is one failure too many."""
        self._campaign.add_failure(failure)
        with self._state.lock:
            failing = self._state.table.failing
            errors = failing.errors(failure.agent) if failing.is_set_aside(failure.agent) else {}
        if errors:
            self._campaign.set_agent_aside(failure.agent, errors)
