"""The processes of a chaos campaign: started, found by what they do, killed, started again as a machine's services are."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from servers import free_port

from agents.calibrate import calibrate
from agents.calibration_file import save_calibration
from coordinator.tokens import TokenStore
from creator.profile_file import load_profile
from standin.game import Game
from standin.memory_device import MemoryDevice
from standin.screen import Screen
from tests.agents.conftest import PlainPainter
from tests.chaos.networks import write_plain_networks
from tests.chaos.plan import AGENTS, CHUNK_FRAMES, PROFILE, ChaosPlan
from tests.chaos.ray_site import HEAD

CLUSTER = "cluster"
REPLICAS = {"gateway": "Gateway", "embedding": "EmbeddingActor", "coordinator": "CoordinatorActor"}
"""By kind, what stands in the title of the processes that Ray runs them in."""

PATIENCE_SECONDS = 240.0
_ROOT = Path(__file__).parents[2]


class Site:
    """Use it in `with`: what it started ends there."""

    def __init__(self, folder: Path, data: str, num_frames: int) -> None:
        self.plan = ChaosPlan(folder=str(folder), data=data, port=free_port(), num_frames=num_frames)
        self._plan_file = self.plan.save()
        for agent in AGENTS:
            self.plan.token(agent).write_text(TokenStore(self.plan.tokens).issue(agent))
        write_plain_networks(self.plan.networks)
        profile = load_profile(PROFILE)
        learned = calibrate(MemoryDevice(Game(profile, seed=9), Screen(profile, PlainPainter())), profile)
        save_calibration(learned.calibration, self.plan.calibration)
        self.restarts: list[str] = []
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self._cluster_processes(), *self._running.values()]:
            with contextlib.suppress(Exception):  # gone meanwhile
                process.kill()
        for process in self._running.values():
            process.wait(60)

    def start(self, who: str) -> None:
        module, arguments = ("ray_site", []) if who == CLUSTER else ("agent", [who])
        folders = [_ROOT]
        if who == CLUSTER:
            folders += [_ROOT / "tests" / "chaos" / "store_faults", _ROOT / "tests" / "dataset"]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "OMP_NUM_THREADS": "1",
            "CHAOS_FAILING_SHARE": str(self.plan.failing_share),
            "CHAOS_STALLED": str(self.plan.stalled),
        }
        with self.log(who).open("ab") as log:
            self._running[who] = subprocess.Popen(
                [sys.executable, "-m", f"tests.chaos.{module}", str(self._plan_file), *arguments],
                env=environment,
                stdout=log,
                stderr=log,
            )

    def start_all(self) -> None:
        for who in (CLUSTER, *AGENTS):
            self.start(who)

    def log(self, who: str) -> Path:
        return self.plan.place / f"{who}.log"

    # Killing

    def kill_agent(self, agent: str) -> None:
        self._running[agent].kill()
        self._running[agent].wait(30)
        self.start(agent)

    def kill_replica(self, kind: str, choose: Callable[[list[Any]], Any]) -> None:
        """One of the processes of a kind, as soon as there is one; Ray is to start another."""
        wait_until(lambda: bool(self.replicas(kind)), f"there is no {kind} process")
        choose(self.replicas(kind)).kill()

    def kill_head(self) -> None:
        """Ray's head dies; what is left of the cluster is given its time to end, and everything is started again."""
        left = self._cluster_processes()
        next(process for process in left if HEAD in process.name()).kill()
        self._end_cluster(left)
        self.start(CLUSTER)

    def terminate_all(self) -> None:
        """SIGTERM to everything that was started here, as a machine that goes down sends it."""
        left = self._cluster_processes()
        for who in AGENTS:
            self._running[who].send_signal(signal.SIGTERM)
        for process in left:
            with contextlib.suppress(Exception):
                process.terminate()
        self._end_cluster(left)
        for who in AGENTS:
            self._running[who].wait(30)
        self.start_all()

    def stall_store(self, seconds: float) -> None:
        self.plan.stalled.touch()
        time.sleep(seconds)
        self.plan.stalled.unlink()

    def _end_cluster(self, left: list[Any]) -> None:
        import psutil

        _, alive = psutil.wait_procs(left, timeout=30)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._running[CLUSTER].wait(60)
        if alive:
            self.restarts.append(f"cluster: {len(alive)} processes had to be ended")

    # Looking

    def replicas(self, kind: str) -> list[Any]:
        return [process for process in self._cluster_processes() if REPLICAS[kind] in _title(process)]

    def _cluster_processes(self) -> list[Any]:
        import psutil
        import ray  # noqa: F401 - brings psutil along

        if CLUSTER not in self._running:
            return []
        try:
            cluster = psutil.Process(self._running[CLUSTER].pid)
            return [cluster, *cluster.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def tend(self) -> None:
        """Starts again what ended with an error, as a machine does with its services."""
        for who, process in list(self._running.items()):
            if process.poll() not in (None, 0):
                self.restarts.append(f"{who}: ended with {process.returncode}")
                self.start(who)

    def is_finished(self) -> bool:
        return all(self._running[agent].poll() == 0 for agent in AGENTS)

    def num_acknowledged(self) -> int:
        """Frames, about; those that were sent twice count twice."""
        return CHUNK_FRAMES * sum(len(_lines(self.plan.progress(agent))) for agent in AGENTS)

    def acknowledged_since(self, when: float, agents: tuple[str, ...] = AGENTS) -> float | None:
        """When the first chunk was acknowledged that was first sent after `when`."""
        times = [map(float, line.split()) for agent in agents for line in _lines(self.plan.progress(agent))[-50:]]
        return min((done for sent, done in times if sent > when), default=None)


def wait_until(is_so: Callable[[], bool], complaint: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + patience_seconds
    while not is_so():
        assert time.monotonic() < deadline, f"{complaint} after {patience_seconds:g} s"
        time.sleep(0.2)


def _title(process: Any) -> str:
    try:
        return " ".join(process.cmdline())
    except Exception:  # noqa: BLE001 - of psutil's kinds, when it is gone meanwhile
        return ""


def _lines(path: Path) -> list[str]:
    """Whole ones: a kill may have cut the last one off."""
    text = path.read_text() if path.exists() else ""
    return [line for line in text.splitlines(keepends=True) if line.endswith("\n") and len(line.split()) == 2]
