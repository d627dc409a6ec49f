"""A head that answers strangers is found out; servers of our own stand in for it, since Ray's is never open here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from cluster.errors import ClusterError, NoClusterError, OpenClusterError
from cluster.lock import make_token
from cluster.probe import check_locked


class Head(grpc.GenericRpcHandler):
    """Answers everybody, or holders of a token only, as Ray does."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def service(self, details: Any) -> Any:
        given = dict(details.invocation_metadata).get("authorization")

        def answer(_: bytes, context: Any) -> bytes:
            if self._token is not None and given != f"Bearer {self._token}":
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "InvalidAuthToken")
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.fixture
def start() -> Iterator[Callable[[str | None], str]]:
    servers = []

    def started(token: str | None) -> str:
        server = grpc.server(ThreadPoolExecutor(1), handlers=[Head(token)])
        servers.append(server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        return f"127.0.0.1:{port}"

    yield started
    for server in servers:
        server.stop(None)


def test_a_head_that_answers_without_a_token_is_refused(tmp_path: Path, start: Callable[[str | None], str]) -> None:
    with pytest.raises(OpenClusterError, match="answers without a token"):
        check_locked(start(None), make_token(tmp_path / "token"))


def test_a_head_that_wants_our_token_is_taken(tmp_path: Path, start: Callable[[str | None], str]) -> None:
    token = make_token(tmp_path / "token")
    check_locked(start(token.read_text()), token)


def test_a_head_with_another_token_is_another_cluster(tmp_path: Path, start: Callable[[str | None], str]) -> None:
    with pytest.raises(ClusterError, match="another cluster's"):
        check_locked(start("f" * 64), make_token(tmp_path / "token"))


def test_nobody_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NoClusterError, match="No Ray cluster answers at"):
        check_locked("127.0.0.1:1", make_token(tmp_path / "token"))
