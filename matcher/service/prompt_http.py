"""HTTP for clients who come to the point: uvicorn waits for the head of a request as long as anybody likes."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_SECONDS = 30.0


class PromptProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Closes a connection on which no request began and none was answered for `HEAD_SECONDS`."""

    head_seconds = HEAD_SECONDS

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._look_again()

    def _look_again(self) -> None:
        self.loop.call_later(self.head_seconds, self._close_if_silent_since, self.cycle)

    def _close_if_silent_since(self, last: Any) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is last and (last is None or last.response_complete):
            self.transport.close()
        else:
            self._look_again()
