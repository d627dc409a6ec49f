from __future__ import annotations

import pytest
from capturing import AGENT, CrashError, small_sweep, staged
from quiet_site import Site

from coordinator.errors import SweepConflictError
from coordinator.status import FleetStatus
from creator.profile import Profile
from dataset.errors import CommitError
from protocol.lease import Heartbeat, Report


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


def test_a_chunk_whose_note_was_written_twice_counts_once_after_a_restart(site: Site) -> None:
    grant = site.lease()
    site.store.crash = "after"
    with pytest.raises(CrashError):
        site.coordinator.accept_chunk(grant.lease_id, AGENT, staged(grant, [0, 1]))
    for steps in ([0, 1], [2, 3]):
        assert site.coordinator.accept_chunk(grant.lease_id, AGENT, staged(grant, steps))

    site.restart()

    assert site.coordinator.report(Report(grant.lease_id, AGENT, "done", 4)).is_committed
    assert sorted(site.table.rows[grant.shard.shard_id]) == [0, 1, 2, 3]
    assert not [path for path in site.store.objects if path.startswith("staged/")]


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
    site.coordinator.operations.add_sweep(small_sweep())  # the same again is nothing new

    with pytest.raises(SweepConflictError, match="another name"):
        site.coordinator.operations.add_sweep(small_sweep(seed=4))


def test_a_plan_that_would_come_out_differently_is_refused_on_restart(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coordinator.operations.plan_checksum", lambda shards: "another release")

    with pytest.raises(SweepConflictError, match="that release"):
        site.restart()


def test_a_shard_that_failed_everywhere_is_set_aside_and_stays_so_after_a_restart(profile: Profile) -> None:
    site = Site(profile)
    site.coordinator.operations.add_sweep(small_sweep(num_frames=4))
    for agent in ("a", "b"):
        grant = site.lease(agent)
        site.coordinator.report(Report(grant.lease_id, agent, "failed", 0, f"no window on {agent}"))
        site.restart()

    (evidence,) = site.coordinator.status().set_aside
    assert evidence.errors == ("a: no window on a", "b: no window on b")
    assert site.coordinator.status().is_finished

    site.coordinator.operations.release_shard(evidence.shard_id)
    site.restart()
    site.complete(site.lease())


def fail_everywhere(site: Site) -> None:
    """On as many shards in a row as an agent may."""
    site.coordinator.operations.add_sweep(small_sweep("more", num_frames=40))
    for number in range(5):
        grant = site.lease()
        site.coordinator.report(Report(grant.lease_id, AGENT, "failed", 0, f"window {number} is gone"))


def test_an_agent_that_was_set_aside_stays_so_after_a_restart_and_its_evidence_is_shown(site: Site) -> None:
    fail_everywhere(site)

    for _ in range(2):
        (agent,) = site.coordinator.status().agents
        assert agent.is_set_aside
        assert "5 shards failed there in a row" in agent.evidence
        assert "window 4 is gone" in agent.evidence
        assert "window 4 is gone" in site.refusal().reason
        site.restart()

    site.coordinator.operations.release_agent(AGENT)
    site.restart()
    site.lease()
    assert [agent.evidence for agent in site.coordinator.status().agents] == [""]


def test_an_agent_that_finishes_a_shard_after_all_is_set_aside_no_more(site: Site) -> None:
    held = site.lease()
    fail_everywhere(site)

    site.complete(held)

    site.restart()
    site.lease()
    assert not [path for path in site.store.objects if path.startswith("set_aside/")]


def test_a_shard_whose_lease_could_not_be_written_waits_for_nobody(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(profile)
    site.coordinator.operations.add_sweep(small_sweep(num_frames=4))
    site.lease("a")
    site.now = 500.0

    def stalls(_: object) -> None:
        raise OSError("the store stalls")

    with monkeypatch.context() as patched:
        patched.setattr(site.store, "delete", stalls)  # of what is left of the first lease
        with pytest.raises(OSError, match="stalls"):
            site.lease("b")

    site.complete(site.lease("c"), "c")


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


def test_the_tables_are_complete_before_a_campaign_is_told_to_be_finished(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(site.table, "flush", lambda: seen.append(site.coordinator.status().is_finished))
    grants = [site.lease(agent) for agent in ("a", "b", "c")]

    for grant, agent in zip(grants, ("a", "b", "c"), strict=True):
        assert seen == []
        site.complete(grant, agent)

    assert seen == [False]
    assert site.coordinator.status().is_finished
