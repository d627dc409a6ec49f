"""Says "come again" where Ray Serve's proxy says "not found": it does until it has heard where the gateway is.

An agent takes 404 for the end of its lease. The gateway itself answers in JSON, so what is not JSON is the proxy's own.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

RETRY_AFTER_SECONDS = 2

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_NOT_FOUND, _UNAVAILABLE = 404, 503


class ComeAgain:
    """ASGI middleware for the proxy."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_replaced = False

        async def send_on(event: Event) -> None:
            nonlocal is_replaced
            if event["type"] == "http.response.start" and _is_the_proxys(event):
                is_replaced = True
                await answer(send, _UNAVAILABLE, "The gateway is starting; come again")
            elif not is_replaced:
                await send(event)

        await self._app(scope, receive, send_on)


def _is_the_proxys(start: Event) -> bool:
    kind = dict(start.get("headers", ())).get(b"content-type", b"")
    return bool(start["status"] == _NOT_FOUND and not kind.startswith(b"application/json"))


async def answer(send: Send, code: int, text: str) -> None:
    body = json.dumps({"error": text}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers.append((b"connection", b"close"))
    if code == _UNAVAILABLE:
        headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
    await send({"type": "http.response.start", "status": code, "headers": headers})
    await send({"type": "http.response.body", "body": body})
