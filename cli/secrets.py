"""Reads and writes tokens in files that only their owner can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from protocol.errors import LookalikeError


def read_token(path: Path) -> str:
    """Raises LookalikeError when the file is missing, empty or open to others."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise LookalikeError(f"Token file {path} cannot be read: {error}. Make one with `lookalike enroll`") from error
    if os.name == "posix" and mode & 0o077:
        raise LookalikeError(f"Token file {path} can be read by others; run: chmod 600 {path}")
    if not token:
        raise LookalikeError(f"Token file {path} is empty. Make one with `lookalike enroll`")
    return token


def write_token(path: Path, token: str) -> None:
    """Readable by its owner from the first byte on."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(token + "\n")
    except OSError as error:
        raise LookalikeError(f"Token file {path} cannot be written: {error}") from error
