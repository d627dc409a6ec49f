"""Ray's start, given more time.

Ray 2.60 waits 15 s for its agent to write down the port that it was told, and 30 s for its own node to register, and has no
setting for either; a machine under load takes longer. So the port is written down here, and the node is waited for patiently.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ray._private import services

PATIENT = {
    "RAY_worker_register_timeout_seconds": "300",  # of 60, within which a worker has to have imported everything
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "30",  # of 5, three times; then the proxy that is starting is killed
    "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "30",  # of 10; one that has ended is known at once all the same
    "RAY_worker_niceness": "0",  # with Ray's 15 they wait behind whatever else the machine does
}
"""For all of Ray's processes."""

_PATIENCE_SECONDS = 90.0
_PAUSE_SECONDS = 0.5


@contextlib.contextmanager
def patient_start(place: Path, agent_port: int) -> Iterator[None]:
    """For a Ray that this process starts in the folder `place`, whose dashboard's agent is told its port."""
    ask: Any = services.get_node
    deadline = time.monotonic() + _PATIENCE_SECONDS

    def ask_patiently(gcs_address: str, node_id: str) -> Any:
        """Called as soon as the node's processes have been started."""
        told = place / "session_latest" / f"dashboard_agent_listen_port_{node_id}"
        told.write_text(str(agent_port), encoding="ascii")
        while True:
            try:
                return ask(gcs_address, node_id)
            except RuntimeError:  # not yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_SECONDS)

    services.get_node = ask_patiently
    try:
        yield
    finally:
        services.get_node = ask
