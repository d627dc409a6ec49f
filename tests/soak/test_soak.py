"""Two hours of eight agents while processes are killed in turn: memory and files stay flat, and figures tell the truth.

Hours are of game time: agents play the stand-in on a clock that goes as fast as they do, on a machine of their own ten to twenty
of its hours to one of the wall's. Memory needs minutes of the wall to settle, so kills come in the first SOAK_KILLING_HOURS, and
for SOAK_QUIET_MINUTES after the last one there are none. Who lives then is judged from ten minutes after its start on, by the
slope of the lowest memory of every minute. It is flat when not only the slope but the upper end of its 95 % interval is below one
percent a game hour; half of the widest interval is the resolution of the run. The usual form is a short one, in which no life is
long enough for a slope; `make test-soak` sets SOAK_HOURS and the others. The summary is printed, and written to the file that
SOAK_SUMMARY names; SOAK_SAMPLES takes what was seen.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

import pytest

from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.verify import verify
from tests.chaos.plan import PROFILE
from tests.soak.lives import Growth, Span, floors_of, grown_files, growth
from tests.soak.soak import AGENTS, CALM_ROWS, FRAMES_PER_SHARD, Outcome, planned_rows, soak
from tests.soak.truth import calm_lies, counted, lies_of_coordinators

QUICK_HOURS = 0.25
WARM_UP = Span(hours=0.2, minutes=10)
SHORTEST = Span(hours=0.5, minutes=15)  # after the warm-up
MOST_PERCENT_AN_HOUR = 1.0
WARM_FILES, SHORTEST_WITH_FILES = Span(hours=0.05, minutes=1), Span(hours=0.1, minutes=0.5)
MOST_FILES = 3
WANTED = {
    "agent": 8,
    "gateway": 2,
    "embedding": 2,
    "coordinator": 1,
    "head": 1,
    "raylet": 1,
    "proxy": 1,
    "controller": 1,
}
"""How many of each are to be judged, at least."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(0)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("soak")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Outcome:
    started = time.monotonic()
    found = soak(folder, wanted_hours(), killing_hours(), float(os.environ.get("SOAK_QUIET_MINUTES", 0)))
    summary = summary_of(found) | {"seconds": round(time.monotonic() - started)}
    print(json.dumps(summary))
    if place := os.environ.get("SOAK_SUMMARY"):
        Path(place).write_text(json.dumps(summary, indent=1) + "\n")
    if place := os.environ.get("SOAK_SAMPLES"):
        lives = found.watcher.lives.values()
        seen = [[life.kind, life.pid, [astuple(sample) for sample in floors_of(life.samples)]] for life in lives]
        Path(place).write_text(json.dumps(seen))
    return found


def wanted_hours() -> float:
    return float(os.environ.get("SOAK_HOURS", QUICK_HOURS))


def killing_hours() -> float:
    return float(os.environ.get("SOAK_KILLING_HOURS", wanted_hours()))


def judged(outcome: Outcome) -> list[Growth]:
    """Of lives that were long enough, the steepest first."""
    found = [growth(life, WARM_UP, SHORTEST) for life in outcome.watcher.lives.values()]
    return sorted((life for life in found if life is not None), key=lambda life: -life.percent_an_hour)


def more_files(outcome: Outcome) -> dict[str, int]:
    """By process."""
    found = {
        f"{life.kind} {life.pid}": grown_files(life, WARM_FILES, SHORTEST_WITH_FILES)
        for life in outcome.watcher.lives.values()
    }
    return {name: number for name, number in found.items() if number is not None}


def summary_of(outcome: Outcome) -> dict[str, Any]:
    lives, files = judged(outcome), more_files(outcome)
    return {
        "benchmark": "soak",
        "agents": len(AGENTS),
        "hours": round(outcome.hours, 3),
        "killing_hours": round(outcome.killing_hours, 3),
        "rows": outcome.status.committed_rows,
        "kills": [asdict(kill) for kill in outcome.kills],
        "lives": Counter(life.kind for life in outcome.watcher.lives.values()),
        "judged": [asdict(life) for life in lives],
        "steepest_percent_an_hour": lives[0].percent_an_hour if lives else None,
        "resolution_percent_an_hour": max(
            ((life.most_percent_an_hour - life.least_percent_an_hour) / 2 for life in lives), default=None
        ),
        "more_files": {name: number for name, number in files.items() if number > 0},
        "lives_judged_by_files": len(files),
    }


def test_everybody_was_killed_and_the_hours_passed(outcome: Outcome) -> None:
    assert outcome.hours >= wanted_hours()
    assert outcome.killing_hours >= 0.8 * killing_hours()
    assert {kill.who for kill in outcome.kills} == {*AGENTS, "gateway", "embedding", "coordinator", "head"}


def test_memory_of_every_process_is_flat(outcome: Outcome) -> None:
    not_shown_flat = [life for life in judged(outcome) if not life.most_percent_an_hour < MOST_PERCENT_AN_HOUR]
    assert not_shown_flat == []


def test_no_process_of_a_long_soak_went_unjudged(outcome: Outcome) -> None:
    if "SOAK_QUIET_MINUTES" not in os.environ:
        pytest.skip("lives are too short for a slope; make test-soak")
    found = Counter(life.kind for life in judged(outcome))
    assert {kind: found[kind] for kind in WANTED if found[kind] < WANTED[kind]} == {}


def test_no_file_stays_open(outcome: Outcome) -> None:
    assert {name: number for name, number in more_files(outcome).items() if number > MOST_FILES} == {}


def test_every_row_is_there_once(outcome: Outcome, folder: Path) -> None:
    report = verify(Dataset.open(str(folder / "data"), load_profile(PROFILE)), planned_rows(outcome.sweeps))
    assert report.is_clean, report.problems[:10]
    assert sum(planned_rows(outcome.sweeps).values()) == outcome.status.committed_rows


def test_counters_tell_the_truth_while_processes_come_and_go(outcome: Outcome, folder: Path) -> None:
    num_rows = Dataset.open(str(folder / "data"), load_profile(PROFILE)).num_rows()
    lives = [scrapes for (kind, _), scrapes in outcome.watcher.scraped.items() if kind == "coordinator"]
    assert len(lives) > 1
    assert lies_of_coordinators(lives, num_rows) == []


def test_counters_equal_the_rows_of_a_sweep_without_kills(outcome: Outcome) -> None:
    grown = counted(outcome.before_calm, outcome.after_calm)
    assert calm_lies(grown, CALM_ROWS, CALM_ROWS // FRAMES_PER_SHARD) == []
