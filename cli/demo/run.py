"""The demo's stages, one after the other. Each leaves its result in the folder, so that a second run goes on from there."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from cli.calibrate import ensure_calibration
from cli.console import out, progress_bars
from cli.demo.capturing import capture_sweeps, truth_logs
from cli.demo.matching import PhotoTrip, RoundTrip, match_characters, match_photos
from cli.demo.photos import bundled_photos
from cli.demo.plan import DemoPlan
from cli.demo.report import DemoRun, write_demo_report
from cli.demo.result import DemoResult, photo_results, round_trip_figures
from cli.demo.stage import StageClock
from cli.integrity import check_labels
from cli.learning import train_with_progress
from cli.studio import open_studio
from coordinator.sweep import plan_sweep
from creator.profile import Profile
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.export import export_snapshot
from dataset.snapshot import Snapshot
from matcher.matcher import Matcher
from trainer.model_set import ModelCard

NUM_CHARACTERS = 20
HELD_OUT_SHARE = 0.1
MOST_INVERTED = 120  # enough for networks that learn through the imitator too; a campaign inverts more


def run_demo(plan: DemoPlan, folder: Path, *, is_quiet: bool = False) -> DemoResult:
    """Raises LookalikeError with what to do when a stage cannot be done."""
    profile = load_profile(plan.profile)
    clock = StageClock.read(folder / "seconds.json")
    with clock.stage("calibrate"):
        calibration = ensure_calibration(
            profile, folder / "calibration", faults=plan.faults, seed=plan.seed, is_quiet=is_quiet
        )
    with clock.stage("capture"):
        outcome = capture_sweeps(plan, profile, folder, calibration, is_quiet=is_quiet)
    dataset = Dataset.open(folder / "data", profile)
    with clock.stage("check labels"):
        integrity = check_labels(dataset, truth_logs(folder))
    with clock.stage("train"):
        snapshot = export_snapshot(dataset, folder / "snapshot", held_out_share=HELD_OUT_SHARE, seed=plan.seed)
        train_with_progress(
            snapshot, profile, folder / "models", seed=plan.seed, most_inverted=MOST_INVERTED, is_quiet=is_quiet
        )
    matcher = Matcher.load(folder / "models", profile=profile)
    with clock.stage("match"):
        characters, photos = _match(plan, folder, calibration, matcher, snapshot, dataset, is_quiet=is_quiet)
    result = DemoResult(
        frames_captured=outcome.frames_captured,
        rows_committed=dataset.num_rows(),
        rows_planned=_num_planned(plan, profile),
        wrong_labels=len(integrity.wrong),
        imitator=_imitator_figures(ModelCard.read(folder / "models")),
        round_trip=round_trip_figures(characters),
        photos=photo_results(photos, bundled_photos()),
        seconds=clock.seconds,
    )
    result.write(folder / "result.json")
    run = DemoRun(
        plan=plan,
        profile=profile,
        dataset=dataset,
        outcome=outcome,
        matcher=matcher,
        characters=characters,
        photos=photos,
        result=result,
    )
    write_demo_report(folder / "report.html", run)
    out.print(_table(result))
    out.print(f"Report: {folder / 'report.html'}\nFigures: {folder / 'result.json'}")
    return result


def _match(
    plan: DemoPlan,
    folder: Path,
    calibration: Path,
    matcher: Matcher,
    snapshot: Snapshot,
    dataset: Dataset,
    *,
    is_quiet: bool,
) -> tuple[list[RoundTrip], list[PhotoTrip]]:
    photos = bundled_photos()
    with open_studio(matcher.profile, calibration) as studio, progress_bars(is_quiet=is_quiet) as bars:
        task = bars.add_task("Matching held-out characters", total=NUM_CHARACTERS, unit="faces")
        characters = match_characters(
            matcher,
            studio,
            snapshot,
            dataset,
            num=NUM_CHARACTERS,
            seed=plan.seed,
            on_done=lambda: bars.advance(task),
        )
        bars.update(task, total=len(characters))  # a small snapshot holds fewer than were asked for
        photo_task = bars.add_task("Matching photos", total=len(photos), unit="photos")
        trips = match_photos(matcher, studio, photos, on_done=lambda: bars.advance(photo_task))
    return characters, trips


def _num_planned(plan: DemoPlan, profile: Profile) -> int:
    return sum(len(shard.characters) for spec in plan.sweeps(profile) for shard in plan_sweep(spec, profile))


def _imitator_figures(card: ModelCard) -> dict[str, float | None]:
    metrics = card.metrics["imitator"]
    return {name: metrics.get(name) for name in ("centred_cosine", "r2", "noise_floor_r2")}


def _table(result: DemoResult) -> Table:
    table = Table(title="The demo's figures", title_justify="left", show_header=False)
    table.add_row("frames captured", f"{result.frames_captured:,}")
    table.add_row("rows committed / planned", f"{result.rows_committed:,} / {result.rows_planned:,}")
    table.add_row("wrong labels", f"{result.wrong_labels}")
    floor = result.imitator["noise_floor_r2"]
    table.add_row("imitator, centred cosine on held-out slider sets", f"{result.imitator['centred_cosine']:.3f}")
    table.add_row(
        "imitator, R2 (noise ceiling)",
        f"{result.imitator['r2']:.3f} ({'unknown' if floor is None else f'{floor:.3f}'})",
    )
    table.add_row("matched characters, measured similarity", f"{result.round_trip['centred_cosine_mean']:.3f}")
    table.add_row("  nearest captured frame instead", f"{result.round_trip['nearest_captured_mean']:.3f}")
    for photo in result.photos:
        measured = f"{photo.similarity_measured:.3f} measured, {photo.similarity_predicted:.3f} predicted"
        table.add_row(f"photo {photo.file}", measured)
    table.add_row("seconds", ", ".join(f"{name} {seconds:.0f}" for name, seconds in result.seconds.items()))
    return table


def _ceiling(noise_floor_r2: float | None) -> str:
    return "unknown" if noise_floor_r2 is None else f"{noise_floor_r2:.3f}"
