"""Ray Serve on the Ray that this process drives."""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Iterator
from typing import Any

import ray.serve.context
from ray import serve

QUIET = {"log_level": "ERROR", "enable_access_log": False}
_PATCHED = "is_loopback_only"


@contextlib.contextmanager
def serving(http_options: dict[str, Any]) -> Iterator[None]:
    """One proxy, on the head. Where Serve runs already its own options hold."""
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
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


def keep_replica_on_loopback() -> None:
    """To be called in a replica before it is ready: its inner gRPC server takes no token and unpickles what it is sent.

    Ray 2.60 binds it to all interfaces, wherever the node's address is. Callers on other nodes do not need it: they use
    actor calls (RAY_SERVE_USE_GRPC_BY_DEFAULT is off).
    """
    replica: Any = importlib.import_module("ray.serve._private.replica")  # no public way (Ray is pinned)
    add_port = replica.add_port_to_grpc_server
    if hasattr(add_port, _PATCHED):
        return

    def add_loopback_port(server: Any, address: str) -> Any:
        return add_port(server, address.replace("[::]", "127.0.0.1"))

    setattr(add_loopback_port, _PATCHED, True)
    replica.add_port_to_grpc_server = add_loopback_port
