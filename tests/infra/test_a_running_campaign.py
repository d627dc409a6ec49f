"""A real campaign under a real Prometheus: dashboards have data, counters tell the truth, no port is open to strangers."""

from __future__ import annotations

import datetime
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from campaign import Running, prometheus, query, small_campaign, wait_for
from certificate import self_signed
from open_ports import OPEN_TO_ALL, OpenPort, open_ports

from cli.campaign import CampaignPlan
from coordinator.gateway_metrics import GatewayFigures
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from matcher.errors import ConstraintError
from matcher.metrics import MatchFigures
from telemetry.boards import BOARDS
from telemetry.folder import exported
from trainer.metrics import TrainingFigures
from trainer.stages import Progress

FRAMES, FRAMES_PER_SHARD = 240, 10
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1700),
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="Debian's package prometheus is not installed"),
]


@dataclass(slots=True)
class Outcome:
    """What was seen while the campaign ran, and right after its last row."""

    plan: CampaignPlan
    silent: set[str]
    values: dict[str, float] = field(default_factory=dict)
    ports: list[OpenPort] = field(default_factory=list)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("campaign")
    plan = small_campaign(folder / "campaign", frames=FRAMES, frames_per_shard=FRAMES_PER_SHARD)
    metrics = plan.folder / "metrics"
    metrics.mkdir(parents=True)
    training, matching = TrainingFigures(), MatchFigures()
    seen = Outcome(plan, {wanted.expression for board in BOARDS for panel in board.panels for wanted in panel.queries})
    with (
        Running(plan) as running,
        exported("training", training, metrics),
        exported("matcher", matching, metrics),
        exported("gateway", _gateway_with_certificate(folder), metrics),
        prometheus(metrics, folder / "prometheus") as url,
    ):
        wait_for(lambda: len(query(url, 'up{job="lookalike"} == 1')) == 6 or running.ended.is_set(), 600)

        def is_over() -> bool:
            _use(training, matching)
            _knock(plan)
            seen.silent.difference_update([wanted for wanted in seen.silent if query(url, wanted)])
            return running.ended.is_set()

        wait_for(is_over, 900)
        if running.error is not None:
            raise running.error
        wait_for(
            lambda: is_over() and bool(query(url, f"lookalike_campaign_rows{{state='committed'}} == {FRAMES}")), 60
        )
        wait_for(lambda: bool(query(url, f"lookalike_table_rows == {FRAMES}")), 120)  # read once a minute
        for expression in (
            'lookalike_rows_total{event="committed"}',
            "sum(lookalike_agent_rows_staged_total)",
            "sum(lookalike_commit_seconds_count)",
            'sum(lookalike_gateway_requests_total{code="401"})',
        ):
            seen.values[expression] = value(url, expression)
        seen.ports = open_ports(os.getpid())
    return seen


def test_every_query_of_every_dashboard_returned_data(outcome: Outcome) -> None:
    assert outcome.silent == set()


def test_the_counters_equal_the_rows_of_the_table(outcome: Outcome) -> None:
    assert outcome.values['lookalike_rows_total{event="committed"}'] == FRAMES
    assert outcome.values["sum(lookalike_agent_rows_staged_total)"] == FRAMES
    assert outcome.values["sum(lookalike_commit_seconds_count)"] == FRAMES / FRAMES_PER_SHARD
    assert Dataset.open(outcome.plan.data, load_profile("small")).num_rows() == FRAMES


def test_wrong_tokens_are_counted(outcome: Outcome) -> None:
    assert outcome.values['sum(lookalike_gateway_requests_total{code="401"})'] > 1


def test_no_port_answers_a_stranger_but_for_health(outcome: Outcome) -> None:
    strangers = [port for port in outcome.ports if "prometheus" not in port.command]
    assert [port for port in strangers if not port.is_on_loopback] == []
    answered = [
        f"{port.command[:120]} at {port.port}: {path} {code}"
        for port in strangers
        for path, code in port.answers.items()
        if code < 400 and path not in OPEN_TO_ALL
    ]
    assert answered == []
    assert sum(bool(port.answers) for port in strangers) >= 6
    calls = {code for port in strangers for code in port.calls.values()}
    assert calls == {"UNAUTHENTICATED", "UNIMPLEMENTED"}


def test_logs_follow_a_row_from_agent_to_commit(outcome: Outcome) -> None:
    logs = outcome.plan.folder / "logs"
    lines = [json.loads(line) for path in logs.glob("*.log") for line in path.read_text().splitlines()]
    story = {line["event"]: line for line in lines if line.get("shard") == lines_of_committed(lines)[0]}
    assert {"lease granted", "chunk staged", "shard committed", "shard done"} <= set(story)
    assert len({(line["sweep"], line["agent"], line["attempt"]) for line in story.values()}) == 1
    assert {oct(path.stat().st_mode & 0o777) for path in logs.glob("*.log")} == {"0o600"}


def lines_of_committed(lines: list[dict[str, str]]) -> list[str]:
    return [line["shard"] for line in lines if line["event"] == "shard committed"]


def value(url: str, expression: str) -> float:
    (sample,) = query(url, expression)
    return float(sample["value"][1])


def _knock(plan: CampaignPlan) -> None:
    """Somebody without a token."""
    try:
        httpx.get(f"http://127.0.0.1:{plan.port}/v1/status", trust_env=False, timeout=5)
    except httpx.HTTPError:
        return  # not up yet


def _use(training: TrainingFigures, matching: MatchFigures) -> None:
    """A campaign on this machine trains and matches afterwards; their panels get what a run of theirs would say."""
    training.show(Progress("imitator", 1, 2, {"training_loss": 0.5, "centred_cosine": 0.8}, rows=100))
    with matching.match() as done:
        done(0.7)
    with pytest.raises(ConstraintError), matching.match():
        raise ConstraintError("no")


def _gateway_with_certificate(folder: Path) -> GatewayFigures:
    path = folder / "certificate.pem"
    path.write_bytes(self_signed(datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=90)))
    return GatewayFigures(certificate=path)
