"""Gathers what the run gave into the report page."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from cli.demo.capturing import CaptureOutcome, game_frames_per_second, planned_frames_per_second
from cli.demo.matching import PhotoTrip, RoundTrip
from cli.demo.plan import DemoPlan
from cli.demo.result import DemoResult
from creator.character import default_character
from creator.profile import Profile
from dataset.dataset import Dataset
from dataset.info import describe
from embedding.frames import embed_frames
from matcher.matcher import Matcher
from matcher.pictures import cut_face
from matcher.report import write_report
from matcher.report_content import (
    AgentFigures,
    CaptureFigures,
    CharacterMatch,
    DemoReport,
    Headline,
    LearningCurve,
    PhotoMatch,
    Stage,
)
from standin.faults import Faults, unit

WALL_PICTURES = 48
_PACKAGES = ("ray", "torch", "onnxruntime", "deltalake", "numpy")


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoRun:
    """Everything that the report tells about."""

    plan: DemoPlan
    profile: Profile
    dataset: Dataset
    outcome: CaptureOutcome
    matcher: Matcher
    characters: Sequence[RoundTrip]
    photos: Sequence[PhotoTrip]
    result: DemoResult


def write_demo_report(path: Path, run: DemoRun) -> None:
    """Raises MatcherError when the page cannot be written."""
    write_report(path, _content(run))


def _content(run: DemoRun) -> DemoReport:
    result = run.result
    return DemoReport(
        title="lookalike: a photo becomes a character",
        lead=(
            f"{run.plan.num_agents} agents captured {result.frames_captured:,} pictures of the stand-in creator by key presses "
            "and screen readouts, three networks learned from them, and photos were matched, set in the creator and measured."
        ),
        profile=run.profile,
        headline=Headline(
            frames_captured=result.frames_captured,
            rows_committed=result.rows_committed,
            rows_planned=result.rows_planned,
            wrong_labels=result.wrong_labels,
            imitator_centred_cosine=result.imitator["centred_cosine"] or 0.0,
            round_trip_mean=result.round_trip["centred_cosine_mean"],
            nearest_captured_mean=result.round_trip["nearest_captured_mean"],
        ),
        photos=tuple(_photo(run, trip) for trip in run.photos),
        characters=tuple(
            CharacterMatch(
                target=trip.target,
                recreated=trip.recreated,
                similarity=trip.similarity,
                nearest_captured=trip.nearest_captured,
            )
            for trip in run.characters
        ),
        impostor_pairs=run.matcher.impostor_pairs,
        curves=tuple(learning_curves(run.matcher.models.card.learning_curves)),
        capture=_capture(run),
        wall=_wall(run.dataset, seed=run.plan.seed),
        stages=tuple(Stage(name=name, seconds=seconds) for name, seconds in result.seconds.items()),
        provenance=_provenance(run),
        versions={name: version(name) for name in ("lookalike", *_PACKAGES)},
    )


def _photo(run: DemoRun, trip: PhotoTrip) -> PhotoMatch:
    box = trip.embedded.photos[0][0].box
    return PhotoMatch(
        name=trip.name,
        photo=cut_face(trip.photo, box),
        matched=_like_photo(run, trip),
        character=trip.match.character,
        before=default_character(run.profile, trip.match.character.gender),
        similarity_predicted=trip.match.similarity_predicted,
        similarity_measured=trip.similarity,
        ceiling=trip.match.ceiling,
        percentile=trip.match.percentile,
        meaning=trip.match.meaning,
        remarks=trip.match.target.remarks,
    )


def _like_photo(run: DemoRun, trip: PhotoTrip) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The character cut as the photo is, so that faces are of one size side by side."""
    box = embed_frames(run.matcher.recogniser, [trip.matched]).boxes_N4[0]
    return cut_face(trip.matched, (float(box[0]), float(box[1]), float(box[2]), float(box[3])))


_MEASURES = {  # the figure that each network's chart shows
    "imitator": ("centred_cosine", "centred cosine with the captured face"),
    "affinity": ("top1_regret", "similarity lost by trusting its first choice"),
    "slider": ("share_of_inversion", "share of inversion's similarity"),
}


def learning_curves(curves: Mapping[str, Sequence[Mapping[str, object]]]) -> list[LearningCurve]:
    """One chart for each network: its chief figure on held-out rows after each epoch; none where it was not measured."""
    charts = []
    for network, points in curves.items():
        name, label = _MEASURES[network]
        series = tuple(
            (float(str(point["epoch"])), float(held_out[name]))
            for point in points
            if isinstance(held_out := point["held_out"], Mapping) and name in held_out
        )
        if series:
            charts.append(LearningCurve(network=network, measure=label, series={"held out": series}))
    return charts


def _capture(run: DemoRun) -> CaptureFigures:
    faults = Faults.parse(run.plan.faults)
    names = [part.partition("=")[0] for part in str(faults).split(",") if part]
    return CaptureFigures(
        sweeps=describe(run.dataset).rows_by_sweep,
        game_frames_per_second=game_frames_per_second(run.dataset),
        ideal_frames_per_second=planned_frames_per_second(run.plan, run.profile),
        wall_frames_per_second=run.outcome.frames_captured / max(run.outcome.wall_seconds, 1e-9),
        faults={name.replace("_", " "): f"{getattr(faults, name):g} {unit(name)}" for name in names},
        agents=tuple(
            AgentFigures(
                name=name,
                frames=int(counters.get("frames", 0)),
                frames_per_second=counters.get("frames", 0) / max(run.outcome.wall_seconds, 1e-9),
                retakes=int(counters.get("retakes", 0)),
                lost_presses=int(counters.get("lost_presses", 0)),
            )
            for name, counters in sorted(run.outcome.counters.items())
        ),
    )


def _wall(dataset: Dataset, *, seed: int) -> tuple[bytes, ...]:
    """Committed frames drawn at random."""
    rows = dataset.frame_table(["shard_id", "step"]).to_pylist()
    chosen = np.random.default_rng(seed).choice(len(rows), size=min(WALL_PICTURES, len(rows)), replace=False)
    return tuple(dataset.frame_image(f"{rows[at]['shard_id']}:{rows[at]['step']}") for at in chosen)


def _provenance(run: DemoRun) -> dict[str, str]:
    return {
        "commit": _commit(),
        "command": f"lookalike demo --frames {run.plan.frames} --seed {run.plan.seed}",
        "seed": str(run.plan.seed),
        "hardware": f"{os.cpu_count()} CPU cores, {platform.machine()}, {platform.system()}",
        "python": platform.python_version(),
        "recogniser": str(run.matcher.recogniser.identity),
        "dataset": run.matcher.models.card.dataset_version,
    }


def _commit() -> str:
    """The checkout's commit; an installed package has none."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip()
