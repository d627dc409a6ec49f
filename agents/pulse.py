"""What an agent tells of itself beside its work: in heartbeats, which a thread of their own sends, and in reports."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from agents.console import Counters
from agents.spool import Spool
from protocol.frame import Frame
from protocol.lease import Heartbeat


class Pulse:
    """`step` is the one that is being captured."""

    def __init__(self, agent: str, counters: Counters, spool: Spool, folder: Path, limit_bytes: int) -> None:
        self.step = 0
        self._agent, self._counters = agent, counters
        self._spool, self._folder, self._limit_bytes = spool, folder, limit_bytes
        self._confidence = 1.0
        self._gauges: dict[str, float] = {}

    def beat(self, lease_id: str) -> Heartbeat:
        return Heartbeat(lease_id, self._agent, self.step, self.figures())

    def figures(self) -> dict[str, float]:
        """Counts since the start, and how things stood when they were measured last."""
        return {**self._counters.as_numbers(), **self._gauges}

    def note_frames(self, frames: Sequence[Frame]) -> None:
        """The least sure readout of the last frames counts."""
        self._confidence = min((frame.record.confidence for frame in frames), default=1.0)

    def measure(self) -> None:
        """On the capturing thread, which alone uses the spool; heartbeats tell what was found."""
        self._gauges = {
            "confidence": self._confidence,
            "spool_bytes": float(self._spool.size_bytes()),
            "spool_limit_bytes": float(self._limit_bytes),
            "disk_free_bytes": float(shutil.disk_usage(self._folder).free),
        }
