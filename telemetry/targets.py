"""The service-discovery file: who can be scraped where. Processes announce themselves again and again; the silent are dropped.

The file is Prometheus's `file_sd`: [{"targets": ["127.0.0.1:38005"], "labels": {"process": "gateway"}}].
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from protocol.object_file import write_object

ANNOUNCE_EVERY_SECONDS = 10.0
FORGET_AFTER_SECONDS = 45.0


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """A process that can be scraped. `process` is one of the catalogue's; `address` host:port."""

    process: str
    address: str


class TargetList:
    """Pure: the time is an argument."""

    def __init__(self, forget_after_seconds: float = FORGET_AFTER_SECONDS) -> None:
        self._forget_after_seconds = forget_after_seconds
        self._heard: dict[Target, float] = {}

    def announce(self, target: Target, now: float) -> bool:
        """True when the list is another one now."""
        before = self.targets
        stale = [known for known, heard in self._heard.items() if now - heard > self._forget_after_seconds]
        for known in stale:
            del self._heard[known]
        self._heard[target] = now
        return self.targets != before

    @property
    def targets(self) -> tuple[Target, ...]:
        return tuple(sorted(self._heard))

    def to_json(self) -> list[dict[str, object]]:
        """One group for each kind of process."""
        addresses: dict[str, list[str]] = {}
        for target in self.targets:
            addresses.setdefault(target.process, []).append(target.address)
        return [{"targets": found, "labels": {"process": process}} for process, found in addresses.items()]


class TargetFile:
    """Rewrites the file whenever somebody came, moved or fell silent. Safe to use from several threads."""

    def __init__(self, path: str | Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = Path(path)
        self._clock = clock
        self._lock = threading.Lock()
        self._list = TargetList()

    def announce(self, target: Target) -> None:
        """Raises OSError."""
        with self._lock:
            if self._list.announce(target, self._clock()):
                write_object(self._path, json.dumps(self._list.to_json(), indent=1).encode() + b"\n")

    def close(self) -> None:
        """Nobody is left of this list."""
        self._path.unlink(missing_ok=True)
