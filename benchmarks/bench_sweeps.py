"""Which design of a sweep teaches an imitator most in the same hours of capture.

    python -m benchmarks.bench_sweeps [--quick] [--hours 2 8 24] [--designs NAME ...] [--keep FOLDER] [--out FILE]

Every design captures for equal hours of one machine's game time, by the cost model and the article's timing; an imitator is
trained on what fits in, and judged on the same random characters that no design knows. `random` is the article's: new slider
sets, each with every combination. Rows are rendered without agents; of more than `--most-rows` an even part is rendered and
trained on, which keeps every slider set. `--keep` saves the rendered rows for the next run. `--quick` takes minutes of game
time and few rows: it shows that the bench runs and nothing else. The last line is one JSON object.

Shape letters: N rows, D dimension.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from benchmarks.rendered import Floats, checksum, embeddings_of
from benchmarks.report import report
from coordinator.cost import MenuWalk
from coordinator.sweep import load_sweeps
from coordinator.sweeps.block import PlanRequest, SweepSettings
from coordinator.sweeps.interleaved import Interleaved
from coordinator.sweeps.random import Random
from creator.encoding import Encoding
from creator.profile import Profile
from creator.profile_file import load_profile
from dataset.snapshot import Snapshot, SnapshotInfo
from protocol.character import Character
from trainer.evaluate import imitation_metrics
from trainer.imitator import ImitatorConfig, train_imitator

_SEED = 11
_ENDLESS = 1 << 20  # more frames than any budget pays for; blocks are made one by one
_MANY_SETS = 1 << 10


@dataclass(frozen=True, kw_only=True)
class Design:
    """A sweep's settings, and the seconds after which its machine reads everything again."""

    settings: SweepSettings
    shard_seconds: float = 600.0


def _walk(sliders: int, frames: int = 1, *, shard_seconds: float = 2400.0) -> Design:
    settings = Interleaved(num_frames=_ENDLESS, sliders_per_step=sliders, frames_per_step=frames)
    return Design(settings=settings, shard_seconds=shard_seconds)


def _shipped() -> Design:
    """`sweeps/interleaved.toml`, without an end."""
    (spec,) = load_sweeps(Path(__file__).parents[1] / "sweeps" / "interleaved.toml")
    assert isinstance(spec.settings, Interleaved)
    return Design(settings=replace(spec.settings, num_frames=_ENDLESS), shard_seconds=spec.shard_seconds)


DESIGNS: Mapping[str, Design] = {
    "random": Design(settings=Random(num_slider_sets=_MANY_SETS)),
    "random_32": Design(settings=Random(num_slider_sets=_MANY_SETS, num_combinations=32)),
    "interleaved": _shipped(),
    "interleaved_1": _walk(1),
    "interleaved_2": _walk(2),
    "interleaved_4": _walk(4),
    "interleaved_1_by_2": _walk(1, 2),
    "interleaved_2_by_10": _walk(2, 10),
    "interleaved_3_by_12": _walk(3, 12, shard_seconds=3600.0),
}


@dataclass(frozen=True, eq=False)
class Captured:
    """What a design captures in the longest time: each character with the hour at which its picture is taken."""

    characters: list[Character]
    slider_sets: list[int]
    hours: list[float]

    def chosen(self, hours: float, most_rows: int) -> list[int]:
        """Places of an even part of what is captured within these hours."""
        count = int(np.searchsorted(self.hours, hours, side="right"))
        return np.unique(np.linspace(0, count - 1, min(count, most_rows)).astype(int)).tolist() if count else []


def captured(design: Design, profile: Profile, hours: float, seed: int) -> Captured:
    """One machine that is never disturbed; it reads everything again whenever a shard's time is over."""
    request = PlanRequest(profile, "bench", seed, None, design.shard_seconds)
    walk, frames_per_hour = MenuWalk(profile), 3600 * profile.timing.frames_per_second
    found, spent, next_read = Captured([], [], []), 0.0, design.shard_seconds / 3600
    frames = (
        (block.slider_set, character) for block in design.settings.blocks(request) for character in block.characters
    )
    for slider_set, character in frames:
        spent += walk.capture(character).game_frames / frames_per_hour
        if spent > hours:
            break
        if spent > next_read:
            spent += walk.read_all().game_frames / frames_per_hour
            next_read = spent + design.shard_seconds / 3600
        found.characters.append(character)
        found.slider_sets.append(slider_set)
        found.hours.append(spent)
    return found


def judges(profile: Profile, count: int) -> list[Character]:
    """Characters with everything drawn evenly."""
    rng, encoding = np.random.default_rng(_SEED + 1), Encoding(profile)
    return [
        encoding.character(profile.combinations[at], rng.uniform(-1, 1, encoding.num_sliders))
        for at in rng.integers(len(profile.combinations), size=count)
    ]


class Rendered:
    """Embeddings of lists of characters, made once for each folder. Rows without a face are NaN."""

    def __init__(self, profile: Profile, keep: Path) -> None:
        self._profile, self._keep = profile, keep

    def make(self, lists: Sequence[Sequence[Character]]) -> None:
        """All that are missing at once: starting the processes that draw takes as long as a thousand rows."""
        missing = [characters for characters in lists if not self._path(characters).exists()]
        if not missing:
            return
        embeddings_ND, recogniser = embeddings_of(self._profile, list(chain(*missing)), seed=_SEED)
        start = 0
        for characters in missing:
            part_ND = embeddings_ND[start : start + len(characters)]
            np.savez(self._path(characters), embeddings_ND=part_ND, recogniser=recogniser)
            start += len(characters)

    def of(self, characters: Sequence[Character]) -> tuple[Floats, str]:
        """Embeddings and the recogniser's identity; `make` was told of this very list."""
        with np.load(self._path(characters)) as arrays:
            return arrays["embeddings_ND"], str(arrays["recogniser"])

    def _path(self, characters: Sequence[Character]) -> Path:
        return self._keep / f"{checksum(self._profile.hash, list(characters))}.npz"


def snapshot_of(
    profile: Profile, found: Captured, places: Sequence[int], embeddings_ND: Floats, recogniser: str
) -> Snapshot:
    """Nothing is held out: the judges are."""
    encoding, characters = Encoding(profile), [found.characters[place] for place in places]
    num_rows = len(characters)
    return Snapshot(
        choices_N3=encoding.choices_N3(characters),
        sliders_NS=encoding.sliders_NS(characters),
        embeddings_ND=embeddings_ND,
        slider_sets_N=np.array([found.slider_sets[place] for place in places], np.int64),
        is_held_out_N=np.zeros(num_rows, np.bool_),
        frame_ids_N=np.array([f"bench:{place}" for place in places], np.str_),
        info=SnapshotInfo(profile.name, profile.hash, recogniser, "rendered@0", num_rows, 0.0, 0),
    )


@dataclass(frozen=True, eq=False)
class Trial:
    """What a design captures in the longest time, and the places that are trained on for each number of hours."""

    captured: Captured
    chosen: list[list[int]]

    @property
    def places(self) -> list[int]:
        return sorted({place for places in self.chosen for place in places})

    @property
    def characters(self) -> list[Character]:
        return [self.captured.characters[place] for place in self.places]


@dataclass(frozen=True)
class Bench:
    profile: Profile
    keep: Path
    hours: Sequence[float]
    most_rows: int
    num_judges: int

    def run(self, names: Sequence[str]) -> dict[str, list[dict[str, float]]]:
        """One entry for each number of hours, by design."""
        trials, judging = {name: self._trial(name) for name in names}, judges(self.profile, self.num_judges)
        rendered = Rendered(self.profile, self.keep)
        rendered.make([judging, *(trial.characters for trial in trials.values())])
        judge = Judge(self.profile, judging, rendered.of(judging)[0])
        return {name: self._judged(name, trial, rendered, judge) for name, trial in trials.items()}

    def _trial(self, name: str) -> Trial:
        found = captured(DESIGNS[name], self.profile, max(self.hours), _SEED)
        return Trial(found, [found.chosen(hours, self.most_rows) for hours in self.hours])

    def _judged(self, name: str, trial: Trial, rendered: Rendered, judge: Judge) -> list[dict[str, float]]:
        embeddings_ND, recogniser = rendered.of(trial.characters)
        row_of = {place: row for row, place in enumerate(trial.places)}
        results = []
        for hours, places in zip(self.hours, trial.chosen, strict=True):
            rows_ND = embeddings_ND[[row_of[place] for place in places]]
            snapshot = snapshot_of(self.profile, trial.captured, places, rows_ND, recogniser)
            count = int(np.searchsorted(trial.captured.hours, hours, side="right"))
            sets = len({character.sliders for character in trial.captured.characters[:count]})
            counts = {"hours": hours, "captured": count, "slider_sets": sets, "trained_on": len(places)}
            results.append(counts | judge.judged(snapshot))
            print(json.dumps({"design": name, **results[-1]}), flush=True)
        return results


@dataclass(frozen=True, eq=False)
class Judge:
    """Characters that no design knows, and how they look."""

    profile: Profile
    characters: list[Character]
    embeddings_ND: Floats

    def judged(self, snapshot: Snapshot) -> dict[str, float]:
        """An imitator trained on all rows of a snapshot, on these characters."""
        encoding, seen_N = Encoding(self.profile), np.isfinite(self.embeddings_ND).all(axis=1)
        trained = train_imitator(snapshot, self.profile, ImitatorConfig.for_rows(len(snapshot), seed=_SEED)).imitator
        predicted_ND = trained.imitate(encoding.choices_N3(self.characters), encoding.sliders_NS(self.characters))
        measured_ND = self.embeddings_ND[seen_N]
        metrics = imitation_metrics(predicted_ND[seen_N], measured_ND, measured_ND.mean(axis=0))
        return {"r2": round(metrics.r2, 4), "centred_cosine": round(metrics.centred_cosine, 4)}


def summary(bench: Bench, designs: Mapping[str, list[dict[str, float]]]) -> dict[str, object]:
    walks = [name for name in designs if name.startswith("interleaved")]
    best = max(walks, key=lambda name: designs[name][0]["r2"], default="")
    return {
        "hours": list(bench.hours),
        "interleaved_r2": [entry["r2"] for entry in designs.get("interleaved", [])],
        "random_r2": [entry["r2"] for entry in designs.get("random", [])],
        "best_interleaved": best,
        "best_interleaved_r2": [entry["r2"] for entry in designs.get(best, [])],
        "designs": designs,
        "judges": bench.num_judges,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two designs, minutes of game time, under a minute")
    parser.add_argument("--hours", type=float, nargs="+", default=None, help="of game time; 2 8 24 unless told")
    parser.add_argument("--designs", nargs="+", choices=list(DESIGNS), default=None)
    parser.add_argument("--most-rows", type=int, default=None, help="rendered and trained on; 20,000 unless told")
    parser.add_argument("--judges", type=int, default=None)
    parser.add_argument("--profile", default="standin")
    parser.add_argument("--keep", type=Path, default=None, help="a folder for rendered rows")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        keep = options.keep or Path(temporary)
        keep.mkdir(parents=True, exist_ok=True)
        bench = Bench(
            load_profile(options.profile),
            keep,
            sorted(options.hours or ([0.2, 0.5] if options.quick else [2.0, 8.0, 24.0])),
            options.most_rows or (100 if options.quick else 20_000),
            options.judges or (60 if options.quick else 2_000),
        )
        names = options.designs or (["random", "interleaved"] if options.quick else list(DESIGNS))
        result = summary(bench, bench.run(names))
    report(result, options.out, ("torch",))


if __name__ == "__main__":
    main()
