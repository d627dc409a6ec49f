"""A small campaign with two agents, its folder for figures, and a real Prometheus that scrapes it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from cli.calibrate import ensure_calibration
from cli.campaign import AgentPlan, CampaignPlan, run_campaign
from coordinator.status import FleetStatus
from coordinator.sweep import SweepSpec
from creator.profile_file import load_profile

PROMETHEUS = Path(__file__).parents[2] / "infra" / "prometheus"


def small_campaign(folder: Path, *, frames: int, frames_per_shard: int, agents: int = 2) -> CampaignPlan:
    calibration = ensure_calibration(load_profile("small"), folder / "calibration", is_quiet=True)
    return CampaignPlan(
        folder=folder,
        profile="small",
        sweeps=[
            SweepSpec.from_table(
                {
                    "name": "watched",
                    "kind": "interleaved",
                    "seed": 3,
                    "num_frames": frames,
                    "frames_per_shard": frames_per_shard,
                }
            )
        ],
        port=free_port(),
        agents=[AgentPlan(name=f"pc-{at}", seed=at) for at in range(agents)],
        calibration=calibration,
    )


class Running:
    """A campaign on a thread; `statuses` are what its loop saw."""

    def __init__(self, plan: CampaignPlan) -> None:
        self.statuses: list[FleetStatus] = []
        self.error: BaseException | None = None
        self.ended = threading.Event()
        self._release = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(plan,))
        self._thread.start()

    def _run(self, plan: CampaignPlan) -> None:
        def on_status(status: FleetStatus) -> None:
            self.statuses.append(status)
            if status.is_finished and status.committed_rows == status.planned_rows:
                self.ended.set()
                self._release.wait(300)  # the cluster stays until it was looked at

        try:
            run_campaign(plan, on_status)
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self.error = error
        finally:
            self.ended.set()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self._release.set()
        self._thread.join(120)


@contextlib.contextmanager
def prometheus(metrics: Path, data: Path) -> Iterator[str]:
    """Prometheus with the shipped configuration, scraping every two seconds. Yields its address."""
    for name in ("prometheus.yml", "alerts.yml"):
        text = (PROMETHEUS / name).read_text()
        (metrics / name).write_text(text.replace("_interval: 15s", "_interval: 2s"))
    address = f"127.0.0.1:{free_port()}"
    arguments = [f"--config.file={metrics / 'prometheus.yml'}", f"--storage.tsdb.path={data}"]
    process = subprocess.Popen(
        ["prometheus", *arguments, f"--web.listen-address={address}", "--log.level=warn"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: _is_ready(address), 120)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/-/ready", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def query(url: str, expression: str) -> list[dict[str, Any]]:
    """The samples of an instant query."""
    answer = httpx.get(f"{url}/api/v1/query", params={"query": expression}, trust_env=False).json()
    assert answer["status"] == "success", answer
    result: list[dict[str, Any]] = answer["data"]["result"]
    return result


def wait_for(is_so: Callable[[], bool], seconds: float) -> None:
    """Counts looks and not the clock: a machine that was stopped for a while has lost no patience."""
    for _ in range(round(seconds / 0.5)):
        if is_so():
            return
        time.sleep(0.5)
    raise AssertionError(f"not so after {seconds} s: {is_so}")
