"""Two hours of eight agents while processes are killed in turn: memory and files stay flat, and figures tell the truth.

Hours are of game time: agents play the stand-in on a clock that goes as fast as they do. The usual form is a short one, in which
no life is long enough for a slope; `make test-soak` sets SOAK_HOURS to 2. The summary is printed, and written to the file that
SOAK_SUMMARY names.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.verify import verify
from tests.chaos.plan import PROFILE
from tests.soak.lives import Growth, growth
from tests.soak.soak import AGENTS, CALM_ROWS, FRAMES_PER_SHARD, Outcome, planned_rows, soak
from tests.soak.truth import calm_lies, counted, lies_of_coordinators

QUICK_HOURS = 0.25
WARM_UP_HOURS = 0.2
SHORTEST_HOURS = 0.5  # after the warm-up; a slope of less says nothing
MOST_PERCENT_AN_HOUR = 1.0
MOST_FILES = 3

pytestmark = [pytest.mark.slow, pytest.mark.timeout(0)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("soak")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Outcome:
    started = time.monotonic()
    found = soak(folder, wanted_hours())
    summary = summary_of(found) | {"seconds": round(time.monotonic() - started)}
    print(json.dumps(summary))
    if place := os.environ.get("SOAK_SUMMARY"):
        Path(place).write_text(json.dumps(summary, indent=1) + "\n")
    return found


def wanted_hours() -> float:
    return float(os.environ.get("SOAK_HOURS", QUICK_HOURS))


def judged(outcome: Outcome) -> list[Growth]:
    """Of lives that were long enough, the steepest first."""
    found = [growth(life, WARM_UP_HOURS) for life in outcome.watcher.lives.values() if life.kind != "idle worker"]
    long = [life for life in found if life is not None and life.hours >= SHORTEST_HOURS]
    return sorted(long, key=lambda life: -life.percent_an_hour)


def summary_of(outcome: Outcome) -> dict[str, Any]:
    lives = judged(outcome)
    return {
        "benchmark": "soak",
        "agents": len(AGENTS),
        "hours": round(outcome.hours, 3),
        "rows": outcome.status.committed_rows,
        "kills": [asdict(kill) for kill in outcome.kills],
        "lives": Counter(life.kind for life in outcome.watcher.lives.values()),
        "judged": [asdict(life) for life in lives],
        "steepest_percent_an_hour": lives[0].percent_an_hour if lives else None,
        "most_files": max((life.files for life in lives), default=None),
    }


def test_everybody_was_killed_and_the_hours_passed(outcome: Outcome) -> None:
    assert outcome.hours >= wanted_hours()
    assert {kill.who for kill in outcome.kills} == {*AGENTS, "gateway", "embedding", "coordinator", "head"}


def test_memory_of_every_process_is_flat(outcome: Outcome) -> None:
    steep = [life for life in judged(outcome) if life.percent_an_hour >= MOST_PERCENT_AN_HOUR]
    assert steep == []


def test_no_process_of_a_long_soak_went_unjudged(outcome: Outcome) -> None:
    if wanted_hours() < 2:
        pytest.skip("lives are too short for a slope; SOAK_HOURS=2")
    kinds = {life.kind for life in judged(outcome)}
    assert {"agent", "gateway", "embedding", "coordinator", "head", "raylet", "proxy", "controller"} <= kinds


def test_no_file_stays_open(outcome: Outcome) -> None:
    lives = [growth(life, WARM_UP_HOURS / 4) for life in outcome.watcher.lives.values()]
    long = [life for life in lives if life is not None and life.hours >= SHORTEST_HOURS / 4]
    assert [life for life in long if life.files > MOST_FILES] == []


def test_every_row_is_there_once(outcome: Outcome, folder: Path) -> None:
    report = verify(Dataset.open(str(folder / "data"), load_profile(PROFILE)), planned_rows(wanted_hours()))
    assert report.is_clean, report.problems[:10]
    assert sum(planned_rows(wanted_hours()).values()) == outcome.status.committed_rows


def test_counters_tell_the_truth_while_processes_come_and_go(outcome: Outcome, folder: Path) -> None:
    num_rows = Dataset.open(str(folder / "data"), load_profile(PROFILE)).num_rows()
    lives = [scrapes for (kind, _), scrapes in outcome.watcher.scraped.items() if kind == "coordinator"]
    assert len(lives) > 1
    assert lies_of_coordinators(lives, num_rows) == []


def test_counters_equal_the_rows_of_a_sweep_without_kills(outcome: Outcome) -> None:
    grown = counted(outcome.before_calm, outcome.after_calm)
    assert calm_lies(grown, CALM_ROWS, CALM_ROWS // FRAMES_PER_SHARD) == []
