"""A real Prometheus on a real campaign: every query of every dashboard returns data, and the counters tell the truth."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import pytest
from campaign import Running, prometheus, query, small_campaign, wait_for
from certificate import self_signed

from coordinator.gateway_metrics import GatewayFigures
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from matcher.errors import ConstraintError
from matcher.metrics import MatchFigures
from telemetry.boards import BOARDS
from telemetry.folder import exported
from trainer.metrics import TrainingFigures
from trainer.stages import Progress

FRAMES = 240

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="Debian's package prometheus is not installed"),
]


def test_every_dashboard_query_returns_data_and_counters_equal_the_tables_rows(tmp_path: Path) -> None:
    plan = small_campaign(tmp_path / "campaign", frames=FRAMES)
    metrics = plan.folder / "metrics"
    training, matching, serving = TrainingFigures(), MatchFigures(), _gateway_with_certificate(tmp_path)

    with (
        Running(plan) as running,
        exported("training", training, _made(metrics)),
        exported("matcher", matching, metrics),
        exported("gateway", serving, metrics),
        prometheus(metrics, tmp_path / "prometheus") as url,
    ):
        wait_for(lambda: len(query(url, 'up{job="lookalike"} == 1')) == 6 or running.ended.is_set(), 120)
        silent = all_queries()

        def is_over() -> bool:
            _use(training, matching)
            silent.difference_update([wanted for wanted in silent if query(url, wanted)])
            return running.ended.is_set()

        wait_for(is_over, 450)
        assert running.error is None
        wait_for(lambda: is_over() and value(url, "sum(lookalike_campaign_rows{state='committed'})") == FRAMES, 30)

        # then every query of every dashboard has returned data
        assert silent == set()

        # then the counters equal the rows of the table
        assert value(url, 'lookalike_rows_total{event="committed"}') == FRAMES
        assert value(url, "sum(lookalike_agent_rows_staged_total)") == FRAMES
        assert value(url, "sum(lookalike_commit_seconds_count)") == FRAMES / 10
        wait_for(lambda: value(url, "lookalike_table_rows") == FRAMES, 90)  # read once a minute
    assert Dataset.open(plan.data, load_profile("small")).num_rows() == FRAMES


def value(url: str, expression: str) -> float:
    (sample,) = query(url, expression)
    return float(sample["value"][1])


def all_queries() -> set[str]:
    return {wanted.expression for board in BOARDS for panel in board.panels for wanted in panel.queries}


def _use(training: TrainingFigures, matching: MatchFigures) -> None:
    """A campaign on this machine trains and matches afterwards; their panels get what a run of theirs would say."""
    training.show(Progress("imitator", 1, 2, {"loss": 0.5, "centred_cosine": 0.8}))
    with matching.match() as done:
        done(0.7)
    with pytest.raises(ConstraintError), matching.match():
        raise ConstraintError("no")


def _gateway_with_certificate(folder: Path) -> GatewayFigures:
    path = folder / "certificate.pem"
    path.write_bytes(self_signed(datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=90)))
    return GatewayFigures(certificate=path)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
