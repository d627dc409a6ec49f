"""The campaign's figures, read from the fleet's status when they are scraped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields

from prometheus_client.core import Metric

from coordinator.agent_metrics import agent_families
from coordinator.status import FleetStatus, SweepStatus
from telemetry.family import family

_LEASE_EVENTS = {
    "leases_granted": "granted",
    "leases_expired": "expired",
    "leases_given_back": "given_back",
    "shards_failed": "failed",
    "shards_committed": "committed",
    "commits_refused": "refused",
}
_ROW_EVENTS = {
    "rows_staged": "staged",
    "rows_rejected": "rejected",
    "rows_without_face": "without_face",
    "rows_committed": "committed",
}


class FleetFigures:
    """Labels are sweeps and agents, both of which are named by people."""

    def __init__(self, status: Callable[[], FleetStatus], *, silent_after_seconds: float = 60.0) -> None:
        self._status = status
        self._silent_after_seconds = silent_after_seconds

    def collect(self) -> Iterator[Metric]:
        status = self._status()
        yield from _campaign(status)
        yield from _counters(status)
        yield from agent_families(status.agents, self._silent_after_seconds)


def _campaign(status: FleetStatus) -> Iterator[Metric]:
    for unit in ("rows", "shards"):
        values: dict[tuple[str, ...], float] = {
            (sweep.name, state): number for sweep in status.sweeps for state, number in _states(sweep, unit).items()
        }
        yield family(f"lookalike_campaign_{unit}", values)
    if status.seconds_left is not None:
        yield family("lookalike_campaign_remaining_seconds", status.seconds_left)
    yield family("lookalike_campaign_finished", float(status.is_finished))
    yield family("lookalike_shards_set_aside", len(status.set_aside))
    yield family("lookalike_leases_held", sum(len(agent.shards) for agent in status.agents))
    yield family("lookalike_coordinator_uptime_seconds", status.uptime_seconds)


def _states(sweep: SweepStatus, unit: str) -> dict[str, float]:
    """Every field `<state>_<unit>` of the status."""
    ending = f"_{unit}"
    names = [field.name for field in fields(sweep) if field.name.endswith(ending)]
    return {name.removesuffix(ending): float(getattr(sweep, name)) for name in names}


def _counters(status: FleetStatus) -> Iterator[Metric]:
    counted = status.counters
    yield family("lookalike_leases_total", {(event,): counted.get(key, 0.0) for key, event in _LEASE_EVENTS.items()})
    yield family("lookalike_rows_total", {(event,): counted.get(key, 0.0) for key, event in _ROW_EVENTS.items()})
    yield family("lookalike_heartbeats_total", counted.get("heartbeats", 0.0))
    yield family("lookalike_chunks_staged_total", counted.get("chunks_staged", 0.0))
