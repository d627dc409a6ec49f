"""Ports of this machine's loopback, free at this moment."""

from __future__ import annotations

import contextlib
import socket

from cluster.errors import HeadError

LOOPBACK = "127.0.0.1"


def free_ports(number: int) -> list[int]:
    """Different ones."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for probe in sockets:
            probe.bind((LOOPBACK, 0))
        return [int(probe.getsockname()[1]) for probe in sockets]


def usable_port(port: int) -> int:
    """0: any. Raises HeadError naming it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise HeadError(
                f"Port {port} cannot be used for Ray ({error.strerror}): end what holds it, or name another --ray-port"
            ) from error
        return int(probe.getsockname()[1])
