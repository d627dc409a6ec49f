"""Processes are killed at random while a campaign runs on a store that fails: in the end every planned row is there once.

Real agents on the virtual clock of the stand-in; `lookalike cluster up` with two gateways and two embedding actors; real tables.
The summary of all kills is printed, and written to the file that CHAOS_SUMMARY names. CHAOS_FRAMES and CHAOS_KILLS enlarge it:
`make test-chaos` captures 20,000 frames under 40 kills.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from faulty_proxy import faulty_proxy
from servers import make_bucket, moto, radosgw

from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.verify import verify
from tests.chaos.campaign import Kill, planned_rows, run_campaign
from tests.chaos.plan import FAILING_SHARE, PROFILE
from tests.chaos.processes import Site

QUICK_FRAMES, QUICK_KILLS = 2000, 6
STRUCK_WITH_THE_HEAD = ("head", "everything")
"""Ray starts anew there, which takes it some seconds. Only the head itself is left out where the median is judged."""


def until_at_work(kill: Kill) -> float:
    """Until every agent that was concerned had a chunk acknowledged; of any agent where one had no work left."""
    longest = kill.every_agent_back_seconds or kill.back_seconds
    assert longest is not None, f"{kill} came when all was done: the campaign is too short for so many kills"
    return longest


def times_of(kills: Sequence[Kill]) -> dict[str, float | None]:
    without_head = [until_at_work(kill) for kill in kills if kill.who != "head"]
    others = [until_at_work(kill) for kill in kills if kill.who not in STRUCK_WITH_THE_HEAD]
    full = [until_at_work(kill) for kill in kills if kill.who in STRUCK_WITH_THE_HEAD]
    replaced = [kill.replaced_seconds for kill in kills if kill.replaced_seconds is not None]
    return {
        "median_back_seconds": round(statistics.median(without_head), 2),
        "median_first_back_seconds": _median_first(kills),
        "worst_back_seconds": max(without_head),
        "median_back_seconds_of_processes": round(statistics.median(others), 2),
        "median_back_seconds_of_full_starts": round(statistics.median(full), 2) if full else None,
        "median_replaced_seconds": round(statistics.median(replaced), 2) if replaced else None,
    }


def _median_first(kills: Sequence[Kill]) -> float:
    """Until the first chunk of whichever agent."""
    known = [kill.back_seconds for kill in kills if kill.who != "head" and kill.back_seconds is not None]
    return round(statistics.median(known), 2)


def check(site: Site, events: list[Kill]) -> dict[str, Any]:
    planned = planned_rows(site.plan)
    dataset = Dataset.open(site.plan.data, load_profile(PROFILE))
    report = verify(dataset, planned)
    assert report.is_clean, report.problems[:10]
    table = dataset.frame_table(["shard_id", "step"])
    rows = set(zip(table["shard_id"].to_pylist(), table["step"].to_pylist(), strict=True))
    assert len(rows) == table.num_rows == sum(planned.values())
    kills = [event for event in events if event.who != "store"]
    return {
        "benchmark": "chaos",
        "store": "S3" if site.plan.data.startswith("s3:") else "folder",
        "failing_share": site.plan.failing_share,
        "rows_planned": sum(planned.values()),
        "rows_committed": table.num_rows,
        "num_kills": len(kills),
        "num_stalls": len(events) - len(kills),
        **times_of(kills),
        "orphans": len(report.orphans),
        "crashes": site.crashes,
        "kills": [asdict(event) for event in events],
    }


def run_chaos(
    folder: Path, data: str, num_frames: int, num_kills: int, cluster_environment: Mapping[str, str] | None = None
) -> None:
    started = time.time()
    with Site(folder, data, num_frames, cluster_environment) as site:
        events = run_campaign(site, num_kills, num_stalls=max(1, num_kills // 10), seed=1)
    summary = check(site, events) | {"seconds": round(time.time() - started)}
    print(json.dumps(summary))
    if place := os.environ.get("CHAOS_SUMMARY"):
        Path(place).write_text(json.dumps(summary, indent=1) + "\n")
    assert summary["num_kills"] == num_kills
    assert all(event.back_seconds is not None for event in events), events
    assert summary["crashes"] == []
    assert summary["median_back_seconds"] < 15


@pytest.mark.slow
@pytest.mark.timeout(4000)
def test_a_campaign_survives_kills_of_everything_on_a_failing_store(tmp_path: Path) -> None:
    num_frames = int(os.environ.get("CHAOS_FRAMES", QUICK_FRAMES))
    run_chaos(tmp_path, str(tmp_path / "data"), num_frames, int(os.environ.get("CHAOS_KILLS", QUICK_KILLS)))


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("server", [moto, radosgw])
def test_a_campaign_survives_on_an_s3_server(tmp_path: Path, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "server").mkdir()
    with server(tmp_path / "server") as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        make_bucket("chaos")
        (folder := tmp_path / "site").mkdir()
        with faulty_proxy(environment["AWS_ENDPOINT_URL"], FAILING_SHARE, stalled=folder / "stalled") as proxy:
            run_chaos(folder, "s3://chaos/data", QUICK_FRAMES // 2, QUICK_KILLS, {"AWS_ENDPOINT_URL": proxy.url})
