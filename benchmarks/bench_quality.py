"""What a picture format costs the embedding, beside what taking the same character again costs it.

    python -m benchmarks.bench_quality [--quick] [--characters N] [--seed S] [--out FILE]

`shift`: mean distance of a character's embedding to that of its lossless picture, over the mean distance of two pictures of one
character taken at other moments of sway and breath (`recapture`). Every format gets the same pictures. The last line is one JSON
object.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.encoding import ImageFormat, encode
from benchmarks.report import report
from benchmarks.workloads import drawn
from creator.profile_file import load_profile
from embedding.embedder import Embedder
from embedding.open import open_recogniser
from embedding.place import place_in_frames
from standin.face_layer import Shot
from standin.pose import Pose
from standin.screen import Screen
from standin.settings import Settings

_FORMATS: tuple[tuple[ImageFormat, int], ...] = (
    ("jpeg", 80),
    ("jpeg", 88),
    ("jpeg", 92),
    ("jpeg", 95),
    ("webp", 75),
    ("webp", 85),
    ("webp", 92),
)
Pixels = NDArray[np.uint8]


def pictures(num_characters: int, seed: int) -> tuple[list[Pixels], list[Pixels]]:
    """Each character twice, swaying."""
    profile, generator = load_profile("standin"), random.Random(seed)
    layer, settings = Screen.with_head(profile).face, Settings(profile, lists_wrap=True)
    first: list[Pixels] = []
    second: list[Pixels] = []
    for _ in range(num_characters):
        values = settings.values_of(drawn(profile, generator))
        for taken in (first, second):
            pose = Pose(0.0, generator.uniform(-0.75, 0.75), generator.uniform(-0.5, 0.5), 0.0)
            taken.append(layer.face(Shot(values, pose)).copy())
    return first, second


def embedded(embedder: Embedder, images: Sequence[bytes]) -> NDArray[np.float32]:
    return embedder.embed_encoded(images).embeddings_ND


def measure(num_characters: int, seed: int) -> dict[str, object]:
    first, second = pictures(num_characters, seed)
    result: dict[str, object] = {}
    place = place_in_frames(load_profile("standin"))
    with Embedder(open_recogniser(), place=place) as embedder:
        exact_ND, again_ND = (
            embedded(embedder, [encode(each, "png", 1) for each in taken]) for taken in (first, second)
        )
        recapture = float(np.nanmean(np.linalg.norm(exact_ND - again_ND, axis=1)))
        for image_format, quality in _FORMATS:
            started = time.process_time()
            images = [encode(each, image_format, quality) for each in first]
            seconds = time.process_time() - started
            shift = float(np.nanmean(np.linalg.norm(embedded(embedder, images) - exact_ND, axis=1)))
            result[f"{image_format}_{quality}"] = {
                "shift": round(shift / recapture, 3),
                "kilobytes": round(sum(map(len, images)) / len(images) / 1024, 1),
                "encode_milliseconds": round(seconds / len(images) * 1000, 2),
            }
    return result | {"recapture": round(recapture, 4), "characters": num_characters}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--characters", type=int, default=None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    measured = measure(options.characters or (10 if options.quick else 60), options.seed)
    report(measured, options.out, ("pillow",))


if __name__ == "__main__":
    main()
