"""Between a store's clients and its server: some requests never arrive, some answers get lost, and all wait while it is stalled.

So everything that speaks to the server is struck, whichever library does: s3fs, Arrow, Delta. It is a process of its own: Delta
holds Python's lock while it waits for some answers, and a thread beside it would never give them.
"""

from __future__ import annotations

import http.client
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from faults import Faults

_TIMEOUT_SECONDS = 120.0
_OWN = {"connection", "content-length", "transfer-encoding", "keep-alive"}


@dataclass(frozen=True)
class Proxy:
    """`url` is to be used in place of the server's."""

    url: str
    failed: Any

    @property
    def num_failed(self) -> int:
        return int(self.failed.value)


@contextmanager
def faulty_proxy(
    server_url: str, share: float, *, stalled: Path | None = None, seed: int | None = None
) -> Iterator[Proxy]:
    context = multiprocessing.get_context("spawn")
    port, failed = context.Queue(), context.Value("i", 0)
    process = context.Process(
        target=_serve, args=(server_url, share, stalled, seed, port, failed), daemon=True, name="faulty proxy"
    )
    process.start()
    try:
        yield Proxy(f"http://127.0.0.1:{port.get(timeout=60)}", failed)
    finally:
        process.kill()
        process.join(10)


def _serve(server_url: str, share: float, stalled: Path | None, seed: int | None, port: Any, failed: Any) -> None:
    faults = Faults(share, stalled=stalled, seed=seed)
    told = {"server_address": urlsplit(server_url).netloc, "faults": faults, "failed": failed}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), told))
    server.daemon_threads = True
    port.put(server.server_port)
    server.serve_forever()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_address: str
    faults: Faults
    failed: Any

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.faults.wait()
        draw = self.faults.draw()
        self.failed.value = self.faults.num_failed
        if draw == "before":
            self.close_connection = True
            return
        answer, content = self._asked(body)
        if draw == "after":
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _OWN:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        if length is not None and answer.status != http.HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on

    def _asked(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        """The headers go as they came, `Host` among them: the request's signature is over them."""
        connection = http.client.HTTPConnection(self.server_address, timeout=_TIMEOUT_SECONDS)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in ("connection", "expect"):
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """It says nothing."""
