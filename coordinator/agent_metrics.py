"""Figures of agents: who does what, and what each one's heartbeats say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import Metric

from coordinator.status import AgentStatus
from telemetry.catalogue import AGENT_COUNTERS, AGENT_GAUGES, MOST_AGENTS
from telemetry.family import family

STATES = ("capturing", "idle", "silent", "drained", "set_aside")
GONE_AFTER_SECONDS = 86_400.0
"""An agent that nobody heard of for a day has been sent home; it gets no series any more."""


def agent_families(agents: Sequence[AgentStatus], silent_after_seconds: float) -> Iterator[Metric]:
    """`silent_after_seconds`: as long as a lease lives without a heartbeat."""
    present = sorted(agents, key=lambda agent: agent.heard_seconds_ago)[:MOST_AGENTS]
    present = [agent for agent in present if agent.heard_seconds_ago < GONE_AFTER_SECONDS]
    states = dict.fromkeys(STATES, 0.0)
    for agent in present:
        states[agent_state(agent, silent_after_seconds)] += 1
    yield family("lookalike_agents", {(state,): number for state, number in states.items()})
    yield family("lookalike_agent_silence_seconds", {(agent.agent,): agent.heard_seconds_ago for agent in present})
    yield family("lookalike_agent_rows_staged_total", {(agent.agent,): agent.frames for agent in present})
    for key, name in (AGENT_COUNTERS | AGENT_GAUGES).items():
        yield family(name, {(agent.agent,): agent.counters[key] for agent in present if key in agent.counters})


def agent_state(agent: AgentStatus, silent_after_seconds: float) -> str:
    """The first of these that is true: set aside, silent, drained, capturing, idle."""
    if agent.is_set_aside:
        return "set_aside"
    if agent.heard_seconds_ago > silent_after_seconds:
        return "silent"
    if agent.is_drained:
        return "drained"
    return "capturing" if agent.shards else "idle"
