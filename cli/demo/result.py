"""`result.json`: the demo's figures for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cli.demo.matching import PhotoTrip, RoundTrip
from protocol.object_file import write_object


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoResult:
    """`file` names the photo without its folder."""

    file: str
    similarity_predicted: float
    similarity_measured: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """Similarities are centred cosines; `wrong_labels` were counted against the stand-in's truth logs."""

    frames_captured: int
    rows_committed: int
    rows_planned: int
    wrong_labels: int
    imitator: Mapping[str, float | None]
    round_trip: Mapping[str, float]
    photos: Sequence[PhotoResult]
    seconds: Mapping[str, float]

    def write(self, path: Path) -> None:
        write_object(path, (json.dumps(asdict(self), indent=2) + "\n").encode())


def round_trip_figures(trips: Sequence[RoundTrip]) -> dict[str, float]:
    """Means over the held-out characters."""
    return {
        "centred_cosine_mean": sum(trip.similarity for trip in trips) / len(trips),
        "nearest_captured_mean": sum(trip.nearest_captured for trip in trips) / len(trips),
    }


def photo_results(trips: Sequence[PhotoTrip], files: Mapping[str, Path]) -> list[PhotoResult]:
    return [
        PhotoResult(
            file=files[trip.name].name,
            similarity_predicted=trip.match.similarity_predicted,
            similarity_measured=trip.similarity,
        )
        for trip in trips
    ]
