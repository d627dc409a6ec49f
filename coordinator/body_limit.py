"""Bounds the bodies that the proxy in front of the gateway holds.

Ray Serve's proxy reads a request's body as fast as it comes and keeps it until the gateway asks for it (Ray 2.60,
`proxy_asgi_receive`: a queue without bound), so the gateway's own limits come too late. This stands in the proxy itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from starlette.middleware import Middleware

from coordinator.come_again import Application, ComeAgain, Event, Receive, Scope, Send, answer

IMPORT_PATH = "coordinator.body_limit:proxy_middlewares"
"""For RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH."""

_MAX_BODY_VARIABLE = "LOOKALIKE_MAX_BODY_BYTES"
_MAX_BODIES_VARIABLE = "LOOKALIKE_MAX_BODIES_BYTES"


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """Of one body, and of all that are under way at once."""

    max_body_bytes: int
    max_bodies_bytes: int

    def to_environment(self) -> dict[str, str]:
        """The proxy is a process of Ray's: this is how it hears of its limits."""
        return {
            "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": IMPORT_PATH,
            _MAX_BODY_VARIABLE: str(self.max_body_bytes),
            _MAX_BODIES_VARIABLE: str(self.max_bodies_bytes),
        }


def proxy_middlewares() -> list[Middleware]:
    """Called by Ray Serve in its proxy, once."""
    limits = BodyLimits(
        max_body_bytes=int(os.environ[_MAX_BODY_VARIABLE]), max_bodies_bytes=int(os.environ[_MAX_BODIES_VARIABLE])
    )
    return [Middleware(BodyLimit, limits=limits), Middleware(ComeAgain)]


class BodyLimit:
    """ASGI middleware. A body takes its announced size, or the most that is allowed, out of the common budget before its
    first byte is read; there is none left over: come again. One that grows too large is cut off."""

    def __init__(self, app: Application, limits: BodyLimits) -> None:
        self._app = app
        self._limits = limits
        self._reserved_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        size = _expected_bytes(scope, self._limits.max_body_bytes)
        if size is None or size > self._limits.max_body_bytes:
            await answer(send, 413, f"At most {self._limits.max_body_bytes} bytes are taken")
        elif self._reserved_bytes + size > self._limits.max_bodies_bytes:
            await answer(send, 503, "Too many bodies are under way; come again")
        else:
            self._reserved_bytes += size
            try:
                body = _CountedBody(receive, send, self._limits.max_body_bytes)
                await self._app(scope, body.receive, body.send)
            finally:
                self._reserved_bytes -= size


class _CountedBody:
    """One request; when its body has grown too large, it is answered here and the application sees the sender gone."""

    def __init__(self, receive: Receive, send: Send, max_bytes: int) -> None:
        self._receive = receive
        self._send = send
        self._max_bytes = max_bytes
        self._num_bytes = 0
        self._has_answered = False
        self._is_cut_off = False

    async def receive(self) -> Event:
        if self._is_cut_off:
            return {"type": "http.disconnect"}
        event = await self._receive()
        self._num_bytes += len(event.get("body", b""))
        if self._num_bytes <= self._max_bytes:
            return event
        self._is_cut_off = True
        if not self._has_answered:
            self._has_answered = True
            await answer(self._send, 413, f"At most {self._max_bytes} bytes are taken")
        return {"type": "http.disconnect"}

    async def send(self, event: Event) -> None:
        if self._is_cut_off:
            return
        self._has_answered = True
        await self._send(event)


def _expected_bytes(scope: Scope, most: int) -> int | None:
    """What a request will bring; None when it announces nonsense."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return most
    announced = headers.get(b"content-length", b"0")
    return int(announced[:20]) if announced.isdigit() else None
