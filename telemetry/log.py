"""Log lines: one JSON object each, with what is being worked on, and nothing that must not be known.

A line reads {"time": ..., "level": "info", "process": "agent", "logger": ..., "event": "shard done", "sweep": "demo",
"shard": "demo-0007", "agent": "pc-1", "attempt": 1, "frames": 64}. What a message's text says as `key=value` at its end
becomes fields, so that code logs as it always did and a machine can read it all the same.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from telemetry.errors import TelemetryError

MOST_CHARACTERS = 4000
"""Of one value: a picture or a whole body that strays into a log is cut off."""

MAX_BYTES = 20_000_000
NUM_BACKUPS = 5
"""A process's log takes at most `MAX_BYTES` for each of these and itself."""

NUM_REPLICA_LOGS = 16
"""Of one kind of process: the newest, so that replicas that come and go do not fill the disk."""

_SECRETS = re.compile(
    r"(lk_[0-9a-f]{12}_)[0-9a-f]{16,}"  # our tokens keep their id, which is no secret
    r"|((?:Bearer|Basic)\s+)[\w.~+/=-]+"
    r"|((?:token|secret|password|authorization|aws_secret_access_key|session_token)[\"']?\s*[=:]\s*[\"']?)(?:(?:Bearer|Basic)\s+)?[^\s\"',;&]+"
    r"|(://[^/\s:@]*:)[^/\s]+(?=@)"  # up to the last @: a password may hold one
    r"|\b()(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|()(?:[A-Za-z0-9+/]{200,}={0,2})",  # pictures, keys: nothing that a person reads
    re.IGNORECASE,
)
_PAIR = re.compile(r"(?<!\S)([a-z_][a-z0-9_]*)=(\"[^\"]*\"|\S+)")
_LAST = {"reason", "error"}
"""Texts that go on to the line's end."""

_CONTEXT: ContextVar[dict[str, Any]] = ContextVar("log_context", default={})  # noqa: B039 - never changed in place


@contextmanager
def working_on(**what: Any) -> Iterator[None]:
    """Every line of this thread or task says so: `with working_on(sweep=..., shard=..., attempt=...)`."""
    token = _CONTEXT.set({**_CONTEXT.get(), **what})
    try:
        yield
    finally:
        _CONTEXT.reset(token)


def without_secrets(text: str) -> str:
    """The text with tokens, passwords, keys and long encoded data blotted out."""
    return _SECRETS.sub(lambda found: next((group for group in found.groups() if group), "") + "[hidden]", text)


class JsonFormatter(logging.Formatter):
    """`fixed` fields stand in every line of the process: which process it is, which agent."""

    def __init__(self, **fixed: str) -> None:
        super().__init__()
        self._fixed = fixed

    def format(self, record: logging.LogRecord) -> str:
        event, pairs = _split(without_secrets(record.getMessage()))
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event,
            **self._fixed,
            **_CONTEXT.get(),
            **pairs,
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps({key: _clean(value) for key, value in line.items()}, ensure_ascii=False)


def _split(message: str) -> tuple[str, dict[str, Any]]:
    """What a message says, and the pairs at its end."""
    pairs: dict[str, Any] = {}
    first: int | None = None
    for found in _PAIR.finditer(message):
        first = found.start() if first is None else first
        if found[1] in _LAST:
            pairs[found[1]] = message[found.start(2) :]
            break
        pairs[found[1]] = _value(found[2])
    if first is None:
        return message, {}
    return message[:first].rstrip(), pairs


def _value(text: str) -> Any:
    text = text.strip('"')
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = without_secrets(str(value))
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} ... ({len(text)} characters)"


def log_to(
    path: Path | None = None, *, level: int = logging.INFO, max_bytes: int = MAX_BYTES, **fixed: str
) -> logging.Handler:
    """Makes this process log in JSON: to a file that only its owner can read and that is rotated, or to standard error.

    Replaces what was set up before. Raises TelemetryError when the file cannot be written.
    """
    handler = _handler(path, max_bytes)
    handler.setFormatter(JsonFormatter(**fixed))
    root = logging.getLogger()
    for known in root.handlers[:]:
        root.removeHandler(known)
        known.close()
    root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log every request, with addresses
    return handler


def log_replica(folder: Path, process: str, *, max_bytes: int = MAX_BYTES) -> logging.Handler:
    """As `log_to`, for a process of which there are several: each has a file of its own, such as gateway-4711.log."""
    handler = log_to(folder / f"{process}-{os.getpid()}.log", max_bytes=max_bytes, process=process)
    logs = sorted(folder.glob(f"{process}-*.log"), key=_age)
    for path in logs[NUM_REPLICA_LOGS:]:
        for part in folder.glob(f"{path.name}*"):
            part.unlink(missing_ok=True)
    return handler


def _age(path: Path) -> float:
    """Less for newer ones; one that another process removes meanwhile is the oldest."""
    try:
        return -path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _handler(path: Path | None, max_bytes: int) -> logging.Handler:
    if path is None:
        return logging.StreamHandler(sys.stderr)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _OwnersFile(
            path, maxBytes=max_bytes, backupCount=NUM_BACKUPS, encoding="utf-8", errors="backslashreplace"
        )
    except OSError as error:
        raise TelemetryError(f"The log {path} cannot be written: {error.strerror}; name another place") from error


class _OwnersFile(logging.handlers.RotatingFileHandler):
    """Mode 0600 from the first byte on, after every rotation too."""

    def _open(self) -> Any:
        def owners(name: str, flags: int) -> int:
            return os.open(name, flags, 0o600)

        return open(self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=owners)
