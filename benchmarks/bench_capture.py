"""Captured frames per second of game time, over what the game's own rules allow.

    python -m benchmarks.bench_capture [--quick] [--profile NAME] [--frames N] [--seed S] [--out FILE]

Three kinds of work: `enumeration` (face and skin types of one slider set), `random` (a new slider set each frame) and
`interleaved` (two sliders and one choice a frame), each without faults and with those of bench_integrity. The ideal is a driver
that knows everything: it presses at the game's pace, never loses a press, and takes its picture one frame after the load; the
menu's cost model gives its frames (mean load lengths), less the model's wait for a blink. The last line is one JSON object.
"""

import argparse
import json
import platform
import random
import time
from collections.abc import Sequence
from pathlib import Path

from agents.calibration import Calibration
from agents.capture import capture_shard
from agents.driver import Driver
from benchmarks.bench_integrity import FAULTS, drawn, learn, open_creator, shard_of, walk
from coordinator.cost import ActionFrames, MenuWalk
from creator.profile import Profile
from creator.profile_file import load_profile
from protocol.character import Character

_DISPLAY_FRAMES = 1.0


def characters_of(kind: str, profile: Profile, num_frames: int, seed: int) -> list[Character]:
    generator = random.Random(seed)
    if kind == "random":
        return [drawn(profile, generator) for _ in range(num_frames)]
    if kind == "interleaved":
        return walk(profile, num_frames, seed)
    one = drawn(profile, generator)
    pairs = [(face, skin) for face in profile.ids("face", one.gender) for skin in profile.ids("skin", one.gender)]
    return [Character(one.gender, face, skin, one.sliders) for face, skin in (pairs * num_frames)[:num_frames]]


def ideal_frames(profile: Profile, characters: Sequence[Character]) -> float:
    """Game frames from the first character's picture to the last one's."""
    model, settle = MenuWalk(profile), ActionFrames.of(profile.timing).settle
    costs = [model.capture(character).game_frames - settle + _DISPLAY_FRAMES for character in characters]
    return sum(costs[1:])


def measure(
    profile: Profile, calibration: Calibration, kind: str, num_frames: int, faults: str, seed: int
) -> dict[str, float]:
    """From the first frame's picture to the end of the shard's re-read; setting up the first character is left out."""
    characters = characters_of(kind, profile, num_frames + 1, seed)
    driver = Driver(open_creator(profile, faults, seed), profile, calibration)
    driver.set_character(characters[0])
    started, started_cpu = driver.console.device.now(), time.process_time()
    frames = capture_shard(driver, shard_of(profile, kind, 0, characters[1:]), agent="bench", attempt=1)
    seconds = driver.console.device.now() - started
    rate = len(frames) / seconds
    ideal = num_frames / ideal_frames(profile, characters) * profile.timing.frames_per_second
    return {
        "frames": len(frames),
        "frames_per_game_second": round(rate, 3),
        "ideal": round(ideal, 3),
        "ratio": round(rate / ideal, 3),
        "retakes": driver.counters.retakes,
        "cpu_milliseconds_per_frame": round((time.process_time() - started_cpu) / len(frames) * 1000, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--profile", default="standin")
    parser.add_argument("--frames", type=int, default=None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    profile = load_profile(options.profile)
    calibration = learn(profile)
    counts = {"enumeration": 100, "random": 4, "interleaved": 30} if options.quick else dict.fromkeys(_KINDS, 1000)
    result: dict[str, object] = {}
    for kind in _KINDS:
        for name, faults in (("", ""), ("_with_faults", FAULTS)):
            num_frames = options.frames or counts[kind]
            result[kind + name] = measure(profile, calibration, kind, num_frames, faults, options.seed)
    result |= {
        "profile": profile.name,
        "faults": FAULTS,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    line = json.dumps(result)
    if options.out:
        options.out.write_text(line + "\n", encoding="utf-8")
    print(line)


_KINDS = ("enumeration", "random", "interleaved")

if __name__ == "__main__":
    main()
