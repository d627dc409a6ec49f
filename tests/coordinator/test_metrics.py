from __future__ import annotations

from capturing import AGENT
from prometheus_client import CollectorRegistry, generate_latest
from quiet_site import Site

from coordinator.metrics import FleetCollector


def test_metrics_are_read_when_they_are_scraped(site: Site) -> None:
    registry = CollectorRegistry()
    registry.register(FleetCollector(lambda: site.coordinator.status()))
    assert 'lookalike_sweep_rows{state="committed",sweep="demo"} 0.0' in generate_latest(registry).decode()

    site.complete(site.lease())

    text = generate_latest(registry).decode()
    assert 'lookalike_sweep_rows{state="committed",sweep="demo"} 4.0' in text
    assert "lookalike_rows_committed_total 4.0" in text
    assert f'lookalike_agent_rows_staged_total{{agent="{AGENT}"}} 4.0' in text
