"""The door for agents: HTTP with a bearer token, JSON messages and chunks as tar streams.

Every request is small or counted: bodies have limits while they are read, so many chunks are in work at once and no more, and
whoever comes beyond that is told when to come again.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from coordinator.errors import (
    ForeignLeaseError,
    LeaseError,
    SweepError,
    TokenError,
    UnavailableError,
    UnknownLeaseError,
)
from coordinator.tokens import Scope, Token, TokenStore
from dataset.errors import FramesRefusedError, StoreError
from protocol.character import JsonObject
from protocol.chunk import checksum
from protocol.errors import LookalikeError, ProtocolError, VersionError
from protocol.lease import (
    ChunkReply,
    Heartbeat,
    HeartbeatReply,
    LeaseReply,
    LeaseRequest,
    Report,
    ReportReply,
)
from protocol.message import PROTOCOL_VERSION, Message, check_version

MessageT = TypeVar("MessageT", LeaseRequest, Heartbeat, Report)


class GatewayBackend(Protocol):
    """What stands behind the gateway; raises LookalikeError."""

    async def lease(self, request: LeaseRequest) -> LeaseReply: ...

    async def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatReply: ...

    async def report(self, report: Report) -> ReportReply: ...

    async def put_chunk(self, lease_id: str, agent: str, data: bytes) -> ChunkReply: ...

    async def status(self) -> JsonObject: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLimits:
    """At most `max_chunks` chunks of `max_chunk_bytes` are in memory at once, so their product bounds it."""

    max_message_bytes: int = 262_144
    max_chunk_bytes: int = 32_000_000
    max_chunks: int = 8
    max_body_seconds: float = 60.0
    retry_after_seconds: float = 2.0


_STATUS_CODES: tuple[tuple[type[LookalikeError], int], ...] = (
    (VersionError, 426),
    (ProtocolError, 400),
    (ForeignLeaseError, 403),
    (UnknownLeaseError, 409),
    (LeaseError, 400),  # a chunk that belongs elsewhere, an agent of another creator
    (FramesRefusedError, 400),
    (SweepError, 400),
    (StoreError, 503),
    (TokenError, 503),
    (UnavailableError, 503),
)


def create_gateway(backend: GatewayBackend, tokens: TokenStore, limits: GatewayLimits | None = None) -> FastAPI:
    """The application; it starts nothing and holds no connection itself."""
    return _Gateway(backend, tokens, limits or GatewayLimits()).app()


class _Gateway:
    def __init__(self, backend: GatewayBackend, tokens: TokenStore, limits: GatewayLimits) -> None:
        self._backend = backend
        self._tokens = tokens
        self._limits = limits
        self._num_chunks = 0

    def app(self) -> FastAPI:
        app = FastAPI(title="lookalike gateway", version=str(PROTOCOL_VERSION))
        app.add_exception_handler(StarletteHTTPException, _answer_http_error)
        app.add_exception_handler(LookalikeError, self._answer_error)
        app.get("/v1/health")(self.health)
        app.get("/v1/status")(self.status)
        app.post("/v1/lease")(self.lease)
        app.post("/v1/heartbeat")(self.heartbeat)
        app.post("/v1/report")(self.report)
        app.put("/v1/leases/{lease_id}/chunks")(self.put_chunk)
        return app

    async def health(self) -> JsonObject:
        """Open to everybody: that the gateway answers, and which protocol it speaks."""
        return {"status": "ok", "version": PROTOCOL_VERSION}

    async def status(self, request: Request) -> JSONResponse:
        """The fleet, for tokens of any scope."""
        self._authenticate(request, None)
        return JSONResponse(await self._backend.status())

    async def lease(self, request: Request) -> JSONResponse:
        """LeaseRequest to LeaseReply."""
        return await self._exchange(request, LeaseRequest, self._backend.lease)

    async def heartbeat(self, request: Request) -> JSONResponse:
        """Heartbeat to HeartbeatReply."""
        return await self._exchange(request, Heartbeat, self._backend.heartbeat)

    async def report(self, request: Request) -> JSONResponse:
        """Report to ReportReply."""
        return await self._exchange(request, Report, self._backend.report)

    async def put_chunk(self, request: Request, lease_id: str) -> JSONResponse:
        """A chunk to ChunkReply; `checksum` is its sha256."""
        token = self._authenticate(request, "capture")
        expected = request.query_params.get("checksum", "")
        async with self._slot():
            data = await self._read(request, self._limits.max_chunk_bytes)
            got = await asyncio.to_thread(checksum, data)
            if not hmac.compare_digest(got.encode(), expected.encode()):
                raise HTTPException(
                    425, f"The body's sha256 is {got}, the request says {expected[:80]!r}: send it again"
                )
            reply = await self._backend.put_chunk(lease_id, token.agent, data)
        return JSONResponse(reply.to_json())

    async def _exchange(
        self, request: Request, kind: type[MessageT], answer: Callable[[MessageT], Awaitable[Message]]
    ) -> JSONResponse:
        token = self._authenticate(request, "capture")
        message = _parse(kind, await self._read(request, self._limits.max_message_bytes))
        if message.agent != token.agent:
            raise HTTPException(
                403, f"The token belongs to agent {token.agent!r}, the message names {message.agent!r:.80}"
            )
        return JSONResponse((await answer(message)).to_json())

    def _authenticate(self, request: Request, scope: Scope | None) -> Token:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        token = self._tokens.authenticate(value.strip()) if kind.lower() == "bearer" else None
        if token is None:
            raise HTTPException(
                401,
                "The bearer token is missing, unknown, revoked or expired; get one with `lookalike enroll`",
                {"WWW-Authenticate": "Bearer"},
            )
        if scope is not None and not token.allows(scope):
            raise HTTPException(403, f"The token's scopes are {', '.join(token.scopes)}; this needs {scope}")
        return token

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """Room for one more chunk in memory; those who find none are told to wait outside."""
        if self._num_chunks >= self._limits.max_chunks:
            raise _busy(503, f"{self._num_chunks} chunks are in work; wait", self._limits.retry_after_seconds)
        self._num_chunks += 1
        try:
            yield
        finally:
            self._num_chunks -= 1

    async def _read(self, request: Request, max_bytes: int) -> bytes:
        """The body, given up as soon as it grows too large or too slowly."""
        announced = request.headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced[:20]) > max_bytes:
            raise _too_large(announced, max_bytes)
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.max_body_seconds):
                async for part in request.stream():
                    body += part
                    if len(body) > max_bytes:
                        raise _too_large("more", max_bytes)
        except TimeoutError as error:
            raise HTTPException(
                408, f"The body did not arrive within {self._limits.max_body_seconds:g} s", {"Connection": "close"}
            ) from error
        return bytes(body)

    async def _answer_error(self, request: Request, error: Exception) -> JSONResponse:
        code = next((code for kind, code in _STATUS_CODES if isinstance(error, kind)), 500)
        if code == 503:
            return _error(code, _text(error), {"Retry-After": f"{self._limits.retry_after_seconds:g}"})
        return _error(code, _text(error))


def _parse(kind: type[MessageT], body: bytes) -> MessageT:
    """The version is looked at first: another one may have other fields."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"The body is not JSON: {error}") from error
    if isinstance(value, dict):
        check_version(value.get("version", PROTOCOL_VERSION))
    return kind.from_json(value)


def _too_large(announced: str, max_bytes: int) -> HTTPException:
    what = f"{announced[:20]} bytes announced" if announced.isdecimal() else "The body"
    return HTTPException(413, f"{what}: at most {max_bytes} bytes are taken", {"Connection": "close"})


def _busy(code: int, what: str, seconds: float) -> HTTPException:
    return HTTPException(code, what, {"Retry-After": f"{seconds:g}"})


def _text(error: Exception) -> str:
    """A cluster wraps errors in its own, with the whole trace as text."""
    cause = getattr(error, "cause", None)
    return str(cause if isinstance(cause, LookalikeError) else error)


def _error(code: int, text: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": text}, code, headers)


async def _answer_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 - the only kind this is registered for
    return _error(error.status_code, str(error.detail), dict(error.headers or {}))
