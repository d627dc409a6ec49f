"""What operators order holds at once, and after every restart."""

from __future__ import annotations

import pytest
from capturing import AGENT, small_sweep, staged
from quiet_site import Site

from coordinator.commands import Command, execute
from coordinator.errors import OrderError, SweepSpecError
from creator.profile import Profile
from protocol.lease import Heartbeat, Report


def sweep_of_next_lease(site: Site, agent: str = AGENT) -> str:
    return site.lease(agent).shard.sweep


def test_the_sweep_of_higher_priority_is_captured_first(site: Site) -> None:
    site.coordinator.operations.add_sweep(small_sweep("urgent"))
    assert sweep_of_next_lease(site, "a") == "demo"

    site.coordinator.operations.order_sweep("urgent", priority=5)

    assert sweep_of_next_lease(site, "b") == "urgent"
    site.restart()
    assert sweep_of_next_lease(site, "c") == "urgent"


def test_of_equal_sweeps_the_one_planned_first_is_captured_first(site: Site) -> None:
    site.now = 1.0
    site.coordinator.operations.add_sweep(small_sweep("later"))

    sweeps = [sweep_of_next_lease(site, f"agent-{at}") for at in range(6)]

    assert sweeps == ["demo"] * 3 + ["later"] * 3


def test_a_paused_sweep_gives_no_new_lease_and_keeps_those_that_are_held(site: Site) -> None:
    grant = site.lease()
    site.coordinator.operations.order_sweep("demo", state="paused")

    refusal = site.refusal("agent-2")

    assert site.coordinator.heartbeat(Heartbeat(grant.lease_id, AGENT, 1)).is_held
    site.complete(grant)
    assert not refusal.is_finished
    site.restart()
    assert "paused: demo" in site.refusal("agent-2").reason
    site.coordinator.operations.order_sweep("demo", state="running")
    site.lease("agent-2")


def test_a_cancelled_sweep_ends_its_leases_and_keeps_what_is_committed(site: Site) -> None:
    site.complete(site.lease())
    held = site.lease()
    site.coordinator.accept_chunk(held.lease_id, AGENT, staged(held, [0, 1]))

    site.coordinator.operations.order_sweep("demo", state="cancelled")

    assert not site.coordinator.heartbeat(Heartbeat(held.lease_id, AGENT, 2)).is_held
    assert site.refusal().is_finished
    (sweep,) = site.coordinator.status().sweeps
    assert (sweep.state, sweep.committed_rows, sweep.cancelled_rows) == ("cancelled", 4, 8)
    assert site.coordinator.status().planned_rows == 4
    assert sum(site.coordinator.operations.planned_rows().values()) == 4
    assert not [path for path in site.store.objects if path.startswith(("leases/", "staged/"))]


def test_a_cancelled_sweep_stays_so_after_a_restart_and_can_be_taken_up_again(site: Site) -> None:
    site.coordinator.operations.order_sweep("demo", state="cancelled")
    site.restart()
    assert site.refusal().is_finished

    site.coordinator.operations.order_sweep("demo", state="running")

    for _ in range(3):
        site.complete(site.lease())
    assert site.coordinator.status().committed_rows == 12


def test_a_report_for_a_cancelled_sweep_is_too_late(site: Site) -> None:
    held = site.lease()
    site.coordinator.accept_chunk(held.lease_id, AGENT, staged(held, range(4)))
    site.coordinator.operations.order_sweep("demo", state="cancelled")

    assert not site.coordinator.report(Report(held.lease_id, AGENT, "done", 4)).is_committed
    assert not site.table.rows


def test_a_drained_agent_finishes_its_shard_and_gets_no_further_one(site: Site) -> None:
    grant = site.lease()
    site.coordinator.operations.drain_agent(AGENT, is_drained=True)

    site.complete(grant)

    assert "drained" in site.refusal().reason
    assert site.coordinator.status().agents[0].is_drained
    site.restart()
    assert "drained" in site.refusal().reason
    site.coordinator.operations.drain_agent(AGENT, is_drained=False)
    site.lease()


def test_only_the_last_order_on_a_subject_is_kept(site: Site) -> None:
    for priority in (1, 2, 3):
        site.coordinator.operations.order_sweep("demo", priority=priority)
    site.restart()

    assert site.coordinator.status().sweeps[0].priority == 3
    assert len([path for path in site.store.objects if path.startswith("orders/")]) == 1


def test_orders_that_make_no_sense_are_refused(site: Site) -> None:
    with pytest.raises(OrderError, match="there are: demo"):
        site.coordinator.operations.order_sweep("nix", state="paused")
    with pytest.raises(OrderError, match="priority"):
        site.coordinator.operations.order_sweep("demo", priority=10**6)
    with pytest.raises(OrderError, match="`sweep` is missing"):
        execute(Command("add_sweep", "x"), site.coordinator.operations)
    with pytest.raises(SweepSpecError, match="kind"):
        execute(Command("add_sweep", "x", sweep={"name": "x"}), site.coordinator.operations)


def test_a_shard_that_does_not_exist_is_refused_with_those_that_were_set_aside(profile: Profile) -> None:
    site = Site(profile)
    site.coordinator.operations.add_sweep(small_sweep(num_frames=4))
    for agent in ("a", "b"):
        site.coordinator.report(Report(site.lease(agent).lease_id, agent, "failed", 0, "no window"))

    with pytest.raises(OrderError, match="No shard 'demo-99999'; set aside are: demo-00000"):
        execute(Command("release_shard", "demo-99999"), site.coordinator.operations)


def test_commands_say_what_they_did(site: Site) -> None:
    operations = site.coordinator.operations
    spec = small_sweep("more").to_json()

    texts = [
        execute(command, operations).text
        for command in (
            Command("add_sweep", "more", priority=7, sweep=spec),
            Command("pause_sweep", "more"),
            Command("run_sweep", "more", priority=-1),
            Command("cancel_sweep", "more"),
            Command("drain_agent", AGENT),
            Command("undrain_agent", AGENT),
            Command("release_agent", AGENT),
            Command("release_shard", "more-00000"),
        )
    ]

    assert texts[0].startswith("Sweep more: 12 frames in 3 shards")
    assert texts[1:4] == [
        "Sweep more is paused, priority 7",
        "Sweep more is running, priority -1",
        "Sweep more is cancelled, priority -1",
    ]
    assert all(AGENT in text for text in texts[4:7])
