"""A process and everything that it started, told by its session of Linux: found after it ended too, and ended itself."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_SESSION, _STARTED = 3, 19  # fields of /proc/PID/stat after the name, from 0
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Leader:
    """The first process of a session. With `started` and `boot` it is this process, whoever has its number later.

    `folder` holds files that the session's processes keep open: so they are known when their leader is gone.
    """

    pid: int
    started: int
    boot: str
    folder: str

    @classmethod
    def of(cls, pid: int, folder: Path) -> Leader:
        return cls(pid, _field(pid, _STARTED), _boot(), str(folder))

    @property
    def is_alive(self) -> bool:
        return self.boot == _boot() and _field(self.pid, _STARTED) == self.started and not _is_zombie(self.pid)

    def family(self) -> list[int]:
        """Its processes that run, itself included."""
        if self.boot != _boot():
            return []
        members = [pid for pid in _pids() if _field(pid, _SESSION) == self.pid and not _is_zombie(pid)]
        if self.is_alive:
            return members
        return [pid for pid in members if _holds_files_in(pid, self.folder)]  # its number may be another's by now

    def end(self, patience_seconds: float = 30.0) -> None:
        """Asks the leader, or what it left, to end in order; kills what is there after that."""
        family = [self.pid] if self.is_alive else self.family()
        _signal(family, signal.SIGTERM)
        if not self._ends_within(patience_seconds):
            _signal(self.family(), signal.SIGKILL)
            self._ends_within(patience_seconds)

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.family():
            if time.monotonic() > deadline:
                return False
            time.sleep(_PAUSE_SECONDS)
        return True


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _field(pid: int, at: int) -> int:
    """-1 for a process that is gone."""
    words = _stat(pid)
    return int(words[at]) if words else -1


def _is_zombie(pid: int) -> bool:
    return _stat(pid)[:1] in (["Z"], ["X"])


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _holds_files_in(pid: int, folder: str) -> bool:
    try:
        return any(str(file.readlink()).startswith(f"{folder}/") for file in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # gone, or somebody else's
        return False


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
