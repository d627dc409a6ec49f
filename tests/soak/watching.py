"""Looks at every process of a campaign and at all figures that they export, again and again, on a thread of its own."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.chaos.processes import Site
from tests.soak.lives import Life, Sample

SAMPLE_EVERY_SECONDS = 2.0
SCRAPE_EVERY_SECONDS = 10.0
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_STARTED = 19  # field of /proc/PID/stat after the name, from 0
_KINDS = {
    "tests.chaos.agent": "agent",
    "Gateway": "gateway",
    "EmbeddingActor": "embedding",
    "CoordinatorActor": "coordinator",
    "ProxyActor": "proxy",
    "ServeController": "controller",
    "gcs_server": "head",
    "raylet/raylet": "raylet",
    "RuntimeEnvAgent": "runtime environments",
    "DashboardAgent": "dashboard agent",
    "dashboard/dashboard.py": "dashboard",
    "log_monitor": "log monitor",
    "ray::IDLE": "idle worker",
    "cluster up": "command",
    "cluster.ray_head": "start of Ray",
    "client.server": "client server",
}

Figures = dict[str, float]
"""By the name and labels of the series, as `name{label="value"}`; a name alone is the sum of all of its series."""


class Clock:
    """Hours of game time that have passed for the mean agent, those of its earlier processes included."""

    def __init__(self, site: Site) -> None:
        self._plan = site.plan
        self._seconds: dict[tuple[str, int], float] = {}

    def hours(self) -> float:
        for agent in self._plan.agents:
            with contextlib.suppress(OSError, ValueError):
                pid, seconds = self._plan.clock(agent).read_text().split()
                self._seconds[agent, int(pid)] = float(seconds)
        return sum(self._seconds.values()) / len(self._plan.agents) / 3600


class Watcher(threading.Thread):
    """`lives` by process, `scraped` by the kind and address of who exports; the newest figures stand last."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.lives: dict[tuple[int, int], Life] = {}
        self.scraped: dict[tuple[str, str], list[Figures]] = {}
        self.clock = Clock(site)
        self._site = site
        self._metrics = site.plan.place / "metrics"
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def run(self) -> None:
        scraped = 0.0
        while not self._ended.wait(SAMPLE_EVERY_SECONDS):
            self._sample()
            if time.monotonic() - scraped >= SCRAPE_EVERY_SECONDS:
                scraped = time.monotonic()
                self.scrape()

    def stop(self) -> None:
        self._ended.set()
        self.join(60)

    def _sample(self) -> None:
        hours, seconds = self.clock.hours(), time.monotonic()
        for pid, title in self._site.processes().items():
            with contextlib.suppress(OSError, IndexError, ValueError):  # it ended meanwhile
                started = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[_STARTED])
                memory = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
                files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
                life = self.lives.setdefault((pid, started), Life("", pid))
                life.kind = kind_of(title)  # an idle worker becomes an actor
                life.samples.append(Sample(hours, seconds, memory, files))

    def scrape(self) -> dict[tuple[str, str], Figures]:
        """Of all who answer now."""
        with self._lock:
            found = dict(self._scraped_now())
            for who, figures in found.items():
                self.scraped.setdefault(who, []).append(figures)
            return found

    def _scraped_now(self) -> list[tuple[tuple[str, str], Figures]]:
        found: list[tuple[tuple[str, str], Figures]] = []
        with contextlib.suppress(FileNotFoundError):  # the cluster is not up yet
            headers = {"Authorization": f"Bearer {(self._metrics / 'token').read_text()}"}
            for group in json.loads((self._metrics / "targets.json").read_text()):
                for address in group["targets"]:
                    with contextlib.suppress(httpx.TransportError):  # killed a moment ago
                        answer = httpx.get(f"http://{address}/metrics", headers=headers, trust_env=False, timeout=20)
                        assert answer.status_code == 200, f"{address}: {answer.status_code}"
                        found.append(((group["labels"]["process"], address), figures_of(answer.text)))
        return found


def kind_of(title: str) -> str:
    return next((kind for part, kind in _KINDS.items() if part in title), title[:60])


def figures_of(text: str) -> Figures:
    figures: Figures = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            figures[sample.name] = figures.get(sample.name, 0.0) + sample.value
            for label, value in sample.labels.items():
                name = f'{sample.name}{{{label}="{value}"}}'
                figures[name] = figures.get(name, 0.0) + sample.value
    return figures
