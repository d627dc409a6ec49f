"""`lookalike calibrate`: an agent learns a creator it has never seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from agents.calibrate import CalibrationResult
from agents.calibrate import calibrate as learn
from agents.calibration_file import load_calibration, save_calibration
from agents.errors import CalibrationError
from agents.evidence import kept_evidence
from cli.console import out, progress_bars
from cli.devices import DeviceKind, StandinOptions, open_device
from creator.profile import Profile
from creator.profile_file import load_profile
from protocol.device import Device


def calibrate(
    profile: Annotated[str, typer.Option(help="The creator's profile: a name or a file.")] = "standin",
    device: Annotated[DeviceKind, typer.Option(help="Where the creator runs.")] = DeviceKind.STANDIN,
    to: Annotated[str | None, typer.Option(help="The calibration file; PROFILE.calibration unless told.")] = None,
    faults: Annotated[str, typer.Option(help="Faults of the stand-in, as dropped_press=0.02.")] = "",
    seed: Annotated[int, typer.Option(help="Of the stand-in's chances.")] = 0,
    ranges: Annotated[
        bool, typer.Option("--ranges/--no-ranges", help="Also check every slider's range and couplings.")
    ] = True,
    recording: Annotated[
        Path | None,
        typer.Option(help="Write all keys and pictures to this file; with --device playback: play it back."),
    ] = None,
    evidence: Annotated[
        Path, typer.Option(help="Pictures of what could not be made sense of go to this folder.")
    ] = Path("evidence"),
) -> None:
    """Walk the creator's menu once and learn the pictures of rows, digits and names, and how fast it takes keys.

    Reports everything in which the creator is not what the profile says. Open the creator first, on any page, and keep
    your hands off: touching keyboard or mouse stops it at once.
    """
    described = load_profile(profile)
    opened = open_device(device, described, StandinOptions(faults=faults, seed=seed), recording=recording)
    try:
        with kept_evidence(evidence, described.name):
            result = learn_with_progress(opened, described, checks_ranges=ranges)
    finally:
        opened.close()
    path = to or f"{described.name}.calibration"
    save_calibration(result.calibration, path)
    for disagreement in result.disagreements:
        out.print(f"[yellow]disagrees with the profile:[/] {escape(str(disagreement))}")
    minutes, seconds = divmod(round(result.game_seconds), 60)
    out.print(
        f"Calibration {result.calibration.id} of {described.name} in {path}; it took {minutes} min {seconds} s of the "
        "creator's time"
    )


def learn_with_progress(
    device: Device, profile: Profile, *, is_quiet: bool = False, checks_ranges: bool = True
) -> CalibrationResult:
    """Raises CalibrationError when the creator cannot be learned."""
    with progress_bars(is_quiet=is_quiet) as bars:
        task = bars.add_task("Calibrating", total=100, unit="%")

        def on_progress(what: str, share: float) -> None:
            bars.update(task, description=what.capitalize()[:28], completed=round(100 * share))

        result = learn(device, profile, checks_ranges=checks_ranges, on_progress=on_progress)
        bars.update(task, description="Learning the creator", completed=100)
        return result


def ensure_calibration(
    profile: Profile, path: Path, *, faults: str = "", seed: int = 0, is_quiet: bool = False
) -> Path:
    """The stand-in's calibration file, made when it is not there, of another profile or of another release."""
    if _is_usable(profile, path):
        return path
    device = open_device(DeviceKind.STANDIN, profile, StandinOptions(faults=faults, seed=seed))
    try:
        result = learn_with_progress(device, profile, is_quiet=is_quiet)
    finally:
        device.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    save_calibration(result.calibration, path)
    return path


def _is_usable(profile: Profile, path: Path) -> bool:
    try:
        return load_calibration(path).profile_hash == profile.hash
    except CalibrationError:
        return False
