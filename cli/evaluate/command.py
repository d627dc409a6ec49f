"""`lookalike evaluate`: what the networks promise beside what a creator shows, and what others reach."""

from __future__ import annotations

import json as json_text
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from cli.console import err, show, tell_left_out
from cli.devices import DeviceKind
from protocol.errors import LookalikeError

if TYPE_CHECKING:
    from cli.evaluate.run import Evaluation, EvaluationPlan
    from creator.profile import Profile
    from matcher.matcher import Matcher

_PACKAGES = ("torch", "onnxruntime", "numpy")


def evaluate(
    models: Annotated[Path, typer.Option(help="The model set's folder, with its imitator.pt.")] = Path(
        "lookalike-demo/models"
    ),
    snapshot: Annotated[Path, typer.Option(help="The snapshot that they were trained on, or a later one.")] = Path(
        "lookalike-demo/snapshot"
    ),
    photos: Annotated[
        Path | None, typer.Option(help="A folder of photos; a folder in it holds several photos of one person.")
    ] = None,
    faces: Annotated[int, typer.Option(min=0, help="How many held-out faces of the creator.")] = 200,
    search: Annotated[
        int, typer.Option(min=0, help="How many photos or faces are also searched through the creator itself.")
    ] = 0,
    search_captures: Annotated[int, typer.Option(min=2, help="Captures that such a search may take.")] = 1000,
    search_drawn: Annotated[
        bool,
        typer.Option(
            "--search-drawn",
            help="The search looks at the stand-in's heads as its window draws them, without keys: six times as fast.",
        ),
    ] = False,
    out: Annotated[Path, typer.Option(help="The folder that takes evaluation.json and evaluation.html.")] = Path(
        "evaluation"
    ),
    device: Annotated[DeviceKind, typer.Option(help="Where the creator runs.")] = DeviceKind.STANDIN,
    calibration: Annotated[Path, typer.Option(help="The creator's calibration; the stand-in's is made.")] = Path(
        "lookalike-demo/calibration"
    ),
    seed: Annotated[int, typer.Option(min=0, help="Which faces are drawn.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the JSON report.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
) -> None:
    """Match held-out faces and photos, set every match in a creator, capture it and measure how alike it is.

    Beside it stand inversion, the nearest captured character and a search that knows no network, what chance reaches, and how
    much of the space of faces the creator covers at all. Of a person with several photos every other one is kept back and
    only scores.
    """
    from cli.evaluate.run import EvaluationPlan
    from matcher.matcher import Matcher
    from trainer.black_box import SearchConfig

    if not faces and photos is None:
        raise LookalikeError("Nothing to evaluate: give --faces a number above 0, or --photos a folder")
    if search_drawn and device is not DeviceKind.STANDIN:
        raise LookalikeError(
            f"--search-drawn needs --device {DeviceKind.STANDIN}: nothing else can be drawn without keys"
        )
    plan = EvaluationPlan(
        models=models,
        num_faces=faces,
        photos=photos,
        num_searched=search,
        search=SearchConfig(num_captures=search_captures, seed=seed),
        is_search_drawn=search_drawn,
        seed=seed,
    )
    matcher = Matcher.load(models)
    found = _found(plan, matcher, snapshot, calibration, device, is_quiet=quiet)
    report = found.to_json()
    page = _written(found, report, out)
    tell_left_out(found.left_out)
    show(_table(report), as_json=report, is_json=json)
    err.print(f"The report is {page}", soft_wrap=True)


def _found(
    plan: EvaluationPlan, matcher: Matcher, snapshot: Path, calibration: Path, device: DeviceKind, *, is_quiet: bool
) -> Evaluation:
    from cli.evaluate.run import run_evaluation
    from cli.studio import open_studio
    from dataset.snapshot import Snapshot

    rows, card = Snapshot.open(snapshot), matcher.models.card
    provenance = _provenance(card.dataset_version, rows.info.dataset_version, card.recogniser, device)
    learned = _calibrated(matcher.profile, calibration, device, is_quiet)
    with open_studio(matcher.profile, learned, device=device) as studio:
        return run_evaluation(plan, matcher, rows, studio, provenance, is_quiet=is_quiet)


def _written(found: Evaluation, report: Mapping[str, Any], folder: Path) -> Path:
    """Both files; returns the page."""
    from cli.evaluate.page import write_page

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(json_text.dumps(report, indent=1) + "\n", encoding="utf-8")
    page = folder / "evaluation.html"
    write_page(page, found, report)
    return page


def _calibrated(profile: Profile, calibration: Path, device: DeviceKind, is_quiet: bool) -> Path:
    from cli.calibrate import ensure_calibration

    return ensure_calibration(profile, calibration, is_quiet=is_quiet) if device is DeviceKind.STANDIN else calibration


def _provenance(models_of: str, faces_of: str, recogniser: str, device: DeviceKind) -> dict[str, str]:
    return {
        "models of": models_of,
        "faces of": faces_of,
        "recogniser": recogniser,
        "creator": f"on {device}",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }


def _table(report: Mapping[str, Any]) -> Table:
    table = Table("figure", "reached", "goal", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, goal in report["goals"].items():
        value = report[name]
        colour = "green" if value is not None and value >= goal else "yellow"
        table.add_row(name, "" if value is None else f"[{colour}]{value:.3f}[/]", f"{goal:.2f}")
    for kind in ("faces", "photos"):
        for method, entry in report[kind].items():
            predicted = "" if entry["predicted"] is None else f", predicted {entry['predicted']:.3f}"
            table.add_row(f"{kind}, {method}", f"{entry['measured']:.3f}", f"{entry['num_subjects']}{predicted}")
    people = report["persons_summary"]
    for method, entry in people.get("methods", {}).items():
        rank = f"{people['num_persons']}, mean rank {entry['mean_rank']:.1f} of {people['num_in_lineup']}"
        table.add_row(f"photos kept back, {method}", f"{entry['measured_on_others']:.3f}", rank)
    return table
