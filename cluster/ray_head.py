"""`ray start`, given more time: python -m cluster.ray_head start --head ... --temp-dir DIR --dashboard-agent-listen-port PORT

Where a machine goes down every process gets SIGTERM at once. Ray's tables (GCS) would then end between writing that the node is
gone and writing what becomes of its actors, which nobody makes up for later. So they do not hear SIGTERM: `ray start` gives them
a second more than the others, and kills them.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

from ray._private import services
from ray.scripts import scripts

from cluster.patience import patient_start


def main() -> None:
    services.start_gcs_server = deaf_to_sigterm(services.start_gcs_server)
    command: Any = scripts
    with patient_start(Path(_told("--temp-dir")), int(_told("--dashboard-agent-listen-port"))):
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
