"""The evaluation as one page of HTML that needs nothing beside itself, no network and no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from cli.evaluate.finders import Method
from cli.evaluate.run import Evaluation
from cli.evaluate.subject import Pixels, SubjectKind
from cli.evaluate.trial import Trial, Trials, known
from matcher.charts import Scale, halves, impostor_hill, line_chart, similarity_scale
from matcher.errors import MatcherError
from matcher.pictures import data_uri
from matcher.render import render
from matcher.report_content import LearningCurve
from protocol.object_file import write_object

_PHOTO_PIXELS, _FACE_PIXELS = 320, 200
_LARGE = 10
"""Figures with such goals are told without decimals."""
_NAMES = {
    Method.SINGLE_PASS: "Single pass",
    Method.REFINED: "Refined",
    Method.INVERSION: "Inversion",
    Method.NEAREST_CAPTURED: "Nearest captured",
    Method.BLACK_BOX: "Black-box search",
    Method.RECAPTURE: "The true character again",
}
_FIGURES = {
    "round_trip_single_pass": ("round trip, single pass", "held-out faces, set and measured"),
    "round_trip_refined": ("round trip, refined", "the same with refinement"),
    "single_pass_over_inversion": ("of inversion’s similarity", "reached by one pass of the networks"),
    "face_right": ("right face type", "named by the single pass"),
    "gender_right": ("right gender", "named by the single pass"),
    "skin_right": ("right skin type", "named by the single pass"),
    "inversion_seconds_over_single_pass": ("times inversion’s pace", "a single pass beside a thorough inversion"),
    "single_pass_over_black_box": ("of the search’s similarity", "single pass beside a search through the creator"),
    "imitator_centred_cosine": ("imitator, centred cosine", "settings never seen"),
    "imitator_r2": ("imitator, R²", "of the held-out rows’ variance"),
}
_SEVERAL = {
    "all": "All fitted together",
    "verified": "All together, best of six looked at",
    "best_fair": "Singly, best of those looked at",
    "clearest": "Singly, the clearest photo",
    "single": "Singly, on average",
    "best": "Singly, best in hindsight",
}
_GROUPS = {
    "held_out_faces": "Held-out faces of the creator",
    "photos": "Photos",
    "mixtures_of_faces": "Points that spread as its faces do",
    "random_directions": "Any direction whatever",
}


def write_page(path: Path, found: Evaluation, report: Mapping[str, Any]) -> None:
    """`report` is `found.to_json()`. Raises MatcherError when the page cannot be written."""
    try:
        write_object(path, str(page_html(found, report)).encode())
    except OSError as error:
        raise MatcherError(
            f"The report cannot be written to {path}: {error}. Name another folder with --out"
        ) from error


def page_html(found: Evaluation, report: Mapping[str, Any]) -> str:
    return render(
        "evaluation.html.j2",
        figures=[_figure(name, report[name], goal) for name, goal in report["goals"].items()],
        kinds=[_kind(found, report, kind) for kind in SubjectKind if report[f"{kind}s"]],
        faces=[_pictures(entry) for entry in _shown(found.trials)],
        persons=report["persons"],
        people=report["persons_summary"],
        several=_several(report["persons_summary"]),
        method_names={str(method): name for method, name in _NAMES.items()},
        black_box=report["black_box"],
        courses=_courses(found.trials),
        chance=[(name.replace("_", " "), entries) for name, entries in report["chance"].items()],
        odds=_odds,
        coverage=[(_GROUPS[name], entry) for name, entry in report["coverage"].items() if name in _GROUPS],
        creator_dimensions=found.creator_dimensions,
        number=_number,
        percent=_percent,
        imitator=report["imitator"],
        left_out=found.left_out,
        provenance=found.provenance,
    )


def _figure(name: str, value: float | None, goal: float) -> dict[str, Any]:
    label, note = _FIGURES[name]
    return {
        "value": _number(value, digits=3 if goal < _LARGE else 0),
        "label": label,
        "note": f"{note}; wanted {goal:.2f}" if goal < _LARGE else f"{note}; wanted {goal:.0f}",
        "is_met": None if value is None else value >= goal,
    }


def _kind(found: Evaluation, report: Mapping[str, Any], kind: SubjectKind) -> dict[str, Any]:
    """One lane a method: every measured similarity, and the mean that was predicted."""
    entries = [entry for entry in found.trials if entry.subject.kind is kind]
    table, pairs = report[f"{kind}s"], found.matcher.impostor_pairs
    measured = {
        method: [known(trial.measured) or 0.0 for entry in entries if (trial := entry.of(method)) is not None]
        for method in Method
        if str(method) in table
    }
    scale = similarity_scale([value for values in measured.values() for value in values], pairs)
    return {
        "title": "Faces of the creator" if kind is SubjectKind.FACE else "Photos",
        "num": len(entries),
        "measures": [(str(method), _NAMES[method], table[str(method)]) for method in measured],
        "sweeps": report["faces_by_sweep"] if kind is SubjectKind.FACE else {},
        "lanes": [_lane(_NAMES[method], values, table[str(method)], scale) for method, values in measured.items()],
        "hill": impostor_hill(pairs, scale),
        "ticks": [(scale(mark), _number(mark, digits=1)) for mark in halves(scale)],
    }


def _several(people: Mapping[str, Any]) -> list[tuple[str, float]]:
    found = people.get("several_photos", {})
    return [(name, found[kind]) for kind, name in _SEVERAL.items() if kind in found]


def _lane(name: str, measured: Sequence[float], entry: Mapping[str, Any], scale: Scale) -> dict[str, Any]:
    return {
        "name": name,
        "places": [scale(value) for value in measured],
        "mean_place": scale(entry["measured"]),
        "measured": _number(entry["measured"]),
        "predicted": _number(entry["predicted"]),
        "seconds": f"{entry['seconds']:.3f}" if entry["seconds"] else "",
        "small": f"{entry['num_captures']:,} captures each, {entry['num_subjects']} of them"
        if entry["num_captures"]
        else "",
    }


def _shown(trials: Sequence[Trials]) -> list[Trials]:
    """Photos first: whoever gave some looks for them."""
    return sorted(
        (entry for entry in trials if entry.subject.is_shown), key=lambda entry: entry.subject.kind is SubjectKind.FACE
    )


def _pictures(entry: Trials) -> dict[str, Any]:
    recapture = entry.of(Method.RECAPTURE)
    asked = entry.subject.picture if recapture is None else recapture.picture
    shown = [(trial, trial.picture) for trial in entry.trials if trial.picture is not None and trial is not recapture]
    return {
        "name": entry.subject.name if entry.subject.kind is SubjectKind.PHOTO else "To find",
        "asked": None if asked is None else data_uri(asked, side_pixels=_PHOTO_PIXELS),
        "found": [_found(trial, picture) for trial, picture in shown],
    }


def _found(trial: Trial, picture: Pixels) -> dict[str, Any]:
    return {
        "name": _NAMES[trial.found.method],
        "uri": data_uri(picture, side_pixels=_FACE_PIXELS),
        "measured": _number(known(trial.measured)),
        "predicted": _number(trial.found.predicted),
        "percentile": f"{trial.percentile:.1f}",
    }


def _courses(trials: Sequence[Trials]) -> list[Markup]:
    """How each black-box search went on, with the single pass as a level line."""
    charts = []
    for entry in trials:
        single = entry.of(Method.SINGLE_PASS)
        if not entry.course or single is None:
            continue
        steps = range(0, len(entry.course), max(1, len(entry.course) // 100))
        last = float(len(entry.course))
        level = known(single.measured) or 0.0
        curve = LearningCurve(
            network=entry.subject.name,
            measure="best similarity",
            x_label="captures",
            series={
                "search": (*((at + 1.0, entry.course[at]) for at in steps), (last, entry.course[-1])),
                "single pass": ((1.0, level), (last, level)),
            },
        )
        charts.append(line_chart(curve))
    return charts


def _number(value: float | None, digits: int = 3) -> str:
    """With a true minus sign; a dash for what was not measured."""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if not text.strip("-0.") else text.replace("-", "\N{MINUS SIGN}")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def _odds(share: float) -> str:
    """A share as "1 in N"."""
    if share <= 0:
        return "never seen"
    count = 1 / share
    return f"1 in {count:,.0f}" if count < 1e6 else f"1 in {count:.1e}".replace("e+", "e")
