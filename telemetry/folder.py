"""A folder for whoever scrapes: the token and the service-discovery file. `infra/prometheus` goes beside them."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from protocol.object_file import write_object
from telemetry.endpoint import token_sha256
from telemetry.errors import TelemetryError
from telemetry.exporter import Exporter, ExporterConfig, Part
from telemetry.targets import TargetFile

TOKEN, TARGETS = "token", "targets.json"


class MetricsFolder:
    """`prepare` makes what is missing; what is there stays, so that the token outlives a restart."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def prepare(self, host: str = "127.0.0.1") -> ExporterConfig:
        """Raises TelemetryError when the folder cannot be written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            token = self._token()
            if not (self.path / TARGETS).exists():
                write_object(self.path / TARGETS, b"[]\n")
        except OSError as error:
            raise TelemetryError(
                f"The folder for figures, {self.path}, cannot be used: {error.strerror}; name another"
            ) from error
        return ExporterConfig(
            token_sha256=token_sha256(token), targets_path=str(self.path.absolute() / TARGETS), host=host
        )

    def target_file(self, process: str = "") -> TargetFile:
        """The cluster's list, or that of this process outside it: a list has one writer."""
        return TargetFile(self.path / (f"targets-{process}-{os.getpid()}.json" if process else TARGETS))

    def forget_dead(self) -> None:
        """Drops lists of processes that were killed."""
        for path in self.path.glob("targets-*-*.json"):
            number = path.stem.rpartition("-")[2]
            if number.isdecimal() and not _is_alive(int(number)):
                path.unlink(missing_ok=True)

    def _token(self) -> str:
        path = self.path / TOKEN
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        token = secrets.token_hex(32)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(token)  # no line's end: Prometheus takes the file as it is
        return token


@contextlib.contextmanager
def exported(process: str, part: Part, folder: Path | None) -> Iterator[None]:
    """Serves the figures of a process outside the cluster while it runs; nothing where no folder is given."""
    if folder is None:
        yield
        return
    metrics = MetricsFolder(folder)
    config, targets = metrics.prepare(), metrics.target_file(process)
    metrics.forget_dead()
    try:
        with Exporter(process, [part], config, targets.announce):
            yield
    finally:
        targets.close()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        return True
    return True
