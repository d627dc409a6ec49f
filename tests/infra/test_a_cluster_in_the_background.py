"""`lookalike cluster up`, killed in the middle of a campaign, and up again: the campaign goes on; no port answers a stranger."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from campaign import free_port
from open_ports import OPEN_TO_ALL, OpenPort, open_ports

from cluster.processes import Leader
from cluster.record import read_record
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.verify import verify

ROOT = Path(__file__).parents[2]
FRAMES, FRAMES_PER_SHARD = 240, 10
SWEEP = f"""
name = "killed"
kind = "interleaved"
seed = 5
num_frames = {FRAMES}
frames_per_shard = {FRAMES_PER_SHARD}
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(0),
    pytest.mark.skipif(sys.platform != "linux", reason="Ray's clusters run on Linux"),
]


class Desk:
    """A folder with a sweep, and the command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        (folder / "sweep.toml").write_text(SWEEP)

    def up(self) -> str:
        return self.say("cluster", "up", "--profile", "small", "--port", str(self.port), "--capture", "2")

    def add_sweep(self) -> None:
        """By an operator, over the gateway."""
        self.say("enroll", "operator", "--operator")
        url = f"http://127.0.0.1:{self.port}"
        self.say("sweep", "add", "sweep.toml", "--url", url, "--token-file", "operator.token")

    def say(self, *words: str, code: int = 0) -> str:
        ended = subprocess.run(
            [sys.executable, "-m", "cli.main", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"},
            capture_output=True,
            text=True,
            timeout=1800,
        )
        assert ended.returncode == code, f"{words}\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}\n{self.log()}"
        return ended.stdout

    def log(self) -> str:
        path = self.folder / "cluster" / "ray.log"
        return path.read_text()[-2000:] if path.exists() else ""

    def head(self) -> Leader:
        record = read_record(self.folder / "cluster")
        assert record is not None
        assert record.head is not None
        return record.head

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.say("cluster", "status", "--json"))
        return found

    def num_rows(self) -> int:
        return Dataset.open(self.folder / "campaign" / "data", load_profile("small")).num_rows()

    def wait_for_rows(self, number: int, looks: int = 600) -> None:
        """As long as there are more from time to time: how fast they come is the machine's affair."""
        rows, left = self.num_rows(), looks
        while rows < number:
            time.sleep(1.0)
            before, rows = rows, self.num_rows()
            left = looks if rows > before else left - 1
            assert left, f"{rows} rows of {number}, and no more\n{self.log()}"


@dataclass(slots=True)
class Seen:
    """What was looked at on the way."""

    desk: Desk
    second_up: str = ""
    status: dict[str, Any] = field(default_factory=dict)
    ports: list[OpenPort] = field(default_factory=list)
    modes: dict[str, int] = field(default_factory=dict)
    rows_at_kill: int = 0
    first_family: list[int] = field(default_factory=list)
    bystander_lives: bool = False
    left: list[int] = field(default_factory=list)
    remains: set[str] = field(default_factory=set)


@contextlib.contextmanager
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the same user that has nothing to do with it, in a session of its own."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    seen = Seen(desk)
    with bystander() as other:
        try:
            desk.up()
            seen.second_up = desk.up()
            desk.say("cluster", "capture", "--agents", "3")  # one more than there is room for
            seen.status = desk.status()
            seen.ports = open_ports(desk.head().pid)
            seen.modes = modes(desk.folder / "cluster")
            desk.add_sweep()
            desk.wait_for_rows(3 * FRAMES_PER_SHARD)
            first = desk.head()
            seen.first_family = first.family()
            kill(seen.first_family, signal.SIGKILL)
            seen.rows_at_kill = desk.num_rows()
            desk.up()
            desk.wait_for_rows(min(FRAMES, seen.rows_at_kill + 2 * FRAMES_PER_SHARD))
            second = desk.head()
            kill(second.family(), signal.SIGTERM)
            desk.up()
            desk.wait_for_rows(FRAMES)
            third = desk.head()
        finally:
            desk.say("cluster", "down")
        seen.left = [*first.family(), *second.family(), *third.family()]
        seen.remains = {path.name for path in (desk.folder / "cluster").iterdir()}
        seen.bystander_lives = other.poll() is None
    return seen


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def kill(family: list[int], number: signal.Signals) -> None:
    for pid in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def test_the_campaign_ends_with_every_row_once_though_everything_was_killed_twice(seen: Seen) -> None:
    assert 0 < seen.rows_at_kill < FRAMES
    assert seen.desk.num_rows() == FRAMES
    dataset = Dataset.open(seen.desk.folder / "campaign" / "data", load_profile("small"))
    planned = {f"killed-{at:05d}": FRAMES_PER_SHARD for at in range(FRAMES // FRAMES_PER_SHARD)}
    assert verify(dataset, planned).problems == ()


def test_up_twice_is_once(seen: Seen) -> None:
    assert "The cluster is up" in seen.second_up


def test_agents_capture_where_there_is_room_and_the_others_wait(seen: Seen) -> None:
    assert seen.status["application"] == "running"
    assert seen.status["resources"]["capture"] == 2
    assert sorted(actor["doing"] for actor in seen.status["capture"]) == ["capturing", "capturing", "no node yet"]


def test_down_ends_everything_that_up_started_and_nothing_else(seen: Seen) -> None:
    assert len(seen.first_family) >= 12
    assert seen.left == []
    assert seen.bystander_lives
    assert not {"cluster.json", "ray.token", "ray-tables"} & seen.remains
    assert "No cluster was started" in seen.desk.say("cluster", "down")


def test_every_port_is_on_loopback(seen: Seen) -> None:
    assert len(seen.ports) >= 12
    assert [port for port in seen.ports if not port.is_on_loopback] == []


def test_no_port_answers_a_stranger_over_http_but_for_health(seen: Seen) -> None:
    answered = [
        f"{port.command[:100]} at {port.port}: {path} {code}"
        for port in seen.ports
        for path, code in port.answers.items()
        if code < 400 and path not in OPEN_TO_ALL
    ]
    assert answered == []
    assert sum(bool(port.answers) for port in seen.ports) >= 4


def test_no_port_answers_a_stranger_over_grpc(seen: Seen) -> None:
    spoken = [port for port in seen.ports if port.calls]
    assert len(spoken) >= 8
    open_to_all = [
        f"{port.command[:100]} at {port.port}: {method} {code}"
        for port in spoken
        for method, code in port.calls.items()
        if code not in ("UNAUTHENTICATED", "UNIMPLEMENTED")
    ]
    assert open_to_all == []
    assert [port.command for port in spoken if "UNAUTHENTICATED" not in port.calls.values()] == []


def test_secrets_are_their_owners_alone(seen: Seen) -> None:
    assert seen.modes["ray.token"] == 0o600
    assert seen.modes["ray-tables"] == 0o700
    assert seen.modes["ray.log"] == 0o600
    assert stat.S_IMODE((seen.desk.folder / "tokens.json").stat().st_mode) == 0o600
