"""What people do to a campaign: plan sweeps, order them, drain agents, give another chance, start again after a crash."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from coordinator.campaign import Campaign, PlannedSweep
from coordinator.cost import SweepCost, sweep_cost
from coordinator.errors import OrderError
from coordinator.lease import ShardState
from coordinator.orders import AgentOrder, GivenOrder, SweepOrder, SweepState
from coordinator.state import FleetState
from coordinator.sweep import SweepSpec, plan_checksum, plan_sweep
from coordinator.work import Work
from dataset.patience import ask_patiently
from protocol.shard import Shard


class Operations:
    """`committed` reads the rows of every committed shard from the tables."""

    def __init__(
        self,
        state: FleetState,
        campaign: Campaign,
        committed: Callable[[], dict[str, int]],
        wall_clock: Callable[[], float],
    ) -> None:
        self._state = state
        self._campaign = campaign
        self._committed = committed
        self._wall_clock = wall_clock
        self._last_order = 0

    def restore(self) -> None:
        """Plans the stored sweeps again and takes up the leases that were held. Raises SweepConflictError."""
        committed = ask_patiently(self._committed)
        for sweep in ask_patiently(self._campaign.sweeps):
            shards = plan_sweep(sweep.spec, self._state.profile)
            self._remember_plan(sweep.spec, shards)  # compares: the plan must be the same
            self._adopt(sweep.spec, shards, committed)
        failures, orders = ask_patiently(self._campaign.failures), ask_patiently(self._campaign.orders)
        set_aside = ask_patiently(self._campaign.agents_set_aside)
        with self._state.lock:
            for agent, errors in set_aside.items():
                self._state.table.failing.remember(agent, errors)
                self._state.hear(agent)  # from now on it is silent; whoever looks must see it
            for failure in failures:
                self._state.table.remember(failure)
            for order in orders:
                self._obey(order)
        self._restore_leases()

    def _restore_leases(self) -> None:
        staged, leases = ask_patiently(self._campaign.staged), ask_patiently(self._campaign.leases)
        over = set(staged)
        with self._state.lock:
            for lease in sorted(leases, key=lambda lease: -lease.attempt):
                self._state.table.raise_attempts(lease.shard_id, lease.attempt)
                if self._state.table.reattach(lease, self._state.clock()):
                    self._state.works.begin(Work.resumed(lease, staged.get(lease.lease_id, [])))
                    over.discard(lease.lease_id)
                else:
                    over.add(lease.lease_id)
        ask_patiently(lambda: self._campaign.forget(over))

    # Sweeps

    def add_sweep(self, spec: SweepSpec) -> SweepCost:
        """Plans a sweep; one that is planned already stays as it is. Raises SweepSpecError, SweepConflictError."""
        shards = plan_sweep(spec, self._state.profile)
        self._remember_plan(spec, shards)
        self._adopt(spec, shards, ask_patiently(self._committed))
        return sweep_cost(shards, self._state.profile)

    def _remember_plan(self, spec: SweepSpec, shards: Sequence[Shard]) -> None:
        planned = PlannedSweep(spec, self._state.profile.hash, plan_checksum(shards), self._wall_clock())
        ask_patiently(lambda: self._campaign.add_sweep(planned))

    def _adopt(self, spec: SweepSpec, shards: Sequence[Shard], committed: dict[str, int]) -> None:
        with self._state.lock:
            self._state.plans.add(spec, shards)
            self._state.table.add((shard.shard_id for shard in shards), committed, spec.name)

    def planned_rows(self) -> dict[str, int]:
        """Rows by shard, of those that were not cancelled."""
        with self._state.lock:
            table = self._state.table
            rows = self._state.plans.planned_rows()
            return {name: count for name, count in rows.items() if table.state(name) is not ShardState.CANCELLED}

    def order_sweep(self, name: str, *, state: SweepState | None = None, priority: int | None = None) -> SweepOrder:
        """Changes what is given and returns what holds now; it outlives this process. Raises OrderError."""
        with self._state.lock:
            self._state.plans.check_sweep(name)
            before = self._state.table.sweep_order(name)
        order = SweepOrder(state or before.state, before.priority if priority is None else priority)
        self._give(GivenOrder(self._next_order(), name, sweep=order))
        return order

    # Agents and shards

    def drain_agent(self, agent: str, *, is_drained: bool) -> None:
        """It finishes what it holds and gets no further shard; this outlives this process."""
        self._give(GivenOrder(self._next_order(), agent, agent=AgentOrder(is_drained)))

    def release_shard(self, shard_id: str) -> None:
        """Another chance for a shard that was set aside. Raises OrderError."""
        with self._state.lock:
            if shard_id not in self._state.table:
                aside = self._state.table.set_aside_shards()
                raise OrderError(f"No shard {shard_id!r:.120}; set aside are: {', '.join(aside[:20]) or 'none'}")
            self._state.table.release_shard(shard_id)
        self._campaign.forget_failures(shard_id)

    def release_agent(self, agent: str) -> None:
        """Another chance for an agent that was set aside."""
        self._campaign.release_agent(agent)
        with self._state.lock:
            self._state.table.release_agent(agent)

    # Orders

    def _next_order(self) -> int:
        with self._state.lock:
            self._last_order += 1
            return self._last_order

    def _give(self, order: GivenOrder) -> None:
        """Written down first: what an operator was told must not be forgotten by a crash."""
        self._campaign.add_order(order)
        with self._state.lock:
            over = self._obey(order)
        self._campaign.forget(over)

    def _obey(self, order: GivenOrder) -> list[str]:
        """Returns the leases that it ended."""
        table = self._state.table
        self._last_order = max(self._last_order, order.number)
        if order.agent is not None:
            table.drain(order.name, is_drained=order.agent.is_drained)
        ended = [] if order.sweep is None else table.order_sweep(order.name, order.sweep)
        over = [lease.lease_id for lease in ended]
        self._state.works.end(over)
        return over
