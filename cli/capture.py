"""`lookalike capture`: a campaign on this machine, from sweep file to tables."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from agents.calibration_file import load_calibration, save_calibration
from cli.calibrate import learn_with_progress
from cli.campaign import AgentPlan, CampaignPlan, run_campaign
from cli.console import out, progress_bars
from cli.devices import DeviceKind, StandinOptions, open_device
from coordinator.status import FleetStatus
from coordinator.sweep import SweepSpec, load_sweeps
from creator.profile import Profile
from creator.profile_file import load_profile


def capture(
    sweeps: Annotated[Path, typer.Argument(help="A TOML or JSON file with one sweep or several.")],
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


def ensure_calibration(
    profile: Profile, path: Path, *, faults: str = "", seed: int = 0, is_quiet: bool = False
) -> Path:
    """The stand-in's calibration file, made when it is not there or of another profile's hash."""
    if path.exists() and load_calibration(path).profile_hash == profile.hash:
        return path
    device = open_device(DeviceKind.STANDIN, profile, StandinOptions(faults=faults, seed=seed))
    try:
        result = learn_with_progress(device, profile, is_quiet=is_quiet)
    finally:
        device.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    save_calibration(result.calibration, path)
    return path


def capture_with_progress(plan: CampaignPlan, *, is_quiet: bool = False) -> FleetStatus:
    """Runs the campaign with one bar for each sweep."""
    with progress_bars(is_quiet=is_quiet) as bars:
        start = bars.add_task("Starting the cluster", total=None)
        tasks: dict[str, Callable[[int], None]] = {}

        def on_status(status: FleetStatus) -> None:
            bars.update(start, total=1, completed=1, visible=False)
            for sweep in status.sweeps:
                if sweep.name not in tasks:
                    task = bars.add_task(f"Capturing sweep {sweep.name}", total=sweep.planned_rows, unit="rows")
                    tasks[sweep.name] = lambda rows, task=task: bars.update(task, completed=rows)  # type: ignore[misc]
                tasks[sweep.name](sweep.committed_rows)

        return run_campaign(plan, on_status)


def spec_of(**table: object) -> SweepSpec:
    """A sweep from the fields that its file would have."""
    return SweepSpec.from_table(table)
