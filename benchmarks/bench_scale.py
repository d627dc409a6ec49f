"""What the coordinator itself costs with 1 to 1,000 agents, at the article's pace.

    python -m benchmarks.bench_scale [--quick] [--out FILE]

Simulated agents (benchmarks/simulated_agents.py) lease, beat, send and report on a virtual clock. Measured is the process's CPU
inside the coordinator's calls, commits into real Delta tables in a folder included; HTTP, staging and embedding are the gateway's
and not in it. Latency is the wall time of a lease call, one at a time, the write of the lease to the disk included. Ray is not in
it. Every size begins with empty tables, warms up for a shard's length (so that with 1,000 agents about 1,000 shards are in the
tables when measuring begins) and ends after as many leases as are printed. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.report import report
from benchmarks.simulated_agents import CHUNK_FRAMES, CHUNKS_PER_SHARD, Clock, SimulatedFleet
from coordinator.campaign import Campaign
from coordinator.coordinator import Coordinator
from coordinator.coordinator_actor import BATCH_SECONDS
from coordinator.sweep import SweepSpec
from creator.profile_file import load_profile
from dataset.commit import Committer
from dataset.dataset import Dataset
from dataset.store import open_store

LEASES = {1: 20, 10: 60, 100: 150, 1000: 300}
QUICK_LEASES = {1: 2, 10: 5, 100: 10, 1000: 20}
_WARM_UP_SECONDS = 330.0  # a shard's length and a little
_COMBINATIONS = 3040  # of the stand-in's profile, as of the game


@dataclass(frozen=True)
class Scale:
    """One size. `cores` is the share of one core that the coordinator took of the agents' time."""

    num_agents: int
    num_leases: int
    cpu_seconds_per_lease: float
    lease_p99_ms: float
    cores: float


def measure(num_agents: int, num_leases: int, folder: Path) -> Scale:
    profile, clock = load_profile("standin"), Clock()
    store = open_store(folder)
    # as the coordinator's actor opens it, on the agents' clock and without a timer that would not be measured
    committer = Committer(store, profile, clock, batch_seconds=BATCH_SECONDS, later=lambda *_: None)
    dataset = Dataset.open_in(store, profile, committer)
    coordinator = Coordinator(dataset, Campaign(dataset.store), clock=clock)
    num_shards = 2 * num_agents + num_leases + 10
    frames_per_shard = CHUNK_FRAMES * CHUNKS_PER_SHARD
    spec = {
        "name": "scale",
        "kind": "random",
        "num_slider_sets": math.ceil(num_shards * frames_per_shard / _COMBINATIONS),
        "frames_per_shard": frames_per_shard,
    }
    coordinator.operations.add_sweep(SweepSpec.from_table(spec))
    fleet = SimulatedFleet(coordinator, folder, profile, clock, num_agents)
    fleet.warm_up(_WARM_UP_SECONDS)
    virtual_seconds = fleet.run(num_leases)
    fleet.meter.call(committer.flush)
    return Scale(
        num_agents=num_agents,
        num_leases=num_leases,
        cpu_seconds_per_lease=fleet.meter.cpu_seconds / num_leases,
        lease_p99_ms=1000 * float(np.percentile(fleet.meter.lease_seconds, 99)),
        cores=fleet.meter.cpu_seconds / virtual_seconds,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    scales = []
    for num_agents, num_leases in (QUICK_LEASES if options.quick else LEASES).items():
        with tempfile.TemporaryDirectory() as folder:
            scales.append(measure(num_agents, num_leases, Path(folder)))
        print(scales[-1], flush=True)
    result = {
        "benchmark": "scale",
        "agents": [scale.num_agents for scale in scales],
        "leases": [scale.num_leases for scale in scales],
        "cpu_seconds_per_lease": [round(scale.cpu_seconds_per_lease, 4) for scale in scales],
        "lease_p99_ms": [round(scale.lease_p99_ms, 2) for scale in scales],
        "cores": [round(scale.cores, 4) for scale in scales],
        "ratio_1000_to_10": round(scales[3].cpu_seconds_per_lease / scales[1].cpu_seconds_per_lease, 2),
    }
    report(result, options.out, ("deltalake", "ray"))


if __name__ == "__main__":
    main()
