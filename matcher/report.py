"""Writes the demo's report: one page of HTML that needs nothing beside itself, no network and no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from markupsafe import Markup

from matcher.charts import Scale, halves, impostor_hill, line_chart, similarity_scale
from matcher.errors import MatcherError
from matcher.pictures import data_uri
from matcher.render import render
from matcher.report_content import (
    AgentFigures,
    CaptureFigures,
    CharacterMatch,
    DemoReport,
    Headline,
    Image,
    LearningCurve,
    PhotoMatch,
    Stage,
)
from matcher.sheet_files import sheet_html
from protocol.character import Character
from protocol.object_file import Place, write_object

__all__ = [
    "AgentFigures",
    "CaptureFigures",
    "CharacterMatch",
    "DemoReport",
    "Headline",
    "Image",
    "LearningCurve",
    "PhotoMatch",
    "Stage",
    "report_html",
    "write_report",
]

_PHOTO_PIXELS, _PAIR_PIXELS, _WALL_PIXELS = 640, 200, 112


def write_report(path: Place, report: DemoReport) -> None:
    """The page at `path`, complete or not at all. Raises MatcherError when it cannot be written."""
    try:
        write_object(path, report_html(report).encode())
    except OSError as error:
        raise MatcherError(
            f"The report cannot be written to {path}: {error}. Name a folder that you can write to."
        ) from error


def report_html(report: DemoReport) -> Markup:
    """The page as text; everything that comes from the run is escaped."""
    return render(
        "report.html.j2",
        report=report,
        figures=_figures(report.headline),
        photos=[_photo(report, photo) for photo in report.photos],
        round_trip=_round_trip(report),
        curves=[(curve, line_chart(curve)) for curve in report.curves],
        wall=[data_uri(image, side_pixels=_WALL_PIXELS) for image in report.wall],
        stages=_stage_places(report.stages),
        total=_duration(sum(stage.seconds for stage in report.stages)),
    )


@dataclass(frozen=True, slots=True)
class _Figure:
    """One figure of the headline; `is_met` None where there is nothing to reach."""

    value: str
    label: str
    note: str
    is_met: bool | None = None


def _figures(headline: Headline) -> list[_Figure]:
    return [
        _Figure(f"{headline.frames_captured:,}", "frames captured", "each label read back from the screen"),
        _Figure(
            f"{headline.rows_committed:,}",
            "rows committed",
            f"{headline.rows_planned:,} were planned",
            headline.rows_committed == headline.rows_planned,
        ),
        _Figure(
            f"{headline.wrong_labels:,}",
            "wrong labels",
            "against the creator’s own truth log",
            headline.wrong_labels == 0,
        ),
        _Figure(
            _similarity(headline.imitator_centred_cosine),
            "imitator, centred cosine",
            f"on settings never seen; wanted {_similarity(headline.cosine_wanted)}",
            headline.imitator_centred_cosine >= headline.cosine_wanted,
        ),
        _Figure(
            _similarity(headline.round_trip_mean),
            "round trip, mean",
            f"nearest captured frame: {_similarity(headline.nearest_captured_mean)}",
            headline.round_trip_mean > headline.nearest_captured_mean,
        ),
    ]


def _photo(report: DemoReport, photo: PhotoMatch) -> dict[str, Any]:
    shown = [photo.similarity_predicted, photo.ceiling, *_known([photo.similarity_measured])]
    scale = similarity_scale(shown, report.impostor_pairs)
    return {
        "match": photo,
        "photo_uri": data_uri(photo.photo, side_pixels=_PHOTO_PIXELS),
        "matched_uri": data_uri(photo.matched, side_pixels=_PHOTO_PIXELS),
        "hill": impostor_hill(report.impostor_pairs, scale),
        "place": scale,
        "ticks": [(scale(mark), _similarity(mark, digits=1)) for mark in halves(scale)],
        "predicted": _similarity(photo.similarity_predicted),
        "measured": None if photo.similarity_measured is None else _similarity(photo.similarity_measured),
        "ceiling": _similarity(photo.ceiling),
        "choices": _choices(photo.character),
        "num_rows": len(report.profile.sliders) + len(report.profile.roles),
        "sheet": sheet_html(report.profile, photo.character, photo.before),
    }


def _round_trip(report: DemoReport) -> dict[str, Any]:
    ranked = sorted(report.characters, key=lambda match: -match.similarity)
    nearest = _known([match.nearest_captured for match in ranked])
    scale = similarity_scale([match.similarity for match in ranked] + nearest, report.impostor_pairs)
    return {
        "pairs": [
            (
                data_uri(match.target, side_pixels=_PAIR_PIXELS),
                data_uri(match.recreated, side_pixels=_PAIR_PIXELS),
                _similarity(match.similarity),
                round(100 * max(match.similarity, 0.0), 1),
            )
            for match in ranked
        ],
        "strips": [
            _strip(name, values, scale)
            for name, values in (
                ("Recreated", [match.similarity for match in ranked]),
                ("Nearest captured frame", nearest),
            )
            if values
        ],
        "ticks": [(scale(mark), _similarity(mark, digits=1)) for mark in halves(scale)],
        "hill": impostor_hill(report.impostor_pairs, scale),
    }


def _strip(name: str, values: Sequence[float], scale: Scale) -> dict[str, Any]:
    mean = sum(values) / len(values)
    return {
        "name": name,
        "places": [scale(value) for value in values],
        "mean_place": scale(mean),
        "mean": _similarity(mean),
    }


def _stage_places(stages: Sequence[Stage]) -> list[dict[str, Any]]:
    """Stages as bars one after the other, in percent of the whole run."""
    total = sum(stage.seconds for stage in stages) or 1.0
    starts = [0.0, *accumulate(stage.seconds for stage in stages)]
    return [
        {
            "name": stage.name,
            "left": round(100 * start / total, 3),
            "width": round(100 * stage.seconds / total, 3),
            "duration": _duration(stage.seconds),
        }
        for stage, start in zip(stages, starts, strict=False)
    ]


def _choices(character: Character) -> str:
    return f"{character.gender.capitalize()}, face type {character.face:03d}, skin type {character.skin:03d}"


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _similarity(value: float, digits: int = 2) -> str:
    """With a true minus sign, and none before a zero."""
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if not text.strip("-0.") else text.replace("-", "\N{MINUS SIGN}")


def _duration(seconds: float) -> str:
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
