"""The agents that were heard of: when, what they count, what came of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from coordinator.leases import LeaseTable
from coordinator.status import AgentStatus
from coordinator.work import WorkBook


@dataclass(slots=True)
class _Agent:
    heard_seconds: float
    frames: int = 0
    counters: dict[str, float] = field(default_factory=dict)


class Roster:
    """In memory only: after a restart it fills with the next heartbeats."""

    def __init__(self) -> None:
        self._agents: dict[str, _Agent] = {}

    def hear(self, agent: str, now: float, counters: dict[str, float] | None = None) -> None:
        known = self._agents.setdefault(agent, _Agent(now))
        known.heard_seconds = now
        if counters:
            known.counters = counters

    def add_frames(self, agent: str, count: int, now: float) -> None:
        self._agents.setdefault(agent, _Agent(now)).frames += count

    def statuses(self, table: LeaseTable, works: WorkBook, now: float) -> tuple[AgentStatus, ...]:
        return tuple(self._status(agent, table, works, now) for agent in sorted(self._agents))

    def _status(self, agent: str, table: LeaseTable, works: WorkBook, now: float) -> AgentStatus:
        known = self._agents[agent]
        held = table.leases_of(agent)
        work = works.get(held[-1].lease_id) if held else None
        return AgentStatus(
            agent=agent,
            heard_seconds_ago=now - known.heard_seconds,
            shards=tuple(lease.shard_id for lease in held),
            step=work.step if work else 0,
            frames=known.frames,
            is_set_aside=table.is_set_aside(agent),
            is_drained=table.is_drained(agent),
            counters=known.counters,
            evidence=table.failing.evidence(agent),
        )
