"""How well an imitator knows slider sets that it never saw, after how many frames of a campaign.

    python -m benchmarks.bench_imitator [--quick] [--rows N] [--sizes N ...] [--walk-frames N] [--keep FOLDER] [--out FILE]

The campaign is an `interleaved` sweep in walks of `--walk-frames`; with one frame, the default, every frame has a slider set of
its own, which teaches most for its number of frames (not for its hours: `bench_sweeps`). A tenth of the sets is held out, as
the export of a campaign does, and judges every size. Rows are rendered without agents. `--keep` saves them part by part, so
that a run which was stopped goes on. `noise_floor_r2` is what captures of the same characters with another sway say of each
other. With fewer than 60,000 rows `expected` follows the last two sizes: the error falls with a power of the rows. The last
line is one JSON object.

Shape letters: N rows, D dimension.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.rendered import Floats, checksum, embeddings_of
from benchmarks.report import report
from coordinator.sweep import SweepSpec, plan_sweep
from creator.encoding import Encoding
from creator.profile import Profile
from creator.profile_file import load_profile
from dataset.export import choose_held_out
from dataset.snapshot import Snapshot, SnapshotInfo
from protocol.character import Character
from trainer.imitator import ImitatorConfig, train_imitator

GOAL_ROWS = 60_000
_SEED = 1
_PART_ROWS = 4_000  # some minutes of drawing; the processes that draw are started for each part
_REPEATED_ROWS = 256


@dataclass(frozen=True)
class Campaign:
    """A sweep's frames in the order of the sweep, any first part of which is a fair sample."""

    profile: Profile
    characters: list[Character]
    slider_sets: list[int]

    @classmethod
    def planned(cls, profile: Profile, num_rows: int, walk_frames: int) -> Campaign:
        spec = SweepSpec.from_table(
            {
                "name": "bench-imitator",
                "kind": "interleaved",
                "num_frames": num_rows,
                "frames_per_shard": walk_frames,
                "seed": _SEED,
            }
        )
        shards = plan_sweep(spec, profile)
        return cls(
            profile,
            [character for shard in shards for character in shard.characters],
            [number for shard in shards for number in shard.slider_sets],
        )

    def embeddings(self, keep: Path) -> tuple[Floats, str]:
        """Raw (N, D) and the recogniser's identity; parts that lie in `keep` are not drawn again."""
        parts = [self._part(keep, start) for start in range(0, len(self.characters), _PART_ROWS)]
        return np.concatenate([part_ND for part_ND, _ in parts]), parts[0][1]

    def _part(self, keep: Path, start: int) -> tuple[Floats, str]:
        characters = self.characters[start : start + _PART_ROWS]
        path = keep / f"{checksum(self.profile.hash, characters)}.npz"
        if not path.exists():
            embeddings_ND, recogniser = embeddings_of(self.profile, characters, seed=_SEED + start)
            unfinished = path.with_suffix(".part.npz")
            np.savez(unfinished, embeddings_ND=embeddings_ND, recogniser=recogniser)
            unfinished.rename(path)
            print(f"{start + len(characters)} of {len(self.characters)} rows drawn", flush=True)
        with np.load(path) as arrays:
            return arrays["embeddings_ND"], str(arrays["recogniser"])

    def snapshot(self, embeddings_ND: Floats, recogniser: str) -> Snapshot:
        encoding, sets_N = Encoding(self.profile), np.array(self.slider_sets, np.int64)
        num_rows = len(self.characters)
        return Snapshot(
            choices_N3=encoding.choices_N3(self.characters),
            sliders_NS=encoding.sliders_NS(self.characters),
            embeddings_ND=embeddings_ND,
            slider_sets_N=sets_N,
            is_held_out_N=choose_held_out(sets_N, 0.1, _SEED),
            frame_ids_N=np.array([f"bench:{row}" for row in range(num_rows)], np.str_),
            info=SnapshotInfo(self.profile.name, self.profile.hash, recogniser, "rendered@0", num_rows, 0.1, _SEED),
        )


def first_rows(snapshot: Snapshot, num_rows: int) -> Snapshot:
    """The campaign as if it had ended after `num_rows`, judged by all that is held out."""
    is_in_N = snapshot.is_held_out_N | (np.arange(len(snapshot)) < num_rows)
    return Snapshot(
        choices_N3=snapshot.choices_N3[is_in_N],
        sliders_NS=snapshot.sliders_NS[is_in_N],
        embeddings_ND=snapshot.embeddings_ND[is_in_N],
        slider_sets_N=snapshot.slider_sets_N[is_in_N],
        is_held_out_N=snapshot.is_held_out_N[is_in_N],
        frame_ids_N=snapshot.frame_ids_N[is_in_N],
        info=replace(snapshot.info, num_rows=int(is_in_N.sum()), dataset_version=f"rendered@{num_rows}"),
    )


def noise_variance(campaign: Campaign, embeddings_ND: Floats) -> float:
    """Expected squared distance of a capture from its character's mean, from a second capture of some."""
    count = min(_REPEATED_ROWS, len(embeddings_ND))
    again_ND, _ = embeddings_of(campaign.profile, campaign.characters[:count], seed=_SEED + 1)
    squared_N = np.square((again_ND - embeddings_ND[:count]).astype(np.float64)).sum(axis=1)
    return float(np.nanmean(squared_N)) / 2


def judged(snapshot: Snapshot, profile: Profile, num_rows: int, noise: float) -> dict[str, float]:
    started, cpu_started = time.perf_counter(), time.process_time()
    config = ImitatorConfig.for_rows(num_rows, seed=_SEED)
    trained = train_imitator(first_rows(snapshot, num_rows), profile, config, noise_variance=noise)
    if trained.metrics is None:
        raise SystemExit("No row is held out: ask for more rows")
    figures = {
        "rows": num_rows,
        "centred_cosine": round(trained.metrics.centred_cosine, 4),
        "r2": round(trained.metrics.r2, 4),
        "noise_floor_r2": round(trained.metrics.noise_floor_r2 or 0.0, 4),
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(time.process_time() - cpu_started, 1),
    }
    print(json.dumps(figures), flush=True)
    return figures


def expected_at(goal_rows: int, curve: Sequence[dict[str, float]]) -> dict[str, float]:
    """Where the line through the last two sizes leads, in logarithms of rows and errors."""
    before, last = curve[-2:]
    expected: dict[str, float] = {"rows": goal_rows}
    for name in ("centred_cosine", "r2"):
        errors = 1 - before[name], 1 - last[name]
        power = math.log(errors[1] / errors[0]) / math.log(last["rows"] / before["rows"])
        expected[name] = round(1 - errors[1] * (goal_rows / last["rows"]) ** power, 4)
    return expected


def measure(campaign: Campaign, sizes: Sequence[int], keep: Path) -> dict[str, object]:
    embeddings_ND, recogniser = campaign.embeddings(keep)
    snapshot, noise = campaign.snapshot(embeddings_ND, recogniser), noise_variance(campaign, embeddings_ND)
    curve = [judged(snapshot, campaign.profile, size, noise) for size in sizes]
    result: dict[str, object] = {**curve[-1], "curve": curve, "recogniser": recogniser}
    if len(curve) > 1 and curve[-1]["rows"] < GOAL_ROWS:
        result["expected"] = expected_at(GOAL_ROWS, curve)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="400 rows: shows that the bench runs and nothing else")
    parser.add_argument("--rows", type=int, default=None, help="of the campaign, held-out ones included; 60,000")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=None, help="unless told: a quarter of the rows, and all"
    )
    parser.add_argument("--walk-frames", type=int, default=1, help="frames that share one slider set's walk")
    parser.add_argument("--profile", default="standin")
    parser.add_argument("--keep", type=Path, default=None, help="a folder for rendered rows")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    num_rows = options.rows or (400 if options.quick else GOAL_ROWS)
    sizes = sorted(min(size, num_rows) for size in options.sizes or [num_rows // 4, num_rows])
    with tempfile.TemporaryDirectory() as temporary:
        keep = options.keep or Path(temporary)
        keep.mkdir(parents=True, exist_ok=True)
        campaign = Campaign.planned(load_profile(options.profile), num_rows, options.walk_frames)
        result = measure(campaign, sizes, keep)
    report(result, options.out, ("torch",))


if __name__ == "__main__":
    main()
