"""What locks a Ray: its token, in a file that only its owner can read, and the environment that makes Ray use it."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from cluster.errors import ClusterError

_SETTLED: dict[str, str | None] = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_SERVE_LOG_TO_STDERR": "0",
    "RAY_AUTH_TOKEN": None,  # it would be taken before the file
    "RAY_ADDRESS": None,
    # Ray's own figures have no token and cannot be given one. Ray 2.60 has a switch for the nodes' alone; the dashboard's and
    # the autoscaler's are given a port on which no server starts, which both survive.
    "RAY_enable_metrics_collection": "0",
    "DASHBOARD_METRIC_PORT": "-1",
    "AUTOSCALER_METRIC_PORT": "-1",
}
_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Without it Ray takes the machine's outer address instead of loopback (Ray 2.60)."""


def locked_environment(token: Path, *, is_alone: bool = True) -> dict[str, str | None]:
    """For a Ray and for whoever speaks to it; None: not set. `is_alone`: all of it on loopback."""
    return {
        **_SETTLED,
        **(_ALONE if is_alone else {}),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token.absolute()),
    }


def make_token(path: Path) -> Path:
    """One that is there stays. Raises ClusterError when others can read it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
    except OSError as error:
        raise ClusterError(f"Ray's token {path} cannot be written: {error.strerror}") from error
    return checked_token(path)


def checked_token(path: Path) -> Path:
    """Raises ClusterError when it is missing, empty, or others can read it."""
    try:
        found = path.stat()
    except OSError as error:
        raise ClusterError(f"Ray's token {path} cannot be read: {error.strerror}") from error
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise ClusterError(f"Ray's token {path} can be read by others, and is a key to everything here: replace it")
    if not found.st_size:
        raise ClusterError(f"Ray's token {path} is empty: remove it, and another one is made")
    return path


def is_loopback(address: str) -> bool:
    """Of HOST:PORT."""
    try:
        return ipaddress.ip_address(address.rpartition(":")[0].strip("[]")).is_loopback
    except ValueError:
        return False


@contextlib.contextmanager
def environment(values: Mapping[str, str | None]) -> Iterator[None]:
    """Ray's processes inherit these; ours gets back what it had."""
    before = {name: os.environ.get(name) for name in (*values, "PYTHONBREAKPOINT")}  # the last one is set by Ray
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
