"""The door for agents and operators: HTTP with a bearer token, JSON messages and chunks as tar streams.

Every request is small or counted: bodies have limits while they are read, so many chunks are in work at once and no more, each
sender may ask so often, and whoever comes beyond that is told when to come again.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from coordinator import openapi
from coordinator.answers import RETRY_AFTER_SECONDS, answer_error, answer_http_error, come_again, no_token, too_large
from coordinator.commands import AGENT_ACTIONS, Command, CommandReply
from coordinator.journal import log_answer, names_of
from coordinator.status import FleetStatus
from coordinator.tokens import Scope, Token, TokenStore
from protocol.character import JsonObject
from protocol.chunk import checksum
from protocol.errors import LookalikeError
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
from protocol.rate_limit import RateLimit
from telemetry.log import working_on

MessageT = TypeVar("MessageT", LeaseRequest, Heartbeat, Report, Command)


class GatewayBackend(Protocol):
    """What stands behind the gateway; raises LookalikeError."""

    async def lease(self, request: LeaseRequest) -> LeaseReply: ...

    async def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatReply: ...

    async def report(self, report: Report) -> ReportReply: ...

    async def put_chunk(self, lease_id: str, agent: str, data: bytes) -> ChunkReply: ...

    async def status(self) -> FleetStatus: ...

    async def execute(self, command: Command) -> CommandReply: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLimits:
    """Of one replica. At most `max_chunks` chunks of `max_chunk_bytes` are in memory at once, so their product bounds it.

    `requests_per_second` is each token's; `refusals_per_second` that of an address whose tokens are wrong.
    """

    max_message_bytes: int = 262_144
    max_chunk_bytes: int = 32_000_000
    max_chunks: int = 8
    max_chunks_per_agent: int = 2
    max_body_seconds: float = 60.0
    requests_per_second: float = 50.0
    refusals_per_second: float = 5.0
    burst_seconds: float = 4.0


def create_gateway(backend: GatewayBackend, tokens: TokenStore, limits: GatewayLimits | None = None) -> FastAPI:
    """The application; it starts nothing and holds no connection itself."""
    return _Gateway(backend, tokens, limits or GatewayLimits()).app()


class _Gateway:
    def __init__(self, backend: GatewayBackend, tokens: TokenStore, limits: GatewayLimits) -> None:
        self._backend = backend
        self._tokens = tokens
        self._limits = limits
        self._chunks: Counter[str] = Counter()  # in work, by agent
        self._asked = _rate_limit(limits.requests_per_second, limits.burst_seconds)
        self._refused = _rate_limit(limits.refusals_per_second, limits.burst_seconds)

    def app(self) -> FastAPI:
        # no pages that draw the description: FastAPI's load scripts from elsewhere
        app = FastAPI(title="lookalike gateway", version=str(PROTOCOL_VERSION), docs_url=None, redoc_url=None)
        app.add_exception_handler(StarletteHTTPException, answer_http_error)
        app.add_exception_handler(LookalikeError, answer_error)
        app.get("/v1/health")(self.health)
        app.get("/v1/status", openapi_extra=openapi.reading(FleetStatus))(self.status)
        app.post("/v1/lease", openapi_extra=openapi.exchange(LeaseRequest, LeaseReply))(self.lease)
        app.post("/v1/heartbeat", openapi_extra=openapi.exchange(Heartbeat, HeartbeatReply))(self.heartbeat)
        app.post("/v1/report", openapi_extra=openapi.exchange(Report, ReportReply))(self.report)
        app.post("/v1/commands", openapi_extra=openapi.exchange(Command, CommandReply))(self.command)
        app.put("/v1/leases/{lease_id}/chunks", openapi_extra=openapi.upload(ChunkReply))(self.put_chunk)
        describe = app.openapi
        app.openapi = lambda: openapi.with_security(describe())  # type: ignore[method-assign]  # FastAPI's way
        return app

    async def health(self) -> JsonObject:
        """Open to everybody: that the gateway answers, and which protocol it speaks."""
        return {"status": "ok", "version": PROTOCOL_VERSION}

    async def status(self, request: Request) -> JSONResponse:
        """The fleet, for all tokens but those of players."""
        if self._authenticate(request, None).scopes == ("match",):
            raise HTTPException(403, "A player's token is for the matcher's service")
        return JSONResponse((await self._backend.status()).to_json())

    async def lease(self, request: Request) -> JSONResponse:
        """LeaseRequest to LeaseReply."""
        return await self._speak(request, LeaseRequest, self._backend.lease)

    async def heartbeat(self, request: Request) -> JSONResponse:
        """Heartbeat to HeartbeatReply."""
        return await self._speak(request, Heartbeat, self._backend.heartbeat)

    async def report(self, request: Request) -> JSONResponse:
        """Report to ReportReply."""
        return await self._speak(request, Report, self._backend.report)

    async def command(self, request: Request) -> JSONResponse:
        """Command to CommandReply, for operators: sweeps are added, ordered and cancelled, agents drained and released. Who
        trains may add sweeps as well."""
        token = self._authenticate(request, None)
        if not token.allows("train"):
            _check_scope(token, "operate")
        command = _parse(Command, await self._read(request, self._limits.max_message_bytes))
        if command.action != "add_sweep":
            _check_scope(token, "operate")
        if command.action in AGENT_ACTIONS:
            self._tokens.check_agent(command.name)
        return JSONResponse((await self._backend.execute(command)).to_json())

    async def put_chunk(self, request: Request, lease_id: str) -> JSONResponse:
        """A chunk to ChunkReply: a tar stream of `00007.json` beside `00007.jpeg`."""
        token = self._authenticate(request, "capture")
        expected = request.query_params.get("checksum", "")
        async with self._slot(token.agent):
            data = await self._read(request, self._limits.max_chunk_bytes)
            got = await asyncio.to_thread(checksum, data)
            if not hmac.compare_digest(got.encode(), expected.encode()):
                raise HTTPException(
                    425, f"The body's sha256 is {got}, the request says {expected[:80]!r}: send it again"
                )
            request.state.names = names_of(lease_id, token.agent)
            with working_on(**request.state.names):
                reply = await self._backend.put_chunk(lease_id, token.agent, data)
                log_answer(len(data), reply)
        return JSONResponse(reply.to_json())

    async def _speak(
        self, request: Request, kind: type[MessageT], answer: Callable[[MessageT], Awaitable[Message]]
    ) -> JSONResponse:
        """Agents speak for themselves only."""
        token = self._authenticate(request, "capture")
        message: Any = _parse(kind, await self._read(request, self._limits.max_message_bytes))
        if message.agent != token.agent:
            raise HTTPException(
                403, f"The token belongs to agent {token.agent!r}, the message names {message.agent!r:.80}"
            )
        lease_id = getattr(message, "lease_id", "")
        request.state.names = names_of(lease_id, token.agent) if lease_id else {"agent": token.agent}
        with working_on(**request.state.names):
            return JSONResponse((await answer(message)).to_json())

    def _authenticate(self, request: Request, scope: Scope | None) -> Token:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        token = self._tokens.authenticate(value.strip()) if kind.lower() == "bearer" else None
        if token is None:
            self._bound(self._refused, request.client.host if request.client else "", "wrong tokens")
            raise no_token()
        self._bound(self._asked, token.token_id, "requests")
        if scope is not None:
            _check_scope(token, scope)
        return token

    def _bound(self, limit: RateLimit, sender: str, what: str) -> None:
        if wait := limit.wait_seconds(sender):
            raise come_again(429, f"Too many {what} from here; come again in {wait:.3g} s", wait)

    @asynccontextmanager
    async def _slot(self, agent: str) -> AsyncIterator[None]:
        """Room for one more chunk in memory; those who find none are told to wait outside."""
        num_chunks = self._chunks.total()
        if num_chunks >= self._limits.max_chunks or self._chunks[agent] >= self._limits.max_chunks_per_agent:
            raise come_again(
                503, f"{num_chunks} chunks are in work, {self._chunks[agent]} of them yours; wait", RETRY_AFTER_SECONDS
            )
        self._chunks[agent] += 1
        try:
            yield
        finally:
            self._chunks[agent] -= 1
            self._chunks += Counter()  # forgets those at zero

    async def _read(self, request: Request, max_bytes: int) -> bytes:
        """The body, given up as soon as it grows too large or too slowly."""
        announced = request.headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced[:20]) > max_bytes:
            raise too_large(announced, max_bytes)
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.max_body_seconds):
                async for part in request.stream():
                    body += part
                    if len(body) > max_bytes:
                        raise too_large("more", max_bytes)
        except TimeoutError as error:
            raise HTTPException(
                408, f"The body did not arrive within {self._limits.max_body_seconds:g} s", {"Connection": "close"}
            ) from error
        return bytes(body)


def _check_scope(token: Token, scope: Scope) -> None:
    if not token.allows(scope):
        raise HTTPException(403, f"The token's scopes are {', '.join(token.scopes)}; this needs {scope}")


def _rate_limit(per_second: float, burst_seconds: float) -> RateLimit:
    return RateLimit(per_second, max(1.0, per_second * burst_seconds), time.monotonic)


def _parse(kind: type[MessageT], body: bytes) -> MessageT:
    """The version is looked at first: another one may have other fields."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"The body is not JSON: {error}") from error
    if isinstance(value, dict):
        check_version(value.get("version"))
    return kind.from_json(value)
