"""Keeps Ray Serve's replicas off the network: their inner gRPC server takes no token and unpickles what it is sent."""

from __future__ import annotations

from typing import Any

_PATCHED = "is_loopback_only"


def bind_replica_to_loopback() -> None:
    """To be called in the replica before it is ready; Ray 2.60 binds that server to all interfaces, wherever the node's
    address is. On one machine loopback is enough."""
    import importlib

    replica: Any = importlib.import_module("ray.serve._private.replica")  # no public way (Ray is pinned)

    add_port = replica.add_port_to_grpc_server
    if hasattr(add_port, _PATCHED):
        return

    def add_loopback_port(server: Any, address: str) -> Any:
        return add_port(server, address.replace("[::]", "127.0.0.1"))

    setattr(add_loopback_port, _PATCHED, True)
    replica.add_port_to_grpc_server = add_loopback_port
