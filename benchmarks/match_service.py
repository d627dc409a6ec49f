"""`lookalike serve` in a process of its own, for as long as a block lasts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx

from cluster.ports import free_ports

_START_SECONDS = 120.0


class RunningService:
    """Every user is a client of its own: the bench is a trusted proxy."""

    def __init__(self, models: str, folder: Path) -> None:
        (self._port,) = free_ports(1)
        limits = folder / "limits.toml"
        limits.write_text('trusted_proxies = ["127.0.0.1"]\n', encoding="utf-8")
        self._command = [sys.executable, "-m", "cli.main", "serve", "--plain", "--models", models]
        self._command += ["--port", str(self._port), "--limits", str(limits)]
        self._log = folder / "log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> RunningService:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                raise RuntimeError(f"the service did not start: {self._log.read_text(encoding='utf-8')[-500:]}")
            time.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}v1/ready", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False


def memory_mb(pid: int) -> float:
    """What a process holds in memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kilobytes) / 1000


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processors so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
