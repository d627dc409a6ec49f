"""Ray Serve on the Ray that this process drives."""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Iterator
from typing import Any

import ray.serve.context
from ray import serve

_PROXY_SECONDS = 600  # until the proxy answers; of 60, for which Ray 2.60 has no setting
QUIET = {"log_level": "ERROR", "enable_access_log": False}


@contextlib.contextmanager
def serving(http_options: dict[str, Any]) -> Iterator[None]:
    """One proxy, on the head. Where Serve runs already its own options hold."""
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    for name in ("api", "client"):
        module: Any = importlib.import_module(f"ray.serve._private.{name}")
        module.HTTP_PROXY_TIMEOUT = _PROXY_SECONDS
    try:
        serve.start(proxy_location="HeadOnly", http_options=http_options, logging_config=QUIET)
        yield
    finally:
        context: Any = ray.serve.context
        context._disconnect()  # Ray's end is Serve's end; the client would take the next cluster for this one


def application_state(application: str) -> str:
    """In Serve's words, such as running or deploying; "not there" when there is none."""
    found = serve.status().applications.get(application)
    return "not there" if found is None else str(found.status.value).lower()


def close_replica_port() -> None:
    """To be called in a replica before it is ready: its inner gRPC server takes no token and unpickles what it is sent.

    Ray 2.60 binds it to all interfaces, wherever the node's address is. Nobody needs it: callers use actor calls unless
    RAY_SERVE_USE_GRPC_BY_DEFAULT is set. So it gets no port.
    """
    replica: Any = importlib.import_module("ray.serve._private.replica")  # no public way (Ray is pinned)
    replica.add_port_to_grpc_server = lambda _server, _address: 0
