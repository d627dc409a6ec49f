"""Processes are killed at random while a campaign runs on a store that fails: in the end every planned row is there once.

One process holds gateway, coordinator and embedding, four are agents with the real uplink and spool and pictures of one colour;
Ray is not part of it. A summary of all kills is printed, and written to the file that CHAOS_SUMMARY names.
"""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
from servers import free_port, make_bucket, moto, radosgw

from coordinator.tokens import TokenStore
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.verify import verify

HERE = Path(__file__).parent
AGENTS = tuple(f"agent-{number}" for number in range(1, 5))
SERVER = "server"
FRAMES_PER_SHARD = 100


@dataclass(frozen=True)
class Kill:
    """`back_seconds`: until the killed one had a chunk acknowledged again; for the server, until any agent had."""

    who: str
    at_seconds: float
    back_seconds: float | None


class Chaos:
    """Starts processes, kills them, starts them again."""

    def __init__(self, folder: Path, data: str, num_frames: int) -> None:
        self.folder = folder
        self.config = {
            "folder": str(folder),
            "data": data,
            "tokens": str(folder / "tokens.json"),
            "port": free_port(),
            "failing_share": 0.05,
            "stall_share": 0.002,
            "stall_seconds": 2.0,
            "sweep": {"num_frames": num_frames, "frames_per_shard": FRAMES_PER_SHARD},
        }
        Dataset.open(data, load_profile("small"))  # the probe is for stores that answer: 120 races at once
        (folder / "config.json").write_text(json.dumps(self.config))
        for agent in AGENTS:
            (folder / f"{agent}.token").write_text(TokenStore(folder / "tokens.json").issue(agent))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, who: str) -> None:
        script = "chaos_server.py" if who == SERVER else "chaos_agent.py"
        arguments = [] if who == SERVER else [who]
        paths = [str(HERE.parents[1]), str(HERE.parent / "coordinator"), str(HERE)]
        with (self.folder / f"{who}.log").open("ab") as log:
            self.processes[who] = subprocess.Popen(
                [sys.executable, HERE / script, self.folder / "config.json", *arguments],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
                stdout=log,
                stderr=log,
            )

    def kill(self, *who: str, number: signal.Signals = signal.SIGKILL) -> None:
        for name in who:
            self.processes[name].send_signal(number)
        for name in who:
            self.processes[name].wait(30)

    def progress(self, who: str) -> float:
        """When it last had a chunk acknowledged, seconds since 1970."""
        names = AGENTS if who == SERVER else (who,)
        return max((_last_line(self.folder / f"{name}.progress") for name in names), default=0.0)

    def is_finished(self) -> bool:
        return all(self.processes[agent].poll() == 0 for agent in AGENTS)

    def wait_for_progress(self, who: str, since: float, patience_seconds: float = 120.0) -> float | None:
        """Seconds until it went on; None when everything was finished first."""
        while time.time() - since < patience_seconds:
            if (last := self.progress(who)) > since:
                return last - since
            if self.is_finished() or self.processes[who].poll() == 0:
                return None
            time.sleep(0.1)
        raise AssertionError(f"{who} did not go on: {(self.folder / f'{who}.log').read_text()[-2000:]}")


def _last_line(path: Path) -> float:
    lines = path.read_text().split() if path.exists() else []
    return float(lines[-1]) if lines else 0.0


def campaign(chaos: Chaos, num_kills: int, seed: int) -> list[Kill]:
    """Kills somebody as soon as the last one is back, every eighth time all at once by SIGTERM; then lets it finish."""
    chance, kills, started = random.Random(seed), list[Kill](), time.time()
    for who in (SERVER, *AGENTS):
        chaos.start(who)
    chaos.wait_for_progress(SERVER, started)
    while len(kills) < num_kills and not chaos.is_finished():
        time.sleep(chance.uniform(0.05, 0.6))
        who, now = chance.choice([SERVER, SERVER, *AGENTS]), time.time()
        if len(kills) % 8 == 7:
            who = "everything"
            chaos.kill(SERVER, *AGENTS, number=signal.SIGTERM)
            for name in (SERVER, *AGENTS):
                chaos.start(name)
        else:
            chaos.kill(who)
            chaos.start(who)
        back = chaos.wait_for_progress(SERVER if who == "everything" else who, now)
        kills.append(Kill(who, round(now - started, 2), None if back is None else round(back, 2)))
    for agent in AGENTS:
        chaos.processes[agent].wait(600)
    return kills


def check(chaos: Chaos, data: str, num_frames: int, kills: list[Kill]) -> dict[str, Any]:
    dataset = Dataset.open(data, load_profile("small"))
    planned = {f"chaos-{at:05d}": FRAMES_PER_SHARD for at in range(num_frames // FRAMES_PER_SHARD)}
    report = verify(dataset, planned)
    assert report.is_clean, report.problems[:10]
    table = dataset.frame_table(["shard_id", "step"])
    rows = set(zip(table["shard_id"].to_pylist(), table["step"].to_pylist(), strict=True))
    assert len(rows) == table.num_rows == num_frames
    back = [kill.back_seconds for kill in kills if kill.back_seconds is not None]
    return {
        "rows_planned": num_frames,
        "rows_committed": table.num_rows,
        "num_kills": len(kills),
        "median_back_seconds": round(statistics.median(back), 2),
        "worst_back_seconds": max(back),
        "orphans": len(report.orphans),
        "kills": [asdict(kill) for kill in kills],
    }


def run_chaos(folder: Path, data: str, num_frames: int, num_kills: int) -> dict[str, Any]:
    chaos = Chaos(folder, data, num_frames)
    try:
        kills = campaign(chaos, num_kills, seed=1)
    finally:
        for process in chaos.processes.values():
            process.kill()
    summary = check(chaos, data, num_frames, kills)
    print(json.dumps(summary))
    if place := os.environ.get("CHAOS_SUMMARY"):
        Path(place).write_text(json.dumps(summary, indent=1) + "\n")
    assert len(kills) == num_kills, "the campaign ended before all kills were done"
    assert summary["median_back_seconds"] < 15
    return summary


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_campaign_survives_forty_kills_on_a_failing_store(tmp_path: Path) -> None:
    num_frames = int(os.environ.get("CHAOS_FRAMES", "20000"))
    run_chaos(tmp_path, str(tmp_path / "data"), num_frames, int(os.environ.get("CHAOS_KILLS", "40")))


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("server", [moto, radosgw])
def test_a_smaller_campaign_survives_on_an_s3_server(
    tmp_path: Path, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server").mkdir()
    with server(tmp_path / "server") as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        make_bucket("chaos")
        run_chaos(tmp_path, "s3://chaos/data", 2000, 8)
