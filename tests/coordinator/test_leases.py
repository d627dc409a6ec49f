from __future__ import annotations

import pytest

from coordinator.errors import ForeignLeaseError, LeaseSettingsError, UnknownLeaseError
from coordinator.lease import Failure, Lease, LeaseSettings, Refusal, ShardState
from coordinator.leases import LeaseTable

SETTINGS = LeaseSettings(expires_in_seconds=60, max_failing_agents=2, max_failures=3, max_failing_shards=2)


def table(*shard_ids: str) -> LeaseTable:
    made = LeaseTable(SETTINGS)
    made.add(shard_ids)
    return made


def acquire(leases: LeaseTable, agent: str, now: float = 0.0) -> Lease:
    lease = leases.acquire(agent, f"{agent}{now}", now)
    assert isinstance(lease, Lease)
    return lease


def test_two_agents_never_hold_the_same_shard() -> None:
    leases = table("s-0", "s-1")

    assert {acquire(leases, "a").shard_id, acquire(leases, "b").shard_id} == {"s-0", "s-1"}
    assert isinstance(leases.acquire("c", "x", 0.0), Refusal)


def test_a_lease_without_heartbeat_goes_to_the_next_agent_as_a_new_attempt() -> None:
    leases = table("s-0")
    lost = acquire(leases, "a")

    again = acquire(leases, "b", now=60.0)

    assert (again.shard_id, again.attempt) == ("s-0", 2)
    with pytest.raises(UnknownLeaseError, match="expired"):
        leases.renew(lost.lease_id, "a", 61.0)


def test_a_heartbeat_keeps_a_lease_alive() -> None:
    leases = table("s-0")
    lease = acquire(leases, "a")

    leases.renew(lease.lease_id, "a", 59.0)

    assert leases.expire(118.0) == []
    assert leases.expire(119.0) == [lease]


def test_a_lease_of_somebody_else_cannot_be_renewed() -> None:
    leases = table("s-0")
    lease = acquire(leases, "a")

    with pytest.raises(ForeignLeaseError):
        leases.renew(lease.lease_id, "b", 1.0)


def test_a_shard_that_is_being_committed_does_not_expire() -> None:
    leases = table("s-0")
    lease = acquire(leases, "a")
    leases.begin_commit(lease.lease_id, "a")

    assert leases.expire(1e6) == []
    leases.end_commit(lease.lease_id, 1e6, is_committed=True)

    assert leases.state("s-0") is ShardState.COMMITTED
    assert leases.is_finished


def test_a_commit_that_did_not_happen_leaves_the_lease_with_its_agent() -> None:
    leases = table("s-0")
    lease = acquire(leases, "a")
    leases.begin_commit(lease.lease_id, "a")
    leases.end_commit(lease.lease_id, 1e6, is_committed=False)

    assert leases.renew(lease.lease_id, "a", 1e6 + 1) == lease


def test_a_shard_that_failed_on_several_agents_is_set_aside_with_its_evidence() -> None:
    leases = table("s-0")
    for agent in ("a", "b"):
        leases.fail(acquire(leases, agent).lease_id, agent, f"{agent} cannot")

    assert leases.state("s-0") is ShardState.SET_ASIDE
    assert [failure.error for failure in leases.failures("s-0")] == ["a cannot", "b cannot"]
    refusal = leases.acquire("c", "x", 0.0)
    assert isinstance(refusal, Refusal)
    assert refusal.is_finished
    assert "set aside (1)" in refusal.reason


def test_a_shard_that_was_set_aside_can_be_released() -> None:
    leases = table("s-0")
    for agent in ("a", "b"):
        leases.fail(acquire(leases, agent).lease_id, agent, "no")

    leases.release_shard("s-0")

    assert acquire(leases, "c").shard_id == "s-0"


def test_a_failed_shard_goes_to_another_agent_first() -> None:
    leases = table("s-0", "s-1")
    leases.fail(acquire(leases, "a").lease_id, "a", "no")

    assert acquire(leases, "a").shard_id == "s-1"
    assert acquire(leases, "b").shard_id == "s-0"


def test_a_lonely_agent_gets_its_failed_shard_again() -> None:
    leases = table("s-0")
    leases.fail(acquire(leases, "a").lease_id, "a", "no")

    assert acquire(leases, "a").attempt == 2


def test_an_agent_that_fails_on_shard_after_shard_is_set_aside_until_released() -> None:
    leases = table("s-0", "s-1", "s-2")
    for _ in range(2):
        leases.fail(acquire(leases, "a").lease_id, "a", "window is gone")

    refusal = leases.acquire("a", "x", 0.0)
    assert isinstance(refusal, Refusal)
    assert "window is gone" in refusal.reason
    assert not refusal.is_finished
    assert leases.set_aside_agents() == ["a"]

    leases.release_agent("a")
    assert acquire(leases, "a").shard_id == "s-2"


def test_an_agent_that_asks_for_more_than_it_may_hold_loses_its_oldest_lease() -> None:
    leases = table("s-0", "s-1", "s-2")
    first, second, third = (acquire(leases, "a", now) for now in (0.0, 1.0, 2.0))

    assert leases.leases_of("a") == [second, third]
    assert leases.state(first.shard_id) is ShardState.PENDING


def test_an_agent_that_holds_all_that_is_left_gets_its_oldest_shard_again() -> None:
    """A late heartbeat takes up again what was given up: so it may hold more than it may ask for."""
    leases = table("s-0", "s-1", "s-2")
    first, *_ = (acquire(leases, "a", now) for now in (0.0, 1.0, 2.0))
    assert leases.reattach(first, 3.0)

    again = acquire(leases, "a", now=4.0)

    assert len(leases.leases_of("a")) == SETTINGS.max_leases_per_agent
    assert again.attempt == 2


def test_a_lease_from_before_a_restart_is_taken_up_again_unless_somebody_has_the_shard() -> None:
    leases = table("s-0", "s-1")
    held = Lease("s-0.3.x", "s-0", "a", 3)

    assert leases.reattach(held, 0.0)
    assert not leases.reattach(Lease("s-0.2.y", "s-0", "b", 2), 0.0)
    assert acquire(leases, "b").shard_id == "s-1"


def test_failures_from_before_a_restart_count_against_the_shard() -> None:
    leases = table("s-0")
    for agent in ("a", "b"):
        leases.remember(Failure("s-0", agent, 1, "no"))

    assert leases.state("s-0") is ShardState.SET_ASIDE


def test_heartbeats_must_be_shorter_than_the_lease() -> None:
    with pytest.raises(LeaseSettingsError, match="heartbeat_seconds 90"):
        LeaseSettings(heartbeat_seconds=90, expires_in_seconds=60)
