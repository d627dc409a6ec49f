"""Captured frames per second of game time, over what the game's own rules allow.

    python -m benchmarks.bench_capture [--quick] [--profile NAME] [--frames N] [--seed S] [--kind KIND ...] [--out FILE]

Three kinds of work: `enumeration` (face and skin types of one slider set), `random` (a new slider set each frame) and
`interleaved` (two sliders and one choice a frame), each without faults, with those of bench_integrity coming once in 300
committed frames (`_with_faults`), and once in 300 game frames (`_with_faults_by_game_frame`).

The ideal is a driver that knows everything: it presses at the game's pace, never loses a press, and takes its picture one frame
after the load; the menu's cost model gives its frames (mean load lengths), less the model's wait for a blink. The model shows
each load's end for a frame; of several loads before a picture only the last one needs that. The next press may be taken on the
very frame whose screen is the picture, but not on the frame before: there the next load would begin before the face was ever
seen without one. The ideal is the same with and without faults. `fault_floor` is the ratio of a driver that loses nothing but
the frames for which freezes and long loads themselves stop the game: no driver gets beyond it. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from agents.calibration import Calibration
from agents.capture import capture_shard
from agents.driver import Driver, shortest_steps
from agents.readout import Readout, RowReading, ScreenState
from benchmarks.report import report
from benchmarks.workloads import (
    FRAMES_APART,
    KINDS,
    characters_of,
    fault_frames,
    faults_every,
    learn,
    open_creator,
    shard_of,
)
from coordinator.cost import ActionFrames, MenuWalk
from creator.profile import Profile
from creator.profile_file import load_profile
from protocol.character import Character
from protocol.device import Picture

_DISPLAY_FRAMES = 1.0


class _TimedReadout(Readout):
    """Counts what reading takes; pictures are taken before and not counted."""

    seconds = 0.0

    def read_screen(self, picture: Picture) -> ScreenState:
        started = time.thread_time()
        state = super().read_screen(picture)
        self.seconds += time.thread_time() - started
        return state

    def read_rows(self, picture: Picture) -> tuple[RowReading, ...]:
        started = time.thread_time()
        rows = super().read_rows(picture)
        self.seconds += time.thread_time() - started
        return rows


def ideal_frames(profile: Profile, characters: Sequence[Character]) -> float:
    """Game frames from the first character's picture to the last one's."""
    model, settle = MenuWalk(profile), ActionFrames.of(profile.timing).settle
    costs = [model.capture(character).game_frames - settle for character in characters]
    unseen = [num_loads(profile, pair) - 1 for pair in pairwise(characters)]
    return sum(costs[1:]) - _DISPLAY_FRAMES * sum(unseen)


def num_loads(profile: Profile, characters: Sequence[Character]) -> int:
    """Presses that begin a load, at the least."""
    total = 0
    for before, after in pairwise(characters):
        for role in ("face", "skin"):
            ids = profile.ids(role, after.gender)
            start = getattr(before, role)
            here = ids.index(start if start in ids else int(profile.roles[role].defaults[after.gender]))
            goal = ids.index(getattr(after, role))
            total += abs(shortest_steps(here, goal, len(ids), wraps=profile.timing.lists_wrap))
        total += before.gender != after.gender
    return total


def measure(
    profile: Profile, calibration: Calibration, kind: str, num_frames: int, events_apart: float | None, seed: int
) -> dict[str, float]:
    """From the first frame's picture to the end of the shard's re-read; setting up the first character is left out.

    `events_apart`: game frames between two faults of a kind; None: no faults at all.
    """
    characters = characters_of(kind, profile, num_frames + 1, seed)
    faults = faults_every(events_apart, profile) if events_apart else ""
    driver = Driver(open_creator(profile, faults, seed), profile, calibration)
    driver.set_character(characters[0])
    driver.readout = readout = _TimedReadout(calibration, profile)
    started, started_cpu = driver.console.device.now(), time.process_time()
    frames = capture_shard(driver, shard_of(profile, kind, 0, characters[1:]), agent="bench", attempt=1)
    seconds = driver.console.device.now() - started
    cpu_seconds = time.process_time() - started_cpu
    game_frames = ideal_frames(profile, characters)
    rate, ideal = len(frames) / seconds, num_frames / game_frames * profile.timing.frames_per_second
    result = {
        "frames": len(frames),
        "frames_per_game_second": round(rate, 3),
        "ideal": round(ideal, 3),
        "ratio": round(rate / ideal, 3),
        "retakes": driver.counters.retakes,
        "cpu_milliseconds_per_frame": round(cpu_seconds / len(frames) * 1000, 1),
        "readout_milliseconds_per_frame": round(readout.seconds / len(frames) * 1000, 2),
        "readout_milliseconds_per_game_frame": round(
            readout.seconds / (seconds * profile.timing.frames_per_second) * 1000, 3
        ),
    }
    if events_apart:
        lost = fault_frames(profile, game_frames, num_loads(profile, characters), events_apart)
        floor = game_frames / (game_frames + lost)
        result |= {"fault_floor": round(floor, 3), "ratio_to_fault_floor": round(rate / ideal / floor, 3)}
        result["faults_of_each_kind_per_game_frame"] = round(1 / events_apart, 6)
        result["faults_of_each_kind_per_committed_frame"] = round(seconds * 60 / events_apart / len(frames), 5)
    return result


def measure_kind(
    profile: Profile, calibration: Calibration, kind: str, num_frames: int, seed: int
) -> dict[str, dict[str, float]]:
    characters = characters_of(kind, profile, num_frames + 1, seed)
    per_picture = ideal_frames(profile, characters) / num_frames
    rates = {
        "": None,
        "_with_faults": FRAMES_APART * per_picture,
        "_with_faults_by_game_frame": float(FRAMES_APART),
    }
    return {kind + name: measure(profile, calibration, kind, num_frames, rate, seed) for name, rate in rates.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--profile", default="standin")
    parser.add_argument("--kind", action="append", choices=KINDS, default=None)
    parser.add_argument("--frames", type=int, default=None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    profile = load_profile(options.profile)
    calibration = learn(profile)
    counts = {"enumeration": 80, "random": 2, "interleaved": 10} if options.quick else _COUNTS
    result: dict[str, object] = {}
    for kind in options.kind or KINDS:
        result |= measure_kind(profile, calibration, kind, options.frames or counts[kind], options.seed)
    report(result | {"profile": profile.name}, options.out)


_COUNTS = {"enumeration": 1000, "random": 100, "interleaved": 500}

if __name__ == "__main__":
    main()
