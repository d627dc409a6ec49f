"""A coordinator on a store and a table in memory, with a clock that stands still."""

from __future__ import annotations

from capturing import AGENT, MemoryStore, MemoryTable, staged

from coordinator.campaign import Campaign
from coordinator.coordinator import Coordinator
from coordinator.lease import LeaseSettings
from creator.profile import Profile
from protocol.lease import LeaseGrant, LeaseRequest, NoWork, Report


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
        self.coordinator.operations.restore()

    def lease(self, agent: str = AGENT) -> LeaseGrant:
        grant = self.coordinator.lease(LeaseRequest(agent, self.profile.hash, "c", "1")).grant
        assert grant is not None
        return grant

    def refusal(self, agent: str = AGENT) -> NoWork:
        no_work = self.coordinator.lease(LeaseRequest(agent, self.profile.hash, "c", "1")).no_work
        assert no_work is not None
        return no_work

    def complete(self, grant: LeaseGrant, agent: str = AGENT) -> None:
        steps = range(len(grant.shard.characters))
        assert self.coordinator.accept_chunk(grant.lease_id, agent, staged(grant, steps))
        assert self.coordinator.report(Report(grant.lease_id, agent, "done", len(steps))).is_committed
