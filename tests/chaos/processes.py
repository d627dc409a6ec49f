"""The processes of a chaos campaign: started, found by what they do, killed, started again as a machine's services are."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from servers import free_port

from agents.calibrate import calibrate
from agents.calibration_file import save_calibration
from cluster.head import end_head
from cluster.record import read_record
from coordinator.tokens import TokenStore
from creator.profile_file import load_profile
from standin.game import Game
from standin.memory_device import MemoryDevice
from standin.screen import Screen
from tests.agents.conftest import PlainPainter
from tests.chaos.networks import write_plain_networks
from tests.chaos.plan import CHUNK_FRAMES, NUM_REPLICAS, PROFILE, ChaosPlan

CLUSTER = "cluster"
HEAD = "gcs_server"
REPLICAS = {"gateway": "Gateway", "embedding": "EmbeddingActor", "coordinator": "ray::CoordinatorActor"}
"""By kind, what stands in the title of the processes that Ray runs them in."""

PATIENCE_SECONDS = 900.0
_END_SECONDS = 600.0  # of a command that was told to end, or whose head has ended
_LOOK_SECONDS = 0.2
_ROOT = Path(__file__).parents[2]


class Site:
    """Use it in `with`: what it started ends there. `cluster_environment`: variables of the cluster's processes alone.
    `settings`: further ones of the plan."""

    def __init__(
        self,
        folder: Path,
        data: str,
        num_frames: int,
        cluster_environment: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> None:
        self.plan = ChaosPlan(folder=str(folder), data=data, port=free_port(), num_frames=num_frames, **settings)
        self._plan_file = self.plan.save()
        for agent in self.plan.agents:
            self.plan.token(agent).write_text(TokenStore(self.plan.tokens).issue(agent))
        self.plan.sweep_file.write_text(json.dumps(self.plan.sweep))
        write_plain_networks(self.plan.networks)
        profile = load_profile(PROFILE)
        learned = calibrate(MemoryDevice(Game(profile, seed=9), Screen(profile, PlainPainter())), profile)
        save_calibration(learned.calibration, self.plan.calibration)
        self.crashes: list[str] = []
        self.failed_starts: list[str] = []
        self._cluster_environment = dict(cluster_environment or {})
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running.values():
            process.kill()
            process.wait(60)
        end_head(self.plan.cluster)

    def start(self, who: str) -> None:
        command = self._cluster_command() if who == CLUSTER else self._agent_command(who)
        folders = [_ROOT]
        if who == CLUSTER:
            folders += [_ROOT / "tests" / "chaos" / "store_faults", _ROOT / "tests" / "dataset"]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "OMP_NUM_THREADS": "1",
            "CHAOS_FAILING_SHARE": str(self.plan.failing_share),
            "CHAOS_STALLED": str(self.plan.stalled),
        }
        if who == CLUSTER:
            environment |= self._cluster_environment
        with self.log(who).open("ab") as log:
            self._running[who] = subprocess.Popen(
                [sys.executable, "-m", *command], env=environment, stdout=log, stderr=log, cwd=_ROOT
            )

    def _agent_command(self, agent: str) -> list[str]:
        return ["tests.chaos.agent", str(self._plan_file), agent]

    def _cluster_command(self) -> list[str]:
        """The same every time: what runs already stays, what was killed comes back."""
        plan, place = self.plan, self.plan.place
        told = {
            "folder": plan.cluster,
            "data": plan.data,
            "profile": PROFILE,
            "sweep": plan.sweep_file,
            "tokens": plan.tokens,
            "port": plan.port,
            "gateways": NUM_REPLICAS,
            "embedders": NUM_REPLICAS,
            "recogniser": plan.networks,
            "log": place / "coordinator.log",
            "metrics": place / "metrics",
        }
        options = [word for name, value in told.items() for word in (f"--{name}", str(value))]
        return ["cli.main", "cluster", "up", "--stay", *options]

    def start_all(self) -> None:
        for who in (CLUSTER, *self.plan.agents):
            self.start(who)

    def log(self, who: str) -> Path:
        return self.plan.place / f"{who}.log"

    # Killing

    def kill_agent(self, agent: str) -> None:
        self._running[agent].kill()
        self._running[agent].wait(30)
        self.start(agent)

    def kill_replica(self, kind: str, choose: Callable[[list[int]], int]) -> None:
        """One of the processes of a kind; Ray is to start another."""
        victim = choose(self.replicas(kind))
        _signal(victim, signal.SIGKILL)
        wait_until(lambda: victim not in self.replicas(kind), f"{kind} {victim} does not die", 120.0)

    def kill_head(self) -> None:
        """Ray's head dies, and with it the command that watches it, which is given again."""
        _signal(next(pid for pid in self._family() if HEAD in _title(pid)), signal.SIGKILL)
        self._running[CLUSTER].wait(_END_SECONDS)
        self.start(CLUSTER)

    def terminate_all(self) -> None:
        """SIGTERM to everything that was started here, as a machine that goes down sends it."""
        for pid in [*self._family(), *(process.pid for process in self._running.values())]:
            _signal(pid, signal.SIGTERM)
        for process in self._running.values():
            process.wait(_END_SECONDS)
        self.start_all()

    def stall_store(self, seconds: float) -> None:
        self.plan.stalled.touch()
        time.sleep(seconds)
        self.plan.stalled.unlink()

    # Looking

    def processes(self) -> dict[int, str]:
        """The title of each that was started here and runs, by its number."""
        started = [process.pid for process in self._running.values() if process.poll() is None]
        return {pid: _title(pid) for pid in [*self._family(), *started]}

    def replicas(self, kind: str) -> list[int]:
        """Process numbers."""
        return [pid for pid in self._family() if REPLICAS[kind] in _title(pid)]

    def _family(self) -> list[int]:
        record = read_record(self.plan.cluster)
        return record.head.family() if record is not None and record.head is not None else []

    def tend(self) -> None:
        """Starts again what ended with an error, as a machine does with its services. Who is killed is started again by the
        killer, so whatever is found here has crashed by itself; a cluster that did not get as far as to run, as on a machine
        with too much to do, is told apart."""
        for who, process in list(self._running.items()):
            if process.poll() not in (None, 0):
                is_start = who == CLUSTER and "The cluster did not start" in self.log(who).read_text()[-300:]
                told = self.failed_starts if is_start else self.crashes
                told.append(f"{who}: ended with {process.returncode}")
                self.start(who)

    def is_finished(self) -> bool:
        return all(self._running[agent].poll() == 0 for agent in self.plan.agents)

    def num_acknowledged(self) -> int:
        """Frames, about; those that were sent twice count twice."""
        return CHUNK_FRAMES * sum(len(_lines(self.plan.progress(agent))) for agent in self.plan.agents)

    def acknowledged_since(self, when: float, agents: Sequence[str]) -> float | None:
        """When the first chunk was acknowledged that was first sent after `when`."""
        times = [map(float, line.split()) for agent in agents for line in _lines(self.plan.progress(agent))]
        return min((done for sent, done in times if sent > when), default=None)


def wait_until(is_so: Callable[[], bool], complaint: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Patience counts looks and not the clock: a machine that was put to sleep for a while, or stopped, has lost none."""
    for _ in range(round(patience_seconds / _LOOK_SECONDS)):
        if is_so():
            return
        time.sleep(_LOOK_SECONDS)
    raise AssertionError(f"{complaint} after {patience_seconds:g} s")


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:  # gone meanwhile
        return ""


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _lines(path: Path) -> list[str]:
    """Whole ones: a kill may have cut the last one off."""
    text = path.read_text() if path.exists() else ""
    return [line for line in text.splitlines(keepends=True) if line.endswith("\n") and len(line.split()) == 2]
