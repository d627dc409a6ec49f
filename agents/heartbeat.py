"""Signs of life of a lease, from a thread of their own, for as long as somebody works on its shard."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agents.errors import LeaseLostError, RefusedError, UplinkError
from agents.uplink import Uplink
from protocol.lease import Heartbeat

_LOG = logging.getLogger(__name__)
_JOIN_SECONDS = 5.0


@contextmanager
def heartbeats(
    uplink: Uplink, beat: Callable[[], Heartbeat], lost: threading.Event, every_seconds: float
) -> Iterator[None]:
    """Sets `lost` when the lease is somebody else's. An unreachable coordinator is no reason to stop working."""
    ended = threading.Event()
    context = contextvars.copy_context()  # its log lines name the same shard
    thread = threading.Thread(
        target=context.run, args=(_beat, uplink, beat, lost, ended, every_seconds), name="heartbeat", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=_JOIN_SECONDS)


def _beat(
    uplink: Uplink,
    beat: Callable[[], Heartbeat],
    lost: threading.Event,
    ended: threading.Event,
    every_seconds: float,
) -> None:
    while not ended.wait(every_seconds):
        try:
            if uplink.heartbeat(beat()).is_held:
                continue
            lost.set()
        except (LeaseLostError, RefusedError):
            lost.set()
        except UplinkError as error:
            _LOG.warning("no heartbeat reason=%s", error)
            continue
        return
