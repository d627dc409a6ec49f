"""Ray, coordinator, gateways and embedding actors as `lookalike coordinator` starts them: python -m tests.chaos.ray_site PLAN

Every process that Ray starts from here gets a store that fails (store_faults/). Ends when Ray's head is gone, as a service does
that is started again by the machine.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

from coordinator.coordinator_actor import CoordinatorConfig
from coordinator.gateway import GatewayLimits
from coordinator.lease import LeaseSettings
from coordinator.listening import Listening
from coordinator.serve_app import ServeConfig, start_local
from protocol.errors import LookalikeError
from tests.chaos.plan import NUM_REPLICAS, PROFILE, ChaosPlan

LEASES = LeaseSettings(
    heartbeat_seconds=3, expires_in_seconds=20, retry_after_seconds=0.5, max_failing_agents=99, max_failures=999
)
UNLIMITED = GatewayLimits(requests_per_second=1e6, refusals_per_second=1e6)
HEAD = "gcs_server"


def config(plan: ChaosPlan) -> ServeConfig:
    return ServeConfig(
        coordinator=CoordinatorConfig(data_url=plan.data, profile=PROFILE, sweeps=(plan.sweep,), leases=LEASES),
        tokens_path=str(plan.tokens),
        recogniser=str(plan.networks),
        listening=Listening(port=plan.port),
        limits=UNLIMITED,
        num_gateways=NUM_REPLICAS,
        num_embedders=NUM_REPLICAS,
        embedder_cpus=0.5,
    )


def main(plan: ChaosPlan) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        try:
            with start_local(config(plan)):
                print("started", flush=True)
                wait_for_the_heads_end()
        except LookalikeError as error:
            print(f"did not start: {error}", flush=True)
            time.sleep(1)


def wait_for_the_heads_end() -> None:
    """What is left of the cluster ends with this process."""
    head = next(child for child in children() if HEAD in child.name())
    while head.is_running() and head.status() != "zombie":
        time.sleep(0.2)
    print("the head is gone", flush=True)
    os._exit(1)


def children() -> list[Any]:
    import psutil  # on the path once Ray is imported

    return list(psutil.Process().children(recursive=True))


if __name__ == "__main__":
    main(ChaosPlan.load(sys.argv[1]))
