"""`lookalike demo`: captures, trains and matches on this machine, and leaves a report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Annotated

import typer

from cli.console import err
from cli.demo.plan import DemoPlan
from creator.profile_file import load_profile
from protocol.errors import LookalikeError
from protocol.object_file import write_object
from standin.faults import Faults

_PLAN_FILE = "demo.json"
_DEFAULT = DemoPlan()


def demo(
    out: Annotated[Path, typer.Option(help="The folder for everything that the demo makes.")] = Path("lookalike-demo"),
    frames: Annotated[int, typer.Option(help="How many frames to capture.")] = _DEFAULT.frames,
    seed: Annotated[int, typer.Option(min=0, help="Of the plan and of everything that happens by chance.")] = 0,
    profile: Annotated[
        str, typer.Option(help="The creator: a name or a file; the stand-in stands in for it.")
    ] = "standin",
    faults: Annotated[str, typer.Option(help="What goes wrong in the creator.")] = _DEFAULT.faults,
    fresh: Annotated[
        bool, typer.Option("--fresh/--resume", help="Begin anew, or go on where the last run ended.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
) -> None:
    """Run the whole system on this machine, from nothing to a matched character.

    Two agents drive the in-memory stand-in creator by key presses and screen readouts, with faults switched on; a coordinator on
    Ray leases them work, a gateway takes their frames, embedding actors read the faces, and a Delta table gets the rows. Then
    imitator, affinity and slider networks are trained, held-out characters and real photos are matched, and each match is set
    in the stand-in, captured and measured. Ends with a table, report.html and result.json.
    """
    plan = DemoPlan(profile=profile, frames=frames, seed=seed, faults=str(Faults.parse(faults)))
    plan.sweeps(load_profile(profile))  # whatever is wrong with the plan is said before anything is made
    prepare_folder(out, plan, is_fresh=fresh)
    from cli.demo.run import run_demo  # Ray, torch and the renderer take seconds to import

    err.print(f"The demo's folder is {out.resolve()}")
    try:
        run_demo(plan, out.resolve(), is_quiet=quiet)
    except KeyboardInterrupt:
        err.print("Interrupted. The same command goes on from here; with --fresh it begins anew.")
        raise


def prepare_folder(folder: Path, plan: DemoPlan, *, is_fresh: bool) -> None:
    """Raises LookalikeError when the folder is somebody else's, of another plan, or cannot be written."""
    plan_file = folder / _PLAN_FILE
    try:
        if folder.exists() and any(folder.iterdir()):
            _check_ours(folder, plan_file)
            if is_fresh:
                shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if plan_file.exists():
            _check_same(json.loads(plan_file.read_text(encoding="utf-8")), plan, folder)
        else:
            write_object(plan_file, json.dumps(plan.to_json()).encode())
    except (OSError, ValueError) as error:
        raise LookalikeError(f"Folder {folder} cannot be used: {error}. Name another with --out") from error


def _check_ours(folder: Path, plan_file: Path) -> None:
    if not folder.is_dir() or not plan_file.exists():
        raise LookalikeError(f"{folder} holds something that is not a demo's; name another folder with --out")


def _check_same(known: object, plan: DemoPlan, folder: Path) -> None:
    if known != plan.to_json():
        raise LookalikeError(f"{folder} holds a demo with {known}; go on with the same, or begin anew with --fresh")
