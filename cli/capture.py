"""`lookalike capture`: a campaign on this machine, from sweep file to tables."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated

import typer

from cli.console import out
from creator.profile_file import load_profile


def capture(
    sweeps: Annotated[str, typer.Argument(help="A TOML or JSON file with one sweep or several.")],
    profile: Annotated[str, typer.Option(help="The creator's profile: a name or a file.")] = "standin",
    to: Annotated[Path, typer.Option(help="The folder that takes tables, logs and secrets.")] = Path("campaign"),
    agents: Annotated[int, typer.Option(min=1, max=64, help="How many agents capture.")] = 2,
    faults: Annotated[str, typer.Option(help="Faults of the stand-in, as dropped_press=0.02.")] = "",
    port: Annotated[int, typer.Option(help="The gateway's port on loopback; 0 takes a free one.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the stand-in's chances.")] = 0,
) -> None:
    """Capture sweeps in the in-memory stand-in with agents on this machine.

    Goes on where an earlier run in the same folder ended. Several machines, or a real creator: see `lookalike coordinator`
    and `lookalike agent`.
    """
    from cli.calibrate import ensure_calibration
    from cli.campaign import AgentPlan, CampaignPlan, capture_with_progress  # Ray takes seconds to import
    from coordinator.sweep import load_sweeps

    described = load_profile(profile)
    specs = load_sweeps(sweeps)
    calibration = ensure_calibration(described, to / "calibration", faults=faults, seed=seed)
    run = uuid.uuid4().hex[:6]  # agents of different runs are different agents
    plans = [
        AgentPlan(
            name=f"agent-{run}-{at}", seed=seed + at, faults=faults, truth_log=to / "truth" / f"agent-{run}-{at}.jsonl"
        )
        for at in range(1, agents + 1)
    ]
    plan = CampaignPlan(folder=to, profile=profile, sweeps=specs, agents=plans, calibration=calibration, port=port)
    status = capture_with_progress(plan)
    out.print(f"{status.committed_rows:,} rows of {status.planned_rows:,} committed in {plan.data}")
