"""How well the stand-in's head serves as a person: found by detectors, rich in a recogniser's space, cheap to draw.

    python -m benchmarks.bench_standin [--quick] [--recogniser-folder FOLDER] [--out FILE]

Detectors look at the picture as it is: dlib's HOG at its own threshold, dlib's mmod, and the SCRFD of the folder at
`sure_score`. Distances are L2 between embeddings of the default recogniser; those of a folder's network stand under
`recogniser_folder`, between embeddings scaled to length 1. `num_sliders_above_noise` counts sliders whose move from end
to end changes the embedding by over twice what a second capture of the same character does (the figure sways and
breathes by up to half a pixel either way). `render_ms` is processor time of one picture, each of another character.
The last line is one JSON object.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import dlib
import numpy as np

from benchmarks.report import report
from benchmarks.standin_cast import Cast, Character, Pixels
from benchmarks.standin_space import Space
from embedding.dlib_recogniser import find_weights
from embedding.open import open_recogniser
from embedding.recogniser import Recogniser

_SEED = 20
_MMOD_FILE = "mmod_human_face_detector.dat"


@dataclass(frozen=True, slots=True)
class Counts:
    found: int
    mmod: int
    scrfd: int
    characters: int
    changed: int
    per_slider: int
    timed: int


FULL = Counts(found=1000, mmod=200, scrfd=200, characters=200, changed=100, per_slider=12, timed=300)
QUICK = Counts(found=150, mmod=20, scrfd=60, characters=40, changed=25, per_slider=2, timed=60)


def measure(counts: Counts, recogniser_folder: Path | None) -> dict[str, object]:
    cast = Cast(_SEED)
    figures = _render_figures(cast, counts.timed) | _detection_figures(cast, counts)
    default = open_recogniser("dlib")
    figures |= {"recogniser": str(default.identity)} | _space_figures(default, counts, is_unit=False)
    if recogniser_folder is not None:
        other = open_recogniser(str(recogniser_folder))
        scrfd_rate = _rate(cast.draw, cast.random, counts.scrfd, _sure_detector(other))
        figures["recogniser_folder"] = {"recogniser": str(other.identity), "scrfd_rate": scrfd_rate} | _space_figures(
            other, counts, is_unit=True
        )
    return figures


def _space_figures(recogniser: Recogniser, counts: Counts, *, is_unit: bool) -> dict[str, object]:
    space = Space(Cast(_SEED), recogniser, is_unit=is_unit)
    return space.figures(counts.characters, counts.changed, counts.per_slider)


# ---- detectors


def _detection_figures(cast: Cast, counts: Counts) -> dict[str, object]:
    hog = dlib.get_frontal_face_detector()
    mmod = dlib.cnn_face_detection_model_v1(str(find_weights().network.parent / _MMOD_FILE))
    return {
        "hog_rate": _rate(cast.draw, cast.random, counts.found, lambda image: len(hog(image, 0)) > 0),
        "hog_rate_ends": _rate(cast.draw, cast.at_ends, counts.found, lambda image: len(hog(image, 0)) > 0),
        "mmod_rate": _rate(cast.draw, cast.random, counts.mmod, lambda image: len(mmod(image, 0)) > 0),
    }


def _sure_detector(recogniser: Recogniser) -> Callable[[Pixels], bool]:
    return lambda image: any(face.score >= recogniser.sure_score for face in recogniser.detect(image))


def _rate(
    draw: Callable[[Character], Pixels],
    character: Callable[[int], Character],
    num: int,
    is_found: Callable[[Pixels], bool],
) -> float:
    return round(float(np.mean([is_found(draw(character(i))) for i in range(num)])), 4)


# ---- time


def _render_figures(cast: Cast, num_timed: int) -> dict[str, object]:
    """Each face type is shown once before, as it is in a game that has run for a while."""
    for gender in cast.profile.genders:
        for face in cast.profile.ids("face", gender):
            cast.draw(cast.fresh(gender, face=face))
    seconds = np.array([_timed(cast, cast.random(i)) for i in range(num_timed)])
    median, ninth = np.median(seconds, axis=0) * 1e3, np.quantile(seconds, 0.9, axis=0) * 1e3
    return {
        "render_ms": round(median[0], 2),
        "render_ms_p90": round(ninth[0], 2),
        "render_wall_ms": round(median[1], 2),
        "render_wall_ms_p90": round(ninth[1], 2),
    }


def _timed(cast: Cast, character: Character) -> tuple[float, float]:
    """Seconds of this thread's processor time, and of the clock."""
    cpu, wall = time.thread_time(), time.perf_counter()
    cast.draw(character)
    return time.thread_time() - cpu, time.perf_counter() - wall


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="small samples, under a minute")
    parser.add_argument("--recogniser-folder", type=Path, help="ONNX networks to measure too: SCRFD and ArcFace-type")
    parser.add_argument("--out", type=Path, help="also write the JSON object here")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    counts = QUICK if options.quick else FULL
    figures = measure(counts, options.recogniser_folder)
    seconds = round(time.perf_counter() - start)
    report({"counts": asdict(counts), **figures, "seconds": seconds}, options.out, ("dlib-bin", "numpy", "onnxruntime"))


if __name__ == "__main__":
    main()
