"""Who captures which shard: the lease table. Pure: the time is an argument, nothing is read or written.

A shard is pending, leased, committing, committed, set aside or cancelled; what is committed stays so. After a restart the
table is rebuilt from the planned shards, the committed ones, the recorded failures and the orders; leases that agents still
hold are taken up again when they are heard of.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from coordinator.errors import ForeignLeaseError, UnknownLeaseError
from coordinator.failing import FailingAgents
from coordinator.lease import Failure, Lease, LeaseSettings, Refusal, ShardState
from coordinator.orders import SweepOrder
from coordinator.pending import PendingShards


@dataclass(slots=True)
class _Shard:
    shard_id: str
    sweep: str
    state: ShardState = ShardState.PENDING
    attempts: int = 0
    failures: list[Failure] = field(default_factory=list)


@dataclass(slots=True)
class _Held:
    lease: Lease
    expires_at_seconds: float


class LeaseTable:
    """All methods that name a lease raise UnknownLeaseError or ForeignLeaseError when it is not that agent's."""

    def __init__(self, settings: LeaseSettings) -> None:
        self.settings = settings
        self._shards: dict[str, _Shard] = {}
        self._pending = PendingShards()
        self._held: OrderedDict[str, _Held] = OrderedDict()  # the lease that expires first stands first
        self._by_agent: dict[str, list[str]] = {}
        self.failing = FailingAgents(settings.max_failing_shards)
        self._drained: set[str] = set()
        self._counts = dict.fromkeys(ShardState, 0)

    # What there is to do

    def add(self, shard_ids: Iterable[str], committed: Collection[str] = (), sweep: str = "") -> None:
        """Plans shards of a sweep, in the order in which they are to be captured; known ones are left as they are."""
        for shard_id in shard_ids:
            if shard_id not in self._shards:
                self._shards[shard_id] = _Shard(shard_id, sweep)
                self._counts[ShardState.PENDING] += 1
                self._pending.append(sweep, shard_id)
                if shard_id in committed:
                    self._enter(shard_id, ShardState.COMMITTED)
        if self._pending.order(sweep).state == "cancelled":
            self._cancel(sweep)

    def remember(self, failure: Failure) -> None:
        """A failure from before a restart. It speaks against the shard; agents that were set aside `failing` remembers."""
        if failure.shard_id in self._shards:
            self._record(failure)

    def raise_attempts(self, shard_id: str, attempt: int) -> None:
        """An attempt from before a restart: the next one gets a higher number."""
        if shard_id in self._shards:
            self._shards[shard_id].attempts = max(self._shards[shard_id].attempts, attempt)

    # Leases

    def acquire(self, agent: str, nonce: str, now: float) -> Lease | Refusal:
        """The next shard, one that did not fail on this agent if there is one. `nonce` makes the lease's id unique."""
        self.expire(now)
        if self.failing.is_set_aside(agent):
            return Refusal(f"Agent {agent} is set aside: {self.failing.evidence(agent)}")
        if agent in self._drained:
            return Refusal(f"Agent {agent} is drained: it gets no further shards until an operator says so")
        shard = self._next_shard(agent)
        self._make_room(agent)
        shard = shard or self._next_shard(agent)  # all that is left may be what this very agent lost track of
        if shard is None:
            return self._nothing_left()
        attempt = shard.attempts + 1
        lease = Lease(f"{shard.shard_id}.{attempt}.{nonce}", shard.shard_id, agent, attempt)
        self._hold(lease, now)
        return lease

    def reattach(self, lease: Lease, now: float) -> bool:
        """Takes a lease up again that was granted before a restart, or ran out while nobody else wanted its shard."""
        shard = self._shards.get(lease.shard_id)
        if lease.lease_id in self._held or shard is None:
            return lease.lease_id in self._held
        if shard.state is not ShardState.PENDING or lease.attempt < shard.attempts:
            return False
        self._hold(lease, now)
        return True

    def find(self, lease_id: str, agent: str) -> Lease:
        held = self._held.get(lease_id)
        if held is None:
            raise UnknownLeaseError(f"Lease {lease_id!r:.120} is not held: it ended, or expired without a heartbeat")
        if held.lease.agent != agent:
            raise ForeignLeaseError(f"Lease {lease_id!r:.120} belongs to another agent than {agent!r:.80}")
        return held.lease

    def renew(self, lease_id: str, agent: str, now: float) -> Lease:
        """A sign of life; a lease whose time ran out is gone even if nobody looked yet."""
        self.expire(now)
        lease = self.find(lease_id, agent)
        self._prolong(lease_id, now)
        return lease

    def expire(self, now: float) -> list[Lease]:
        """Ends every lease whose time ran out; its shard is pending again. A lease that is being committed stays."""
        expired = []
        for held in list(self._held.values()):
            if held.expires_at_seconds > now:
                break
            if self._shards[held.lease.shard_id].state is ShardState.LEASED:
                self._end(held.lease.lease_id, ShardState.PENDING)
                expired.append(held.lease)
        return expired

    def give_back(self, lease_id: str, agent: str) -> Lease:
        lease = self.find(lease_id, agent)
        if self._shards[lease.shard_id].state is ShardState.LEASED:
            self._end(lease_id, ShardState.PENDING)
        return lease

    def fail(self, lease_id: str, agent: str, error: str) -> Failure:
        """The shard cannot be done there; it goes to others, or is set aside with its evidence."""
        lease = self.find(lease_id, agent)
        failure = Failure(lease.shard_id, agent, lease.attempt, error)
        if self._shards[lease.shard_id].state is ShardState.LEASED:
            self._end(lease_id, ShardState.PENDING, is_next=False)  # the others first: it may be the shard's own fault
            self.failing.add(failure)
            self._record(failure)
        return failure

    def begin_commit(self, lease_id: str, agent: str) -> Lease:
        """From here until `end_commit` the lease cannot expire, and nobody else gets the shard."""
        lease = self.find(lease_id, agent)
        if self._shards[lease.shard_id].state is ShardState.COMMITTING:
            raise UnknownLeaseError(f"Shard {lease.shard_id} is being committed; ask again")
        self._enter(lease.shard_id, ShardState.COMMITTING)
        return lease

    def end_commit(self, lease_id: str, now: float, *, is_committed: bool) -> None:
        lease = self._held[lease_id].lease
        if is_committed:
            self._end(lease_id, ShardState.COMMITTED)
            self.failing.release(lease.agent)
        else:
            self._enter(lease.shard_id, ShardState.LEASED)
            self._prolong(lease_id, now)

    # What an operator orders

    def release_shard(self, shard_id: str) -> None:
        """Gives a shard that was set aside another chance; its evidence is dropped."""
        if (shard := self._shards.get(shard_id)) and shard.state is ShardState.SET_ASIDE:
            shard.failures.clear()
            self._enter(shard_id, ShardState.PENDING)

    def release_agent(self, agent: str) -> None:
        self.failing.release(agent)

    def drain(self, agent: str, *, is_drained: bool) -> None:
        """A drained agent finishes what it holds."""
        (self._drained.add if is_drained else self._drained.discard)(agent)

    def is_drained(self, agent: str) -> bool:
        return agent in self._drained

    def order_sweep(self, sweep: str, order: SweepOrder) -> list[Lease]:
        """Returns the leases that it ends: those of a cancelled sweep. One that is being committed stays."""
        self._pending.give_order(sweep, order)
        if order.state == "cancelled":
            return self._cancel(sweep)
        for shard in self._shards.values():
            if shard.sweep == sweep and shard.state is ShardState.CANCELLED:
                self._enter(shard.shard_id, ShardState.PENDING, is_next=False)
        return []

    def sweep_order(self, sweep: str) -> SweepOrder:
        return self._pending.order(sweep)

    def _cancel(self, sweep: str) -> list[Lease]:
        ended = []
        for held in list(self._held.values()):
            shard = self._shards[held.lease.shard_id]
            if shard.sweep == sweep and shard.state is ShardState.LEASED:
                self._end(held.lease.lease_id, ShardState.PENDING)
                ended.append(held.lease)
        for shard_id in self._pending.of_sweep(sweep):
            self._enter(shard_id, ShardState.CANCELLED)
        return ended

    # What is known

    def leases_of(self, agent: str) -> list[Lease]:
        return [self._held[lease_id].lease for lease_id in self._by_agent.get(agent, ())]

    def state(self, shard_id: str) -> ShardState:
        return self._shards[shard_id].state

    def __contains__(self, shard_id: str) -> bool:
        return shard_id in self._shards

    def failures(self, shard_id: str) -> tuple[Failure, ...]:
        return tuple(self._shards[shard_id].failures)

    def set_aside_shards(self) -> list[str]:
        if not self._counts[ShardState.SET_ASIDE]:
            return []
        return [shard.shard_id for shard in self._shards.values() if shard.state is ShardState.SET_ASIDE]

    def set_aside_agents(self) -> list[str]:
        return self.failing.set_aside()

    def is_set_aside(self, agent: str) -> bool:
        return self.failing.is_set_aside(agent)

    def is_last(self, lease_id: str) -> bool:
        """Nothing else is left to do."""
        return not self._counts[ShardState.PENDING] and list(self._held) == [lease_id]

    @property
    def is_finished(self) -> bool:
        """Nothing is left that an agent could do or is doing."""
        return not (self._counts[ShardState.PENDING] or self._held)

    def _make_room(self, agent: str) -> None:
        """An agent that asks for more than it may hold has lost track of its oldest lease, as after a crash."""
        held = [
            lease_id
            for lease_id in self._by_agent.get(agent, ())
            if self._shards[self._held[lease_id].lease.shard_id].state is ShardState.LEASED
        ]
        for lease_id in held[: len(held) + 1 - self.settings.max_leases_per_agent]:
            self._end(lease_id, ShardState.PENDING)

    def _prolong(self, lease_id: str, now: float) -> None:
        self._held[lease_id].expires_at_seconds = now + self.settings.expires_in_seconds
        self._held.move_to_end(lease_id)

    def _next_shard(self, agent: str) -> _Shard | None:
        """Pending shards are few failures deep, so the first look nearly always finds one."""
        first = None
        for shard_id in self._pending:
            shard = self._shards[shard_id]
            if all(failure.agent != agent for failure in shard.failures):
                return shard
            first = first or shard
        return first

    def _nothing_left(self) -> Refusal:
        if self._held:
            return Refusal(f"All shards are leased ({len(self._held)}); one may come back")
        if paused := self._pending.held_back():
            return Refusal(f"What is left is paused: {', '.join(paused[:8])}")
        rest = {state: self._counts[state] for state in (ShardState.SET_ASIDE, ShardState.CANCELLED)}
        parts = ["committed", *(f"{state.replace('_', ' ')} ({count})" for state, count in rest.items() if count)]
        return Refusal(f"Every shard is {' or '.join(parts)}", True)

    def _hold(self, lease: Lease, now: float) -> None:
        self._enter(lease.shard_id, ShardState.LEASED)
        self._shards[lease.shard_id].attempts = lease.attempt
        self._held[lease.lease_id] = _Held(lease, now + self.settings.expires_in_seconds)
        self._by_agent.setdefault(lease.agent, []).append(lease.lease_id)

    def _end(self, lease_id: str, state: ShardState, *, is_next: bool = True) -> None:
        lease = self._held.pop(lease_id).lease
        self._by_agent[lease.agent].remove(lease_id)
        self._enter(lease.shard_id, state, is_next=is_next)

    def _record(self, failure: Failure) -> None:
        shard = self._shards[failure.shard_id]
        shard.failures.append(failure)
        shard.attempts = max(shard.attempts, failure.attempt)
        num_agents = len({known.agent for known in shard.failures})
        is_hopeless = (
            num_agents >= self.settings.max_failing_agents or len(shard.failures) >= self.settings.max_failures
        )
        if is_hopeless and shard.state is ShardState.PENDING:
            self._enter(failure.shard_id, ShardState.SET_ASIDE)

    def _enter(self, shard_id: str, state: ShardState, *, is_next: bool = True) -> None:
        shard = self._shards[shard_id]
        if state is ShardState.PENDING and self._pending.order(shard.sweep).state == "cancelled":
            state = ShardState.CANCELLED
        self._counts[shard.state] -= 1
        self._counts[state] += 1
        if shard.state is ShardState.PENDING:
            self._pending.remove(shard.sweep, shard_id)
        shard.state = state
        if state is ShardState.PENDING:
            (self._pending.put_first if is_next else self._pending.append)(shard.sweep, shard_id)
