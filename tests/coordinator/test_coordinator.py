from __future__ import annotations

import pytest
from capturing import AGENT, MemoryStore, MemoryTable, small_sweep, staged
from prometheus_client import CollectorRegistry, generate_latest

from coordinator.campaign import Campaign
from coordinator.coordinator import Coordinator
from coordinator.errors import SweepConflictError
from coordinator.leases import LeaseSettings
from coordinator.metrics import FleetCollector
from coordinator.status import FleetStatus
from creator.profile import Profile
from dataset.errors import CommitError
from protocol.lease import Heartbeat, LeaseGrant, LeaseRequest, Report


class Site:
    """What outlives a coordinator, and the coordinator."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.store = MemoryStore()
        self.table = MemoryTable(profile)
        self.now = 0.0
        self.restart()

    def restart(self) -> None:
        self.coordinator = Coordinator(
            self.table,
            Campaign(self.store),
            LeaseSettings(max_failing_agents=2),
            clock=lambda: self.now,
            wall_clock=lambda: self.now,
        )
        self.coordinator.restore()

    def lease(self, agent: str = AGENT) -> LeaseGrant:
        grant = self.coordinator.lease(LeaseRequest(agent, self.profile.hash, "c", "1")).grant
        assert grant is not None
        return grant

    def complete(self, grant: LeaseGrant) -> None:
        steps = range(len(grant.shard.characters))
        assert self.coordinator.accept_chunk(grant.lease_id, AGENT, staged(grant, steps))
        assert self.coordinator.report(Report(grant.lease_id, AGENT, "done", len(steps))).is_committed


@pytest.fixture
def site(profile: Profile) -> Site:
    made = Site(profile)
    made.coordinator.add_sweep(small_sweep())
    return made


def test_a_restarted_coordinator_plans_the_same_and_goes_on(site: Site) -> None:
    first = site.lease()
    site.complete(first)

    site.restart()

    assert site.coordinator.status().committed_rows == 4
    assert site.lease().shard.shard_id != first.shard.shard_id


def test_a_heartbeat_after_a_restart_finds_its_lease(site: Site) -> None:
    grant = site.lease()

    site.restart()

    assert site.coordinator.heartbeat(Heartbeat(grant.lease_id, AGENT, 2)).is_held
    assert site.coordinator.status().agents[0].step == 2


def test_an_agent_that_comes_back_late_goes_on_if_nobody_took_its_shard(site: Site) -> None:
    grant = site.lease()
    site.coordinator.accept_chunk(grant.lease_id, AGENT, staged(grant, [0, 1]))
    site.now = 500.0
    assert site.coordinator.status().sweeps[0].pending_rows == 12

    assert site.coordinator.heartbeat(Heartbeat(grant.lease_id, AGENT, 2)).is_held
    site.coordinator.accept_chunk(grant.lease_id, AGENT, staged(grant, [2, 3]))
    assert site.coordinator.report(Report(grant.lease_id, AGENT, "done", 4)).is_committed


def test_an_agent_that_comes_back_too_late_is_told_that_its_lease_is_lost(site: Site) -> None:
    grant = site.lease()
    site.now = 500.0
    taken = site.lease("agent-2")
    assert taken.shard.shard_id == grant.shard.shard_id

    reply = site.coordinator.heartbeat(Heartbeat(grant.lease_id, AGENT, 2))

    assert not reply.is_held
    assert "expired" in reply.reason


def test_another_sweep_of_the_same_name_is_refused(site: Site) -> None:
    site.coordinator.add_sweep(small_sweep())  # the same again is nothing new

    with pytest.raises(SweepConflictError, match="another name"):
        site.coordinator.add_sweep(small_sweep(seed=4))


def test_a_plan_that_would_come_out_differently_is_refused_on_restart(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coordinator.coordinator.plan_checksum", lambda shards: "another release")

    with pytest.raises(SweepConflictError, match="that release"):
        site.restart()


def test_a_shard_that_failed_everywhere_is_set_aside_and_stays_so_after_a_restart(profile: Profile) -> None:
    site = Site(profile)
    site.coordinator.add_sweep(small_sweep(num_frames=4))
    for agent in ("a", "b"):
        grant = site.lease(agent)
        site.coordinator.report(Report(grant.lease_id, agent, "failed", 0, f"no window on {agent}"))
        site.restart()

    (evidence,) = site.coordinator.status().set_aside
    assert evidence.errors == ("a: no window on a", "b: no window on b")
    assert site.coordinator.status().is_finished

    site.coordinator.release_shard(evidence.shard_id)
    site.restart()
    site.complete(site.lease())


def test_staged_files_that_vanished_start_the_shard_over(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    grant = site.lease()
    site.coordinator.accept_chunk(grant.lease_id, AGENT, staged(grant, range(4)))

    def gone(*_: object) -> bool:
        raise CommitError("frames/x is gone")

    with monkeypatch.context() as patched:
        patched.setattr(site.table, "commit_shard", gone)
        reply = site.coordinator.report(Report(grant.lease_id, AGENT, "done", 4))

    assert not reply.is_committed
    assert "gone" in reply.reason
    again = site.lease()
    assert (again.shard.shard_id, again.attempt) == (grant.shard.shard_id, 2)
    site.complete(again)


def test_status_travels_as_json_and_tells_rates_and_counters(site: Site) -> None:
    grant = site.lease()
    site.now = 2.0
    site.coordinator.heartbeat(Heartbeat(grant.lease_id, AGENT, 1, {"presses": 10.0}))
    site.complete(grant)

    status = FleetStatus.from_json(site.coordinator.status().to_json())

    assert status.rows_per_second == pytest.approx(2.0)
    assert status.seconds_left == pytest.approx(4.0)
    assert status.counters["rows_committed"] == 4
    assert status.agents[0].counters == {"presses": 10.0}
    assert not status.is_finished


def test_metrics_are_read_when_they_are_scraped(site: Site) -> None:
    registry = CollectorRegistry()
    registry.register(FleetCollector(lambda: site.coordinator.status()))
    assert 'lookalike_sweep_rows{state="committed",sweep="demo"} 0.0' in generate_latest(registry).decode()

    site.complete(site.lease())

    text = generate_latest(registry).decode()
    assert 'lookalike_sweep_rows{state="committed",sweep="demo"} 4.0' in text
    assert "lookalike_rows_committed_total 4.0" in text
    assert f'lookalike_agent_rows_staged_total{{agent="{AGENT}"}} 4.0' in text
