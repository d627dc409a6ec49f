"""Secrets on the disk: who can read them, and which tokens end soon."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from cli.doctor.check import Check, failure, ok, skipped, warning
from protocol.errors import LookalikeError

_SOON_DAYS = 14
_DAY_SECONDS = 86_400.0


def secret_files(folders: Sequence[Path], home: Path | None = None) -> list[Path]:
    """Tokens, calibrations' neighbours, keys, and the token that Ray leaves in the home folder."""
    found = {
        path
        for folder in folders
        if folder.is_dir()
        for pattern in ("*.token", "tokens.json", "*.key", "secrets/*", "metrics/token", "*/metrics/token")
        for path in folder.glob(pattern)
        if path.is_file()
    }
    ray = (home or Path.home()) / ".ray" / "auth_token"
    return sorted(found | ({ray} if ray.is_file() else set()))


def check_modes(files: Sequence[Path]) -> Check:
    if os.name != "posix":
        return skipped("secrets", "modes are a matter of POSIX; the folder's owner alone should have access")
    if not files:
        return skipped("secrets", "none are here")
    opened = [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if opened:
        return failure(
            "secrets",
            f"others can read {', '.join(map(str, opened))}",
            f"chmod 600 {' '.join(map(str, opened))}, and replace those that others may have read",
        )
    return ok("secrets", f"{len(files)} files, only their owner can read them")


def check_token_store(path: Path, now: float | None = None) -> Iterator[Check]:
    """The coordinator's list of issued tokens: does one end soon?"""
    if not path.exists():
        yield skipped("issued tokens", f"{path} is not there", "Issue one: lookalike enroll NAME")
        return
    from coordinator.tokens import TokenStore

    try:
        tokens = TokenStore(path).tokens()
    except LookalikeError as error:
        yield failure("issued tokens", str(error), "See there")
        return
    seconds = time.time() if now is None else now
    days = {
        token.agent: (token.expires_unix_seconds - seconds) / _DAY_SECONDS
        for token in tokens
        if token.expires_unix_seconds
    }
    ending = sorted(f"{agent} in {left:.0f} days" for agent, left in days.items() if left < _SOON_DAYS)
    if ending:
        yield warning(
            "issued tokens", f"ending: {', '.join(ending)}", "Enrol them again; old and new are valid side by side"
        )
    else:
        yield ok("issued tokens", f"{len(tokens)}, none ends within {_SOON_DAYS} days")
