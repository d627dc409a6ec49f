"""The demo's capture: two agents drive the stand-in in memory over HTTP leases, as Windows agents would a game."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cli.campaign import AgentPlan, CampaignPlan, capture_with_progress
from cli.demo.plan import DemoPlan
from cli.demo.stage import read_json
from coordinator.cost import sweep_cost
from coordinator.status import FleetStatus
from coordinator.sweep import plan_sweep
from creator.profile import Profile
from dataset.dataset import Dataset
from protocol.object_file import write_object

_FILE = "capture.json"


@dataclass(frozen=True, slots=True)
class CaptureOutcome:
    """What the agents counted, over all runs in this folder; `wall_seconds` of capturing, cluster start included."""

    wall_seconds: float = 0.0
    counters: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def frames_captured(self) -> int:
        return int(sum(counters.get("frames", 0) for counters in self.counters.values()))

    @classmethod
    def read(cls, folder: Path) -> CaptureOutcome:
        path = folder / _FILE
        return cls(**read_json(path)) if path.exists() else cls()

    def write(self, folder: Path) -> None:
        write_object(folder / _FILE, json.dumps(asdict(self), indent=1).encode())


def capture_sweeps(
    plan: DemoPlan, profile: Profile, folder: Path, calibration: Path, *, is_quiet: bool
) -> CaptureOutcome:
    """Until every planned row is committed; rows that an earlier run committed are not captured again."""
    before = CaptureOutcome.read(folder)
    if _is_complete(plan, profile, folder):
        return before
    run = uuid.uuid4().hex[:4]  # each run's agents have names of their own, and truth logs
    agents = [_agent(plan, folder, f"agent-{run}-{at}", at) for at in range(1, plan.num_agents + 1)]
    campaign = CampaignPlan(
        folder=folder,
        profile=plan.profile,
        sweeps=plan.sweeps(profile),
        agents=agents,
        calibration=calibration,
    )
    started = time.monotonic()
    outcome = before

    def keep(status: FleetStatus) -> None:
        """After every look at the fleet, so that an interrupted run's figures are not lost."""
        nonlocal outcome
        outcome = _outcome(before, status, time.monotonic() - started)
        outcome.write(folder)

    capture_with_progress(campaign, keep, is_quiet=is_quiet)
    return outcome


def _is_complete(plan: DemoPlan, profile: Profile, folder: Path) -> bool:
    if not (folder / "data").exists():
        return False
    committed = Dataset.open(folder / "data", profile).committed_shards()
    return all(shard.shard_id in committed for spec in plan.sweeps(profile) for shard in plan_sweep(spec, profile))


def _agent(plan: DemoPlan, folder: Path, name: str, at: int) -> AgentPlan:
    return AgentPlan(
        name=name, seed=plan.seed * 100 + at, faults=plan.faults, truth_log=folder / "truth" / f"{name}.jsonl"
    )


def _outcome(before: CaptureOutcome, status: FleetStatus, wall_seconds: float) -> CaptureOutcome:
    counters = {agent.agent: dict(agent.counters) for agent in status.agents}
    return CaptureOutcome(before.wall_seconds + wall_seconds, {**before.counters, **counters})


def truth_logs(folder: Path) -> dict[str, Path]:
    """The truth log of every agent that ever captured here."""
    return {path.stem: path for path in (folder / "truth").glob("*.jsonl")}


def game_frames_per_second(dataset: Dataset) -> float:
    """Committed frames by the creator's clock, over all agents."""
    rows = dataset.frame_table(["agent", "captured_seconds"]).to_pandas()
    seconds = rows.groupby("agent")["captured_seconds"].agg(lambda times: times.max() - times.min())
    return float(len(rows) / max(float(seconds.sum()), 1e-9))


def planned_frames_per_second(plan: DemoPlan, profile: Profile) -> float:
    """Frames a second that the cost model of the menu allows for the same sweeps."""
    costs = [sweep_cost(plan_sweep(spec, profile), profile) for spec in plan.sweeps(profile)]
    return sum(cost.num_frames for cost in costs) / sum(cost.game_seconds for cost in costs)
