"""How well the stand-in's head serves as a person: found by detectors, rich in a recogniser's space, cheap to draw.

    python -m benchmarks.bench_standin [--quick] [--out FILE]

Distances are L2 between descriptors of dlib's network. Random characters have their sliders uniform in the middle
80 %. `num_sliders_above_noise` counts sliders whose move from end to end changes the descriptor by over twice what a
second capture of the same character does (the figure sways and breathes by up to half a pixel either way).
The last line is one JSON object. Legend: N = faces, D = embedding size.
"""

import argparse
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import dlib
import numpy as np
from numpy.typing import NDArray

from creator.profile import Profile
from creator.profile_file import load_profile
from standin.render import HeadRenderer, Pose

_SEED = 20
_AT_REST = Pose()
_CHIP_PIXELS, _CHIP_PADDING = 150, 0.25  # what dlib's network was trained on
_MIDDLE, _ENDS = 0.8, 1.0


@dataclass(frozen=True, slots=True)
class Counts:
    found: int
    mmod: int
    characters: int
    changed: int
    per_slider: int
    timed: int


FULL = Counts(found=1000, mmod=200, characters=200, changed=100, per_slider=8, timed=200)
QUICK = Counts(found=150, mmod=15, characters=40, changed=25, per_slider=2, timed=40)


@dataclass(frozen=True, slots=True)
class Character:
    gender: str
    face: int
    skin: int
    values: tuple[float, ...]


class Recogniser:
    def __init__(self) -> None:
        spec = importlib.util.find_spec("face_recognition_models")
        if spec is None or spec.origin is None:
            sys.exit("face_recognition_models is not installed: pip install 'lookalike[embedding]'")
        folder = Path(spec.origin).parent / "models"
        self._hog = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(str(folder / "shape_predictor_5_face_landmarks.dat"))
        self._network = dlib.face_recognition_model_v1(str(folder / "dlib_face_recognition_resnet_model_v1.dat"))
        self._mmod = dlib.cnn_face_detection_model_v1(str(folder / "mmod_human_face_detector.dat"))

    def is_found(self, image: NDArray[np.uint8]) -> bool:
        return len(self._hog(image, 0)) > 0

    def is_found_by_mmod(self, image: NDArray[np.uint8]) -> bool:
        return len(self._mmod(image, 0)) > 0

    def embed(self, image: NDArray[np.uint8]) -> NDArray[np.float64] | None:
        boxes, scores, _ = self._hog.run(image, 0, -0.3)
        if not boxes:
            return None
        shape = self._landmarks(image, boxes[int(np.argmax(scores))])
        chip = dlib.get_face_chip(image, shape, size=_CHIP_PIXELS, padding=_CHIP_PADDING)
        return np.array(self._network.compute_face_descriptor(chip))


class Bench:
    def __init__(self, profile: Profile, counts: Counts) -> None:
        self.profile, self.counts = profile, counts
        self.names = tuple(slider.name for slider in profile.sliders)
        self.renderer, self.recogniser = HeadRenderer(), Recogniser()
        self.rng = np.random.default_rng(_SEED)
        self.some = [self.random(i) for i in range(counts.characters)]
        self._known: dict[Character, NDArray[np.float64] | None] = {}

    def random(self, index: int, reach: float = _MIDDLE) -> Character:
        gender = ("male", "female")[index % 2]
        values = self.rng.uniform(-reach, reach, len(self.names))
        return Character(gender, self._id("face", gender), self._id("skin", gender), tuple(values))

    def _id(self, role: str, gender: str, other_than: int = -1) -> int:
        ids = [i for i in self.profile.ids(role, gender) if i != other_than]
        return int(self.rng.choice(ids))

    def with_other(self, role: str, character: Character) -> Character:
        if role == "face":
            return replace(character, face=self._id("face", character.gender, character.face))
        if role == "skin":
            return replace(character, skin=self._id("skin", character.gender, character.skin))
        return replace(character, values=self.random(0).values)

    def draw(self, character: Character, pose: Pose = _AT_REST) -> NDArray[np.uint8]:
        sliders = dict(zip(self.names, character.values, strict=True))
        return self.renderer.render(
            gender=character.gender, face=character.face, skin=character.skin, sliders=sliders, pose=pose
        )

    def embed(self, character: Character) -> NDArray[np.float64] | None:
        if character not in self._known:
            self._known[character] = self.recogniser.embed(self.draw(character))
        return self._known[character]

    def recapture(self, character: Character) -> NDArray[np.float64] | None:
        x, y = self.rng.uniform(-0.5, 0.5, 2)
        return self.recogniser.embed(self.draw(character, Pose(shift_x_pixels=x, shift_y_pixels=y)))

    def distance(self, first: Character, second: Character) -> float:
        return _distance(self.embed(first), self.embed(second))

    # ---- figures

    def hog_rate(self) -> float:
        return self._rate(self.counts.found, self.random, self.recogniser.is_found)

    def hog_rate_ends(self) -> float:
        return self._rate(self.counts.found, self._at_ends, self.recogniser.is_found)

    def mmod_rate(self) -> float:
        return self._rate(self.counts.mmod, self.random, self.recogniser.is_found_by_mmod)

    def _at_ends(self, index: int) -> Character:
        ends = self.rng.choice([-_ENDS, _ENDS], len(self.names))
        return replace(self.random(index), values=tuple(ends))

    def _rate(
        self, num: int, character: Callable[[int], Character], is_found: Callable[[NDArray[np.uint8]], bool]
    ) -> float:
        return float(np.mean([is_found(self.draw(character(i))) for i in range(num)]))

    def pairs_l2(self) -> float:
        faces = [self.embed(character) for character in self.some]
        found_ND = np.array([face for face in faces if face is not None])
        distances = np.linalg.norm(found_ND[:, None] - found_ND[None], axis=2)
        return float(distances[np.triu_indices(len(found_ND), 1)].mean())

    def changed_l2(self, role: str) -> float:
        characters = self.some[: self.counts.changed]
        return float(np.nanmean([self.distance(c, self.with_other(role, c)) for c in characters]))

    def noise_l2(self) -> float:
        characters = self.some[: self.counts.changed]
        return float(np.nanmean([_distance(self.embed(c), self.recapture(c)) for c in characters]))

    def slider_l2(self) -> dict[str, float]:
        """Mean distance between a slider's two ends, everything else random."""
        characters = self.some[: self.counts.per_slider]
        return {
            name: float(np.nanmean([self.distance(_moved(c, i, -1.0), _moved(c, i, 1.0)) for c in characters]))
            for i, name in enumerate(self.names)
        }

    def render_ms(self) -> float:
        """Median processor time on one core, every picture another character, each face type shown once before."""
        for gender in ("male", "female"):
            for face in self.profile.ids("face", gender):
                self.draw(Character(gender, face, 0, (0.0,) * len(self.names)))
        return float(np.median([self._timed(self.random(i)) for i in range(self.counts.timed)])) * 1e3

    def _timed(self, character: Character) -> float:
        start = time.thread_time()
        self.draw(character)
        return time.thread_time() - start


def _moved(character: Character, index: int, value: float) -> Character:
    return replace(character, values=(*character.values[:index], value, *character.values[index + 1 :]))


def _distance(first: NDArray[np.float64] | None, second: NDArray[np.float64] | None) -> float:
    return float("nan") if first is None or second is None else float(np.linalg.norm(first - second))


def measure(counts: Counts) -> dict[str, object]:
    bench = Bench(load_profile("standin"), counts)
    noise, per_slider = bench.noise_l2(), bench.slider_l2()
    weakest = sorted(per_slider.items(), key=lambda item: item[1])
    return {
        "render_ms": round(bench.render_ms(), 2),
        "hog_rate": bench.hog_rate(),
        "hog_rate_ends": bench.hog_rate_ends(),
        "mmod_rate": bench.mmod_rate(),
        "pairs_l2": round(bench.pairs_l2(), 3),
        "face_l2": round(bench.changed_l2("face"), 3),
        "skin_l2": round(bench.changed_l2("skin"), 3),
        "sliders_l2": round(bench.changed_l2("sliders"), 3),
        "noise_l2": round(noise, 4),
        "num_sliders_above_noise": sum(value > 2 * noise for value in per_slider.values()),
        "slider_l2": {name: round(value, 3) for name, value in weakest},
    }


def _circumstances(counts: Counts) -> dict[str, object]:
    git = shutil.which("git") or "git"
    commit = subprocess.run([git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    return {
        "bench": "standin",
        "counts": {name: getattr(counts, name) for name in Counts.__slots__},
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "versions": {"python": platform.python_version(), "dlib": dlib.__version__, "numpy": np.__version__},
        "commit": commit,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="small samples, under a minute")
    parser.add_argument("--out", type=Path, help="also write the JSON object here")
    options = parser.parse_args(arguments)
    counts = QUICK if options.quick else FULL
    report = json.dumps(_circumstances(counts) | measure(counts))
    if options.out is not None:
        options.out.write_text(report + "\n", encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
