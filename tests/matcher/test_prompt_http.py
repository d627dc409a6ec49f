"""Connections that do not come to the point are closed; slow answers are waited for."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from matcher.service.prompt_http import PromptProtocol

HEAD_SECONDS = 0.4


def answer_late(_: Request) -> Response:
    time.sleep(3 * HEAD_SECONDS)
    return PlainTextResponse("late")


class Hasty(PromptProtocol):
    head_seconds = HEAD_SECONDS


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    config = uvicorn.Config(
        Starlette(routes=[Route("/", answer_late)]), host="127.0.0.1", port=0, log_level="error", http=Hasty
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield server.servers[0].sockets[0].getsockname()
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
def test_a_head_that_does_not_come_ends_the_connection(address: tuple[str, int], said: bytes) -> None:
    with socket.create_connection(address, timeout=20) as silent:
        silent.sendall(said)
        assert silent.recv(100) == b""


def test_an_answer_that_takes_long_is_waited_for(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as asking:
        asking.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert asking.recv(10_000).startswith(b"HTTP/1.1 200")
