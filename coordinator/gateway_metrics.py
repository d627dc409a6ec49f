"""Figures of the gateway, taken around the application: every request, whatever it ends with."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

from prometheus_client.core import Metric

from telemetry.family import Count, Histogram, family

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_UNKNOWN = "other"


class GatewayFigures:
    """Hand it to `app.add_middleware(GatewayMeter, figures=...)`. `certificate`: the TLS certificate that agents are shown."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, certificate: Path | None = None) -> None:
        self.clock = clock
        self.requests = Count("lookalike_gateway_requests_total")
        self.seconds = Histogram("lookalike_gateway_request_seconds")
        self.waits = Count("lookalike_gateway_waits_total", [(_UNKNOWN,)])
        self.received = Count("lookalike_gateway_received_bytes_total")
        self.num_active = 0
        self._certificate = certificate

    def collect(self) -> Iterator[Metric]:
        for part in (self.requests, self.seconds, self.waits, self.received):
            yield from part.collect()
        yield family("lookalike_gateway_requests_active", self.num_active)
        if self._certificate is not None and self._certificate.is_file():
            yield family("lookalike_certificate_expiry_timestamp_seconds", certificate_end(self._certificate))


class GatewayMeter:
    """ASGI middleware: measures, and changes nothing."""

    def __init__(self, app: Application, figures: GatewayFigures) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._measure(scope, receive, send)

    async def _measure(self, scope: Scope, receive: Receive, send: Send) -> None:
        figures, started = self._figures, self._figures.clock()
        code, is_wait = 500, False

        async def receive_counted() -> Event:
            event = await receive()
            figures.received.add(len(event.get("body", b"")))
            return event

        async def send_seen(event: Event) -> None:
            nonlocal code, is_wait
            if event["type"] == "http.response.start":
                code = event["status"]
                is_wait = any(name.lower() == b"retry-after" for name, _ in event.get("headers", ()))
            await send(event)

        figures.num_active += 1
        try:
            await self._app(scope, receive_counted, send_seen)
        finally:
            figures.num_active -= 1
            route = _route(scope)
            figures.requests.add(1.0, route, str(code))
            figures.seconds.observe(figures.clock() - started, route)
            if is_wait:
                figures.waits.add(1.0, route)


def _route(scope: Scope) -> str:
    """The route's pattern, never the path: paths hold lease ids, and whatever a scanner tries."""
    return str(getattr(scope.get("route"), "path", _UNKNOWN))


def certificate_end(path: Path) -> float:
    """Seconds since 1970 at which the first certificate of a PEM file ends. Raises ValueError, OSError."""
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc.timestamp()
