"""Tokens of agents and people: issued once, stored as hashes in a file that only its owner can read.

A token reads `lk_<id>_<secret>`; the secret is 256 random bits, so a plain sha256 of it cannot be guessed back.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from coordinator.errors import OrderError, TokenError
from protocol.errors import MessageError
from protocol.message import Message

Scope = Literal["capture", "status", "operate", "train", "match"]
SCOPES: tuple[Scope, ...] = ("capture", "status", "operate", "train", "match")
"""Agents capture, operators operate; who trains may add sweeps and no more; players match, at the service alone."""

_TOKEN = re.compile(r"lk_([0-9a-f]{12})_([0-9a-f]{64})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Token(Message):
    """What is known of an issued token. `expires_unix_seconds` 0: never."""

    token_id: str
    agent: str
    scopes: tuple[Scope, ...]
    issued_unix_seconds: float
    expires_unix_seconds: float
    secret_sha256: str

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes


class TokenStore:
    """Several processes may share the file; a revoked token is refused from the next request on."""

    def __init__(self, path: str | Path, clock: Callable[[], float] = time.time) -> None:
        self._path = Path(path)
        self._clock = clock
        self._stamp: tuple[int, int, int] | None = None
        self._tokens: dict[str, Token] = {}

    def issue(
        self, agent: str, *, scopes: tuple[Scope, ...] = ("capture",), expires_in_days: float | None = 90.0
    ) -> str:
        """A new token, shown this once. Raises TokenError."""
        if not _NAME.fullmatch(agent):
            raise TokenError(f"Agent name {agent!r:.80}: expected up to 64 letters, digits, '.', '_' and '-'")
        if not scopes or not set(scopes) <= set(SCOPES):
            raise TokenError(f"Scopes {', '.join(scopes) or 'none'}: expected some of {', '.join(SCOPES)}")
        if expires_in_days is not None and not 0 < expires_in_days < 36_500:
            raise TokenError(f"A token is valid for more than 0 and less than 36500 days, got {expires_in_days:g}")
        token_id, secret, now = secrets.token_hex(6), secrets.token_hex(32), self._clock()
        expires = 0.0 if expires_in_days is None else now + expires_in_days * _DAY_SECONDS
        with self._changing():
            self._tokens[token_id] = Token(token_id, agent, scopes, now, expires, _sha256(secret))
        return f"lk_{token_id}_{secret}"

    def revoke(self, token_id_or_agent: str) -> int:
        """Ends a token, or all of an agent; returns how many there were."""
        with self._changing():
            ended = [
                token.token_id for token in self._tokens.values() if token_id_or_agent in (token.token_id, token.agent)
            ]
            for token_id in ended:
                del self._tokens[token_id]
        return len(ended)

    def tokens(self) -> list[Token]:
        """All issued ones, oldest first."""
        self._refresh()
        return sorted(self._tokens.values(), key=lambda token: (token.issued_unix_seconds, token.token_id))

    def check_agent(self, name: str) -> None:
        """Raises OrderError naming the agents that are enrolled when this one is not."""
        agents = sorted({token.agent for token in self.tokens() if token.allows("capture")})
        if name not in agents:
            raise OrderError(f"No agent {name!r:.80} is enrolled; there are: {', '.join(agents[:50]) or 'none'}")

    def authenticate(self, token: str) -> Token | None:
        """The token's record; None when it is unknown, wrong, revoked or expired."""
        self._refresh()
        match = _TOKEN.fullmatch(token)
        known = self._tokens.get(match[1]) if match else None
        if match is None or known is None:
            return None
        is_right = hmac.compare_digest(_sha256(match[2]), known.secret_sha256)
        is_fresh = not known.expires_unix_seconds or self._clock() < known.expires_unix_seconds
        return known if is_right and is_fresh else None

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Read, change, write, while no other process does the same."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._path.with_name(self._path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise TokenError(f"Token file {self._path} cannot be written: {error}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._refresh()
            yield
            self._write()
        finally:
            os.close(lock)

    def _refresh(self) -> None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._tokens = None, {}
            return
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        if stamp != self._stamp:
            if stat.S_IMODE(found.st_mode) & 0o077:
                raise TokenError(f"Token file {self._path} can be read by others; run: chmod 600 {self._path}")
            self._tokens = self._read()
            self._stamp = stamp

    def _read(self) -> dict[str, Token]:
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))["tokens"]
            tokens = [Token.from_json(value) for value in values]
        except (OSError, ValueError, KeyError, TypeError, MessageError) as error:
            raise TokenError(
                f"Token file {self._path} cannot be read ({error}): restore a copy, or move it away and enroll everybody anew"
            ) from error
        return {token.token_id: token for token in tokens}

    def _write(self) -> None:
        content = json.dumps({"tokens": [token.to_json() for token in self._tokens.values()]}, indent=1)
        try:
            handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")  # mode 0600
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path)
        except OSError as error:
            raise TokenError(f"Token file {self._path} cannot be written: {error}") from error
        self._stamp = None


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
