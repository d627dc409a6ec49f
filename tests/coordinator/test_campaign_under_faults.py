"""Any order of acquire, renew, expire, crash, restart and duplicate delivery commits each shard once and loses none."""

from __future__ import annotations

from contextlib import suppress

from capturing import CrashError, MemoryStore, MemoryTable, small_sweep, staged
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from coordinator.campaign import Campaign
from coordinator.coordinator import Coordinator
from coordinator.errors import LeaseError
from coordinator.lease import LeaseSettings
from coordinator.orders import SweepState
from creator.profile_file import load_profile
from protocol.lease import Heartbeat, LeaseGrant, LeaseRequest, Report

AGENTS = ("north", "south", "west")
PROFILE = load_profile("small")
SWEEP = small_sweep()
NUM_SHARDS, SHARD_FRAMES = 3, 4
MUCH_TIME_SECONDS = 1000.0


class Fleet(RuleBasedStateMachine):
    """Agents remember every lease that they ever got, and use any of them at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore()
        self.table = MemoryTable(PROFILE)
        self.now = 0.0
        self.grants: list[tuple[str, LeaseGrant]] = []
        self.restart()
        self.coordinator.operations.add_sweep(SWEEP)

    @rule()
    def restart(self) -> None:
        limits = LeaseSettings(max_failing_agents=99, max_failures=999, max_failing_shards=999)
        self.coordinator = Coordinator(
            self.table, Campaign(self.store), limits, clock=lambda: self.now, wall_clock=lambda: 0.0
        )
        self.coordinator.operations.restore()

    @rule(seconds=st.sampled_from([0.0, 9.0, 31.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(agent=st.sampled_from(AGENTS))
    def ask(self, agent: str) -> None:
        reply = self.coordinator.lease(LeaseRequest(agent, PROFILE.hash, "c", "1"))
        if reply.grant is not None:
            assert reply.grant.shard.shard_id not in self.table.rows, "a committed shard is leased again"
            self.grants.append((agent, reply.grant))

    @precondition(lambda self: self.grants)
    @rule(data=st.data())
    def beat(self, data: st.DataObject) -> None:
        agent, grant = data.draw(st.sampled_from(self.grants))
        self.coordinator.heartbeat(Heartbeat(grant.lease_id, agent, 0))

    @precondition(lambda self: self.grants)
    @rule(
        data=st.data(),
        steps=st.sampled_from([(0, 1, 2, 3), (0, 1, 2), (2, 3), (3,)]),
        crash=st.sampled_from(["", "", "before", "after"]),
    )
    def send(self, data: st.DataObject, steps: tuple[int, ...], crash: str) -> None:
        """What the store did not answer is not acknowledged, whether it was written or not."""
        agent, grant = data.draw(st.sampled_from(self.grants))
        self.store.crash = crash
        with suppress(LeaseError, CrashError):
            self.coordinator.accept_chunk(grant.lease_id, agent, staged(grant, steps))
        self.store.crash = ""

    @precondition(lambda self: self.grants)
    @rule(
        data=st.data(),
        outcome=st.sampled_from(["done", "done", "done", "failed", "given_back"]),
        crash=st.sampled_from(["", "", "before", "after"]),
    )
    def report(self, data: st.DataObject, outcome: str, crash: str) -> None:
        agent, grant = data.draw(st.sampled_from(self.grants))
        self.table.crash = crash
        try:
            reply = self.coordinator.report(Report(grant.lease_id, agent, outcome, SHARD_FRAMES, "broken"))  # type: ignore[arg-type]
        except CrashError:
            self.restart()
        else:
            assert not reply.is_committed or grant.shard.shard_id in self.table.rows
        self.table.crash = ""

    @rule(data=st.data())
    def finish_one(self, data: st.DataObject) -> None:
        """A lease goes all the way, as most do."""
        agent = data.draw(st.sampled_from(AGENTS))
        reply = self.coordinator.lease(LeaseRequest(agent, PROFILE.hash, "c", "1"))
        if reply.grant is not None:
            self.grants.append((agent, reply.grant))
            self.complete(agent, reply.grant)
            assert reply.grant.shard.shard_id in self.table.rows

    def complete(self, agent: str, grant: LeaseGrant) -> None:
        """Every chunk is delivered twice, and one comes again as a part of a larger one."""
        for steps in ((0, 1), (0, 1), (0, 1, 2, 3), (2, 3), (2, 3)):
            self.coordinator.accept_chunk(grant.lease_id, agent, staged(grant, steps))
        self.coordinator.report(Report(grant.lease_id, agent, "done", SHARD_FRAMES))

    @rule(state=st.sampled_from(["running", "running", "paused", "cancelled"]))
    def order(self, state: SweepState) -> None:
        self.coordinator.operations.order_sweep(SWEEP.name, state=state)

    @invariant()
    def every_shard_is_committed_whole_and_once(self) -> None:
        assert all(count == 1 for count in self.table.num_commits.values())
        assert all(sorted(steps) == list(range(SHARD_FRAMES)) for steps in self.table.rows.values())

    @invariant()
    def rows_add_up(self) -> None:
        (sweep,) = self.coordinator.status().sweeps
        waiting = sweep.leased_rows + sweep.pending_rows
        parts = sweep.committed_rows + waiting + sweep.set_aside_rows + sweep.cancelled_rows
        assert sweep.planned_rows == parts == NUM_SHARDS * SHARD_FRAMES
        assert sweep.committed_rows == SHARD_FRAMES * len(self.table.rows)

    def teardown(self) -> None:
        """Whatever happened, an agent that comes later brings the campaign to its end, and nothing is left over."""
        self.now += MUCH_TIME_SECONDS
        self.coordinator.operations.order_sweep(SWEEP.name, state="running")
        while (reply := self.coordinator.lease(LeaseRequest("late", PROFILE.hash, "c", "1"))).grant is not None:
            self.complete("late", reply.grant)
        assert reply.no_work is not None
        assert reply.no_work.is_finished
        assert len(self.table.rows) == NUM_SHARDS
        self.every_shard_is_committed_whole_and_once()
        self.restart()
        assert not [path for path in self.store.objects if path.startswith(("leases/", "staged/"))]


TestFleet = Fleet.TestCase
TestFleet.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
