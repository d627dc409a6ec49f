"""The address at which a process is scraped: one path, behind a bearer token, on loopback unless told otherwise."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from telemetry.errors import EndpointError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_REQUEST_SECONDS = 5.0


class ScrapeEndpoint:
    """Serves `GET /metrics` from `render`. It knows the token's sha256 alone, so that the token itself stays in its file."""

    def __init__(
        self, render: Callable[[], bytes], token_sha256: str, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        """Starts to listen; `port` 0 takes a free one. Raises EndpointError."""
        handler = type("Handler", (_Handler,), {"render": staticmethod(render), "token_sha256": token_sha256})
        try:
            self._server = ThreadingHTTPServer((host, port), handler)
        except OSError as error:
            raise EndpointError(
                f"Figures cannot be served at {host}:{port} ({error.strerror}); choose another address"
            ) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="scrape", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """host:port, as a scraper wants it."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> ScrapeEndpoint:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def token_sha256(token: str) -> str:
    """What an endpoint is given in the token's place."""
    return hashlib.sha256(token.encode()).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    render: Callable[[], bytes]
    token_sha256: str
    timeout = _REQUEST_SECONDS
    server_version = "lookalike"
    sys_version = ""

    def do_GET(self) -> None:
        if not self._is_allowed():
            self._answer(401, b"The bearer token is missing or wrong\n", {"WWW-Authenticate": "Bearer"})
        elif self.path.partition("?")[0] != "/metrics":
            self._answer(404, b"Figures are at /metrics\n")
        else:
            self._answer(200, self.render())

    def _is_allowed(self) -> bool:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(token_sha256(token.strip()), self.token_sha256)

    def _answer(self, code: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        with contextlib.suppress(ConnectionError):  # a scraper that lost patience
            self._write(code, body, headers or {})

    def _write(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in {"Content-Type": CONTENT_TYPE, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Scrapes come every few seconds; they are no news."""
