"""The fleet's figures for Prometheus, read from its status when they are scraped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from coordinator.status import FleetStatus, SweepStatus

_ROW_STATES = ("planned", "committed", "leased", "pending", "set_aside")


class FleetCollector(Collector):
    """Register it on a registry of your own. Labels are sweeps and agents, both of which are enrolled by people."""

    def __init__(self, status: Callable[[], FleetStatus]) -> None:
        self._status = status

    def describe(self) -> Iterable[Metric]:
        """Nothing: a registry must not ask for the status before somebody scrapes."""
        return []

    def collect(self) -> Iterator[Metric]:
        status = self._status()
        yield from self._counters(status)
        yield from self._sweeps(status)
        yield from self._agents(status)
        yield _gauge(
            "lookalike_rows_per_second", "Rows staged per second over the last minute.", status.rows_per_second
        )
        yield _gauge("lookalike_uptime_seconds", "Since the coordinator started.", status.uptime_seconds)
        yield _gauge("lookalike_set_aside_shards", "Shards that failed too often.", len(status.set_aside))

    def _counters(self, status: FleetStatus) -> Iterator[Metric]:
        for name, value in status.counters.items():
            text = f"{name.replace('_', ' ').capitalize()} since the coordinator started."
            yield CounterMetricFamily(f"lookalike_{name}", text, value=value)

    def _sweeps(self, status: FleetStatus) -> Iterator[Metric]:
        rows = GaugeMetricFamily("lookalike_sweep_rows", "Rows of a sweep by state.", labels=["sweep", "state"])
        for sweep in status.sweeps:
            for state in _ROW_STATES:
                rows.add_metric([sweep.name, state], _rows(sweep, state))
        yield rows

    def _agents(self, status: FleetStatus) -> Iterator[Metric]:
        heard = GaugeMetricFamily(
            "lookalike_agent_heard_seconds", "Since the agent was last heard of.", labels=["agent"]
        )
        frames = CounterMetricFamily("lookalike_agent_rows_staged", "Rows staged from the agent.", labels=["agent"])
        aside = GaugeMetricFamily(
            "lookalike_agent_set_aside", "1 when the agent gets no more shards.", labels=["agent"]
        )
        for agent in status.agents:
            heard.add_metric([agent.agent], agent.heard_seconds_ago)
            frames.add_metric([agent.agent], agent.frames)
            aside.add_metric([agent.agent], float(agent.is_set_aside))
        yield from (heard, frames, aside)


def _rows(sweep: SweepStatus, state: str) -> float:
    return float(getattr(sweep, f"{state}_rows"))


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
