"""What Prometheus gets to see of a campaign."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest
from capturing import AGENT, staged
from fastapi import FastAPI, HTTPException
from prometheus_client.parser import text_string_to_metric_families
from quiet_site import Site

from coordinator.agent_metrics import agent_families
from coordinator.gateway_metrics import GatewayFigures, GatewayMeter, certificate_end
from coordinator.metrics import FleetFigures
from coordinator.status import AgentStatus
from coordinator.table_metrics import TableFigures, TimedTable
from creator.profile import Profile
from dataset.dataset import Dataset
from dataset.errors import CommitError
from protocol.lease import Heartbeat
from telemetry.catalogue import AGENT_COUNTERS, AGENT_GAUGES, MOST_AGENTS, figure
from telemetry.exporter import Part, render

Samples = dict[tuple[str, tuple[str, ...]], float]


def scraped(*parts: Part) -> Samples:
    """Values by name and label values, without those of the process itself."""
    text = render(parts)().decode()
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for found in text_string_to_metric_families(text)
        for sample in found.samples
        if sample.name.startswith("lookalike_")
    }


def test_a_campaigns_figures_are_read_when_they_are_scraped(site: Site) -> None:
    figures = FleetFigures(lambda: site.coordinator.status())
    assert scraped(figures)["lookalike_campaign_rows", ("committed", "demo")] == 0

    grant = site.lease()
    site.coordinator.heartbeat(Heartbeat(grant.lease_id, AGENT, 1, {"retakes": 7.0, "confidence": 0.5, "moon": 1.0}))
    during = scraped(figures)
    site.complete(grant)
    after = scraped(figures)

    assert during["lookalike_leases_held", ()] == 1
    assert during["lookalike_agents", ("capturing",)] == 1
    assert during["lookalike_agent_retakes_total", (AGENT,)] == 7
    assert during["lookalike_agent_readout_confidence_ratio", (AGENT,)] == 0.5
    assert not any("moon" in name for name, _ in during)
    assert after["lookalike_campaign_rows", ("committed", "demo")] == 4
    assert after["lookalike_rows_total", ("committed",)] == 4
    assert after["lookalike_agent_rows_staged_total", (AGENT,)] == 4
    assert after["lookalike_leases_total", ("committed",)] == 1
    assert after["lookalike_agents", ("idle",)] == 1


def test_a_campaign_that_stands_still_has_no_time_left_to_show(site: Site) -> None:
    assert ("lookalike_campaign_remaining_seconds", ()) not in scraped(FleetFigures(lambda: site.coordinator.status()))


def agent(name: str, heard_seconds_ago: float = 1.0, **changes: bool) -> AgentStatus:
    return AgentStatus(name, heard_seconds_ago, (), 0, 0, **({"is_set_aside": False, "is_drained": False} | changes))


def test_every_agent_is_in_one_state() -> None:
    agents = [agent("a"), agent("b", 61.0), agent("c", is_set_aside=True), agent("d", is_drained=True)]

    states = next(iter(agent_families(agents, silent_after_seconds=60.0)))

    counted = {sample.labels["state"]: sample.value for sample in states.samples}
    assert counted == {"capturing": 0, "idle": 1, "silent": 1, "set_aside": 1, "drained": 1}


def test_agents_labels_are_bounded_and_those_that_left_are_dropped() -> None:
    agents = [agent(f"pc-{at}", float(at)) for at in range(MOST_AGENTS + 500)] + [agent("old", 100_000.0)]

    silences = list(agent_families(agents, silent_after_seconds=1e9))[1].samples

    assert len(silences) == MOST_AGENTS
    assert "old" not in {sample.labels["agent"] for sample in silences}


def test_every_figure_of_a_heartbeat_is_in_the_catalogue() -> None:
    for name in (*AGENT_COUNTERS.values(), *AGENT_GAUGES.values()):
        assert figure(name).labels == ("agent",)


def test_commits_and_tables_are_measured(site: Site, tmp_path: Path, profile: Profile) -> None:
    seconds = iter(range(100))
    dataset = Dataset.open(tmp_path, profile)
    table = TimedTable(dataset, clock=lambda: float(next(seconds)))
    with pytest.raises(CommitError):
        table.commit_shard("demo-0000", [staged(site.lease(), [0])])

    values = scraped(table, TableFigures(dataset))

    assert values["lookalike_commit_seconds_count", ()] == 1
    assert values["lookalike_commit_seconds_sum", ()] == 1.0
    assert values["lookalike_commit_failures_total", ()] == 1
    assert values["lookalike_table_rows", ()] == 0
    assert values["lookalike_table_files", ("frames",)] == 0
    assert 0 < values["lookalike_disk_free_bytes", ()] < values["lookalike_disk_size_bytes", ()]


def requests(paths: Iterable[str]) -> Samples:
    """The figures after GETs of an application that answers one path, is busy at another and refuses a third."""
    app, figures = FastAPI(), GatewayFigures()
    app.add_middleware(GatewayMeter, figures=figures)

    @app.get("/v1/leases/{lease_id}")
    def answer(lease_id: str) -> str:
        return lease_id

    @app.get("/busy")
    def busy() -> None:
        raise HTTPException(503, "wait", {"Retry-After": "2"})

    @app.get("/crash")
    def crash() -> None:
        raise RuntimeError

    async def ask() -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            for path in paths:
                await client.get(path)

    asyncio.run(ask())
    return scraped(figures)


def test_requests_are_counted_by_route_and_answer_and_waits_are_seen() -> None:
    values = requests(["/v1/leases/a", "/v1/leases/b", "/busy", "/crash", "/wp-admin/setup.php"])

    assert values["lookalike_gateway_requests_total", ("200", "/v1/leases/{lease_id}")] == 2
    assert values["lookalike_gateway_requests_total", ("500", "/crash")] == 1
    assert values["lookalike_gateway_requests_total", ("404", "other")] == 1
    assert values["lookalike_gateway_waits_total", ("/busy",)] == 1
    assert values["lookalike_gateway_request_seconds_count", ("/busy",)] == 1
    assert values["lookalike_gateway_requests_active", ()] == 0


def test_a_certificates_end_is_told(tmp_path: Path) -> None:
    ends = datetime.datetime(2030, 1, 2, tzinfo=datetime.UTC)
    path = tmp_path / "cert.pem"
    path.write_bytes(self_signed(ends))

    assert certificate_end(path) == ends.timestamp()
    assert scraped(GatewayFigures(certificate=path))[
        "lookalike_certificate_expiry_timestamp_seconds", ()
    ] == pytest.approx(ends.timestamp())


def self_signed(ends: datetime.datetime) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gateway")])
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, ends - datetime.timedelta(days=90), ends)
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
