"""The head of a cluster on this machine: `ray start` as a process of its own that outlives whoever started it.

Ray's tables are kept on the disk (RocksDB), so a head that was killed comes back with actors and applications.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from cluster.errors import ClusterError, HeadError
from cluster.lock import locked_environment, make_token
from cluster.patience import PATIENT
from cluster.ports import LOOPBACK, free_ports, usable_port
from cluster.probe import check_locked
from cluster.processes import Leader
from cluster.record import RECORD, ClusterRecord, read_record

_TOKEN, _TABLES, _LOG = "ray.token", "ray-tables", "ray.log"
_STARTED = "ray_current_cluster"  # written by `ray start` when everything is up
TOO_SLOW = "timed out during startup"  # in Ray's words
NUM_STARTS = 4
_START_SECONDS = 240.0
_JOBS_PORT = 8265
_AGENTS_PORTS = (
    "--dashboard-port",
    "--dashboard-agent-listen-port",
    "--dashboard-agent-grpc-port",
    "--metrics-export-port",
    "--runtime-env-agent-port",
    "--ray-client-server-port",
)
_PAUSE_SECONDS = 0.2
_LONGEST_PLACE = 40  # sockets below it have names of at most 107 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadConfig:
    """`folder` keeps token, tables and record; `place` takes Ray's own files, under a short path. `port` 0: a free one.

    `num_capture` is how many agents this machine offers to drive. `has_jobs`: Ray's dashboard and job submission.
    `extra`: further variables for Ray's processes.
    """

    folder: Path
    place: Path | None = None
    port: int = 0
    num_cpus: int = 16
    num_capture: int = 0
    object_store_bytes: int = 200_000_000
    has_jobs: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def ray_place(self) -> Path:
        digest = hashlib.sha256(str(self.folder.absolute()).encode()).hexdigest()[:8]
        return self.place or Path(tempfile.gettempdir()) / f"lk-{os.getuid()}-{digest}"


def ensure_head(config: HeadConfig) -> ClusterRecord:
    """The head that runs; started, or started again with what it knew, when none does.

    Raises HeadError, OpenClusterError, ClusterError.
    """
    before = read_record(config.folder)
    if before is not None and before.head is not None:
        if before.head.is_alive:
            check_locked(before.address, Path(before.token))
            return before
        before.head.end()  # what the old head left behind
    try:
        return _start_patiently(config, before)
    except HeadError:
        is_slow = TOO_SLOW in _last_line(config.folder / _LOG)
        if is_slow or before is None or not (config.folder / _TABLES).exists():
            raise
        return _start_anew(config, before)


def renew_head(config: HeadConfig) -> ClusterRecord:
    """A head in place of the one that runs, which knows nothing of what ran on that one. Raises HeadError, OpenClusterError."""
    before = read_record(config.folder)
    end_head(config.folder, forgets=False)
    return _start_anew(config, before)


def _start_anew(config: HeadConfig, before: ClusterRecord | None) -> ClusterRecord:
    """Without tables that a kill has spoilt; the campaign itself is in the store."""
    if (config.folder / _TABLES).exists():
        _put_aside(config.folder / _TABLES)
    return _start_patiently(config, before)


def _start_patiently(config: HeadConfig, before: ClusterRecord | None) -> ClusterRecord:
    """What was too slow once may have what it reads in memory by now."""
    for _ in range(NUM_STARTS - 1):
        try:
            return _start(config, before)
        except HeadError:
            if TOO_SLOW not in _last_line(config.folder / _LOG):
                raise
    return _start(config, before)


def end_head(folder: Path, *, forgets: bool = True) -> bool:
    """Ends every process of the head and nothing else; False when none ran. `forgets`: the next one starts anew."""
    record = read_record(folder)
    if record is None or record.head is None:
        return False
    had_any = bool(record.head.family())
    record.head.end()
    if forgets:
        shutil.rmtree(Path(record.head.folder).parent, ignore_errors=True)
        shutil.rmtree(folder / _TABLES, ignore_errors=True)
        (folder / _TOKEN).unlink(missing_ok=True)
        (folder / RECORD).unlink(missing_ok=True)
    return had_any


def _start(config: HeadConfig, before: ClusterRecord | None) -> ClusterRecord:
    token = make_token(config.folder / _TOKEN)
    port = usable_port(config.port or (before.port if before else 0))
    place = _private_folder(config.ray_place) / "ray"  # which Ray opens to everybody
    started = place / _STARTED
    started.unlink(missing_ok=True)
    with _owners_log(config.folder / _LOG) as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            _command(config, port, place),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(config, token),
            umask=0o077,
            start_new_session=True,
        )
    record = ClusterRecord(address=f"{LOOPBACK}:{port}", token=str(token), head=Leader.of(process.pid, place))
    record.write(config.folder)  # whatever happens now, the next one knows what to end
    try:
        _wait(process, started, config.folder / _LOG)
        check_locked(record.address, token)
    except (ClusterError, KeyboardInterrupt):
        end_head(config.folder, forgets=before is None)
        raise
    return record if before is None else _with_deployment(record, before, config.folder)


def _with_deployment(record: ClusterRecord, before: ClusterRecord, folder: Path) -> ClusterRecord:
    kept = replace(record, url=before.url, deployed=before.deployed, capture=before.capture)
    kept.write(folder)
    return kept


def _command(config: HeadConfig, port: int, place: Path) -> list[str]:
    """All ports are told. Ray's fixed ones would meet those of another cluster on this machine, and those that its agents choose
    themselves are waited for no longer than 15 s (Ray 2.60), which a crowded machine does not always keep."""
    options = {
        "--port": port,
        "--temp-dir": place,
        "--num-cpus": config.num_cpus,
        "--resources": json.dumps({"capture": config.num_capture} if config.num_capture else {}),
        "--object-store-memory": config.object_store_bytes,
        "--include-dashboard": str(config.has_jobs).lower(),
        # tells drivers what workers print, which only jobs want; it keeps open what killed workers wrote
        "--include-log-monitor": str(config.has_jobs).lower(),
        "--dashboard-host": LOOPBACK,
        **dict(zip(_AGENTS_PORTS, free_ports(len(_AGENTS_PORTS)), strict=True)),
    }
    if config.has_jobs:
        options["--dashboard-port"] = _JOBS_PORT
    words = [str(word) for pair in options.items() for word in pair]
    # the autoscaler's monitor has nothing to scale on one machine
    return [sys.executable, "-m", "cluster.ray_head", "start", "--head", "--block", "--no-monitor", *words]


def _environment(config: HeadConfig, token: Path) -> dict[str, str]:
    settings = {
        "RAY_gcs_storage": "rocksdb",
        "RAY_gcs_storage_path": str((config.folder / _TABLES).absolute()),
        "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",  # a head has nobody to hand its actors to: 30 s for nothing
        "RAY_task_events_report_interval_ms": "0",  # every request is a task: its records fill the head's memory for days
        "RAY_health_check_failure_threshold": "20",  # with 5 a node that gets no processor for a minute is taken for dead
    }
    (config.folder / _TABLES).mkdir(mode=0o700, exist_ok=True)
    told = {**os.environ, **locked_environment(token), **PATIENT, **settings, **config.extra}
    return {name: value for name, value in told.items() if value is not None}


def _wait(process: subprocess.Popen[bytes], started: Path, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not started.exists():
        if process.poll() is not None:
            raise HeadError(f"Ray's head ended as it started: {_last_line(log)}. See {log}")
        if time.monotonic() > deadline:
            raise HeadError(f"Ray's head was not up after {_START_SECONDS:.0f} s. See {log}")
        time.sleep(_PAUSE_SECONDS)


def _owners_log(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1].strip() if lines else "it said nothing"


def _private_folder(path: Path) -> Path:
    """Whoever can write there could take Ray's place. Raises ClusterError."""
    if len(str(path)) > _LONGEST_PLACE:
        raise ClusterError(
            f"{path} is too long a path for Ray's sockets: name one of at most {_LONGEST_PLACE} characters"
        )
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise ClusterError(f"The folder for Ray's files, {path}, cannot be made: {error.strerror}") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise ClusterError(f"The folder for Ray's files, {path}, is open to others: remove it, or name another")
    return path


def _put_aside(tables: Path) -> None:
    tables.rename(tables.with_name(f"{tables.name}.{time.time_ns()}"))
