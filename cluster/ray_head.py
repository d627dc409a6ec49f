"""`ray start`, given more time: python -m cluster.ray_head start --head ... --temp-dir DIR --dashboard-agent-listen-port PORT

Ray 2.60 waits 15 s for its agent to write down the port that it was told, and 30 s for its own node to register, and has no
setting for either; a machine under load takes longer. So the port is written down here, and the node is waited for patiently.

Where a machine goes down every process gets SIGTERM at once. Ray's tables (GCS) would then end between writing that the node is
gone and writing what becomes of its actors, which nobody makes up for later. So they do not hear SIGTERM: `ray start` gives them
a second more than the others, and kills them.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Any

from ray._private import services
from ray.scripts import scripts

_PATIENCE_SECONDS = 90.0
_PAUSE_SECONDS = 0.5


def main() -> None:
    session = Path(_told("--temp-dir")) / "session_latest"
    port = _told("--dashboard-agent-listen-port")
    ask: Any = services.get_node
    deadline = time.monotonic() + _PATIENCE_SECONDS

    def ask_patiently(gcs_address: str, node_id: str) -> Any:
        """Called as soon as the node's processes have been started."""
        (session / f"dashboard_agent_listen_port_{node_id}").write_text(port, encoding="ascii")
        while True:
            try:
                return ask(gcs_address, node_id)
            except RuntimeError:  # not yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_SECONDS)

    services.get_node = ask_patiently
    services.start_gcs_server = deaf_to_sigterm(services.start_gcs_server)
    command: Any = scripts
    command.main()


def deaf_to_sigterm(start: Any) -> Any:
    """What `start` starts inherits that the signal is blocked."""

    def start_so(*told: Any, **named: Any) -> Any:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            return start(*told, **named)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    return start_so


def _told(option: str) -> str:
    return sys.argv[sys.argv.index(option) + 1]


if __name__ == "__main__":
    main()
