"""`ray start`, given more time: python -m cluster.ray_head start --head ... --temp-dir DIR --dashboard-agent-listen-port PORT

Ray 2.60 waits 15 s for its agent to write down the port that it was told, and 30 s for its own node to register, and has no
setting for either; a machine under load takes longer. So the port is written down here, and the node is waited for patiently.
"""

from __future__ import annotations

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
    command: Any = scripts
    command.main()


def _told(option: str) -> str:
    return sys.argv[sys.argv.index(option) + 1]


if __name__ == "__main__":
    main()
