"""How many labels are wrong when everything goes wrong, closed loop beside open loop.

    python -m benchmarks.bench_integrity [--quick] [--unseen-looks] [--profile NAME ...] [--frames N] [--seed S]
                                         [--head-pixels N] [--progress FILE] [--out FILE]

Both drivers walk the same characters in the in-memory stand-in under the same faults: dropped presses 2 %, doubled 1 %, long
loads 1 %; pop-ups, focus losses, freezes, black and torn frames on average every 300 GAME frames each. The issue's sentence can
also be read as every 300 committed frames; there are 8 to 4,000 game frames to a committed one, so this reading is the harsher
one, and both rates are printed. Work comes in blocks, each a fresh game with another seed: enumeration, interleaved, random.

A label is wrong when it differs from the truth of the very game frame in the picture, or when that picture is half-loaded (or
of a load at all), torn, black, covered by a pop-up or mid-blink, as the truth log says. `--head-pixels` draws the stand-in's head
smaller and enlarges it, to fit 100,000 frames into hours of one core. `--progress`: a line of JSON after every block, from
which the same command goes on when it was stopped. The last line on the output is one JSON object.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from agents.capture import capture_shard
from agents.driver import Driver
from agents.errors import AgentError
from agents.readout import Readout
from benchmarks.open_loop import OpenLoopDriver
from benchmarks.report import report
from benchmarks.workloads import FRAMES_APART, characters_of, faults_every, learn, open_creator, shard_of
from creator.profile import Profile
from creator.profile_file import load_profile
from protocol.character import Character
from protocol.frame import Frame
from protocol.shard import Shard
from standin.looks import Looks
from standin.truth_log import Truth, TruthLog
from standin.wording import LANGUAGES

_BLOCK_FRAMES = {"enumeration": 800, "interleaved": 190, "random": 10}  # 80, 19 and 1 % of the frames
_SHARD_FRAMES, _MOST_ATTEMPTS = 200, 3
_OPEN_LOOP_FRAMES = 100  # a block's first ones: after the first lost press nearly every label is wrong


def unseen_looks() -> list[Looks]:
    """Another theme, language, scale and layout than the ones the agent's code was written beside."""
    language = LANGUAGES[-1]
    return [
        Looks(theme="frost", language=language, scale=1.5, seed=3),
        Looks(theme="ember", language=language, scale=1.25, seed=7),
        Looks(theme="frost", scale=1.0, seed=11),
    ]


@dataclass
class Tally:
    """What the last line says. Times are of this machine, shared with whatever else runs on it."""

    blocks: int = 0
    frames: int = 0
    wrong_labels: int = 0
    open_loop_frames: int = 0
    open_loop_wrong_labels: int = 0
    retakes: int = 0
    voided_frames: int = 0
    failed_shards: int = 0
    game_seconds: float = 0.0
    cpu_seconds: float = 0.0
    frames_by_kind: dict[str, int] = field(default_factory=dict)
    frames_by_profile: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def as_result(self, options: argparse.Namespace) -> dict[str, object]:
        per_frame = self.game_seconds * 60 / FRAMES_APART / max(self.frames, 1)
        return (
            asdict(self)
            | {
                "faults_of_each_kind_per_game_frame": round(1 / FRAMES_APART, 5),
                "faults_of_each_kind_per_committed_frame": round(per_frame, 3),
            }
            | _task_of(options)
        )

    @classmethod
    def read(cls, progress: Path, options: argparse.Namespace) -> Tally:
        """Where a stopped run stood."""
        stood = json.loads(progress.read_text(encoding="utf-8"))
        task = _task_of(options)
        if {name: stood[name] for name in task} != task:
            raise SystemExit(f"{progress} is of another run than {task}: name another file, or delete it")
        return cls(**{each.name: stood[each.name] for each in fields(cls)})


def _task_of(options: argparse.Namespace) -> dict[str, object]:
    """What decides the blocks, as a progress file must agree with it."""
    return {
        "unseen_looks": options.unseen_looks,
        "head_pixels": options.head_pixels or 256,
        "seed": options.seed,
    }


@dataclass(frozen=True, slots=True)
class Block:
    """One fresh game's work."""

    profile: Profile
    kind: str
    num_frames: int
    seed: int
    looks: Looks | None


def blocks_of(profiles: list[Profile], looks: list[Looks | None], num_frames: int, seed: int) -> Iterator[Block]:
    """Kinds in fixed shares, profiles and looks in turn."""
    at, left = 0, num_frames
    while left > 0:
        share = min(1.0, num_frames / sum(_BLOCK_FRAMES.values()))
        for kind, most in _BLOCK_FRAMES.items():
            number = min(left, max(1, round(most * share)))
            if number > 0:
                yield Block(profiles[at % len(profiles)], kind, number, seed * 1000 + at, looks[at % len(looks)])
            left -= number
        at += 1


def fault_of(truth: Truth, label: Character) -> str:
    """What is wrong with a label, empty when nothing is."""
    if truth.character != label:
        return "settings"
    return "" if truth.is_settled else f"not settled: {truth}"[:300]


def wrong_of(log: Path, profile: Profile, taken: Iterable[tuple[float, Character]]) -> list[str]:
    truth = TruthLog.read(log, profile)
    faults = (fault_of(truth.at(seconds), label) for seconds, label in taken)
    return [fault for fault in faults if fault]


def capture_in_attempts(driver: Driver, shard: Shard, tally: Tally) -> list[Frame]:
    """As the coordinator does: a shard that failed is given out again."""
    for attempt in range(1, _MOST_ATTEMPTS):
        try:
            return capture_shard(driver, shard, agent="bench", attempt=attempt)
        except AgentError as error:
            tally.failed_shards += 1
            tally.failures.append(str(error)[:300])
            driver.forget()
    return capture_shard(driver, shard, agent="bench", attempt=_MOST_ATTEMPTS)


def run_closed(block: Block, readout: Readout, head_pixels: int | None, log: Path, tally: Tally) -> None:
    """`readout` is shared by all blocks of its calibration, so that what one has read is not learned again by the next."""
    profile, faults = block.profile, faults_every(FRAMES_APART, block.profile)
    device = open_creator(profile, faults, block.seed, truth_log=log, looks=block.looks, head_pixels=head_pixels)
    driver = Driver(device, profile, readout.calibration)
    driver.readout = readout
    characters = characters_of(block.kind, profile, block.num_frames, block.seed)
    taken: list[tuple[float, Character]] = []
    for start in range(0, len(characters), _SHARD_FRAMES):
        shard = shard_of(profile, "integrity", start, characters[start : start + _SHARD_FRAMES])
        frames = capture_in_attempts(driver, shard, tally)
        taken += [(frame.record.captured_seconds, frame.record.character) for frame in frames]
    device.close()
    wrong = wrong_of(log, profile, taken)
    tally.frames += len(taken)
    tally.wrong_labels += len(wrong)
    tally.wrong += [f"{profile.name} {block.kind} seed {block.seed}: {fault}" for fault in wrong]
    tally.retakes += driver.counters.retakes
    tally.voided_frames += driver.counters.voided_frames
    tally.game_seconds += device.now()
    tally.frames_by_kind[block.kind] = tally.frames_by_kind.get(block.kind, 0) + len(taken)
    tally.frames_by_profile[profile.name] = tally.frames_by_profile.get(profile.name, 0) + len(taken)


def run_open(block: Block, log: Path, tally: Tally) -> None:
    """Its pictures are not looked at, so none is drawn in full."""
    profile = block.profile
    device = open_creator(profile, faults_every(FRAMES_APART, profile), block.seed, truth_log=log, head_pixels=16)
    driver = OpenLoopDriver(device, profile)
    characters = characters_of(block.kind, profile, min(block.num_frames, _OPEN_LOOP_FRAMES), block.seed)
    taken = [driver.capture(character) for character in characters]
    device.close()
    tally.open_loop_frames += len(taken)
    tally.open_loop_wrong_labels += len(wrong_of(log, profile, taken))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--unseen-looks", action="store_true")
    parser.add_argument("--profile", action="append", default=None)
    parser.add_argument("--frames", type=int, default=None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--head-pixels", type=int, default=None)
    parser.add_argument("--progress", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    profiles = [
        load_profile(name) for name in options.profile or (["small"] if options.quick else ["standin", "small"])
    ]
    num_frames = options.frames or (120 if options.quick else 10_000 if options.unseen_looks else 100_000)
    looks: list[Looks | None] = list(unseen_looks()[: 1 if options.quick else None]) if options.unseen_looks else [None]
    progress: Path | None = options.progress
    tally = Tally.read(progress, options) if progress is not None and progress.exists() else Tally()
    readouts, started = dict[tuple[str, Looks | None], Readout](), time.process_time() - tally.cpu_seconds
    with tempfile.TemporaryDirectory() as folder:
        for block in itertools.islice(blocks_of(profiles, looks, num_frames, options.seed), tally.blocks, None):
            key = (block.profile.name, block.looks)
            if key not in readouts:
                readouts[key] = Readout(learn(block.profile, block.looks, options.head_pixels), block.profile)
            run_closed(block, readouts[key], options.head_pixels, Path(folder) / "closed.jsonl", tally)
            run_open(block, Path(folder) / "open.jsonl", tally)
            tally.blocks += 1
            tally.cpu_seconds = round(time.process_time() - started, 1)
            if progress is not None:
                progress.write_text(json.dumps(tally.as_result(options)) + "\n", encoding="utf-8")
    report(tally.as_result(options), options.out)


if __name__ == "__main__":
    main()
