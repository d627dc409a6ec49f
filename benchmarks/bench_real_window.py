"""Frames a second and wrong labels on a real window: keys through X11, pixels off the screen, real time.

    python -m benchmarks.bench_real_window [--quick] [--profile NAME] [--frames N] [--kind KIND] [--seed S] [--out FILE]

Opens the stand-in's window on an Xvfb of its own, learns it, and captures shards of an `enumeration` (face types in a row, skin
after skin, from what is set) or of an `interleaved` walk; meanwhile a process beside it embeds every frame, as a cluster would.
A label is wrong when the game frame in its picture is not settled or has other settings (`benchmarks.label_judge`); `doubtful`
where two game frames that it may be look alike; `told_by_picture` counts where the picture had to be asked. With --quick the
templates are learned in memory, only pace and rest in the window, and nothing is embedded. The last line is one JSON object; its
`share_of_time` says where the agent's time went, `pace_frames` how it pressed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from agents.calibrate import calibrate
from agents.calibration import Calibration
from agents.capture import capture_shard
from agents.driver import Driver
from agents.measure import measure_rest, measure_taps
from agents.window_device import WindowDevice
from agents.x11_device import open_x11_device
from benchmarks.label_judge import Judge, Label
from benchmarks.real_keys import own_display
from benchmarks.report import report
from benchmarks.timed_device import TimedDevice
from benchmarks.workloads import characters_of, learn, shard_of
from creator.profile import Profile
from creator.profile_file import load_profile
from protocol.character import Character
from protocol.device import Device
from protocol.errors import WindowError
from protocol.frame import Frame
from standin.truth_log import TruthLog

_START_SECONDS = 120.0
_SHARD_FRAMES = 100
_PACE = ("hold_frames", "gap_frames", "show_frames")
Embed = Callable[[Sequence[Frame]], object]


@contextmanager
def open_window(profile: Profile, truth_log: Path) -> Iterator[WindowDevice]:
    """A display of its own, the stand-in on it, and a device."""
    command = [sys.executable, "-m", "cli.main", "standin", "--profile", profile.name, "--scale", "1"]
    with own_display() as display:
        environment = {**os.environ, "DISPLAY": display, "SDL_VIDEODRIVER": "x11"}
        creator = subprocess.Popen([*command, "--truth-log", str(truth_log)], env=environment)
        try:
            device = _opened(profile, truth_log, display, creator)
            try:
                yield device
            finally:
                device.close()
        finally:
            creator.terminate()
            creator.wait(20)


def _opened(profile: Profile, truth_log: Path, display: str, creator: subprocess.Popen[bytes]) -> WindowDevice:
    """The log begins with the game, when the first face is there."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and creator.poll() is None:
        with suppress(WindowError):
            if truth_log.exists():
                return open_x11_device(profile.title, display_name=display)
        time.sleep(0.2)
    raise WindowError(f"The stand-in's window did not open within {_START_SECONDS:.0f} s")


@contextmanager
def open_embedder() -> Iterator[Embed]:
    """Embeds in a process of its own; all of it is done when the block ends."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_embed, args=(theirs,))
    process.start()
    theirs.close()
    ours.recv()  # it is ready
    yield lambda frames: ours.send([frame.image for frame in frames])
    ours.send(None)
    process.join()


def _embed(pictures: Connection) -> None:
    from embedding.embedder import Embedder  # in a process of its own: the agent needs none of it
    from embedding.open import open_recogniser

    with Embedder(open_recogniser("dlib")) as embedder:
        pictures.send("ready")
        while (images := pictures.recv()) is not None:
            embedder.embed_encoded(images)


def learn_window(device: Device, profile: Profile, *, is_quick: bool) -> Calibration:
    if not is_quick:
        return calibrate(device, profile, checks_ranges=False).calibration
    return measure_rest(device, profile, measure_taps(device, profile, learn(profile)))


def enumerated(profile: Profile, one: Character, num_frames: int) -> list[Character]:
    """Face types in menu order from the one that is set, skin after skin; no slider moves."""
    skins, faces = (_rotated(profile.ids(role, one.gender), getattr(one, role)) for role in ("skin", "face"))
    pairs = [(face, skin) for skin in skins for face in faces]
    return [Character(one.gender, face, skin, one.sliders) for face, skin in (pairs * num_frames)[:num_frames]]


def _rotated(ids: Sequence[int], first: int) -> Sequence[int]:
    at = ids.index(first)
    return [*ids[at:], *ids[:at]]


def characters_for(kind: str, driver: Driver, num_frames: int, seed: int) -> list[Character]:
    if kind == "enumeration":
        return enumerated(driver.profile, driver.read_all(), num_frames)
    return characters_of(kind, driver.profile, num_frames, seed)


def capture(driver: Driver, timed: TimedDevice, characters: Sequence[Character], embed: Embed) -> list[Label]:
    labels: list[Label] = []
    for start in range(0, len(characters), _SHARD_FRAMES):
        shard = shard_of(driver.profile, "window", start, characters[start : start + _SHARD_FRAMES])
        frames = capture_shard(driver, shard, agent="bench", attempt=1)
        embed(frames)
        labels += [_label(frame, timed) for frame in frames]
        timed.grab_seconds.clear()
    return labels


def _label(frame: Frame, timed: TimedDevice) -> Label:
    seconds = frame.record.captured_seconds
    return Label(seconds, timed.grab_seconds[seconds], frame.record.character, frame.image)


def judged(judge: Judge, labels: Sequence[Label]) -> dict[str, object]:
    verdicts = [judge.verdict(label) for label in labels]
    wrong = [label for label, verdict in zip(labels, verdicts, strict=True) if verdict == "wrong"]
    return {
        "frames": len(labels),
        "wrong_labels": len(wrong),
        "troubles": dict(Counter(judge.trouble(label) for label in wrong)),
        "doubtful_labels": verdicts.count("doubtful"),
        "told_by_picture": judge.num_drawn,
    }


def times(timed: TimedDevice, num_frames: int, seconds: float, cpu_seconds: float) -> dict[str, object]:
    shares = {what: round(spent / seconds, 3) for what, spent in timed.seconds.items()}
    return {
        "frames_per_second": round(num_frames / seconds, 2),
        "share_of_time": shares | {"thinking": round(1 - sum(shares.values()), 3)},
        "agent_cpu_milliseconds_per_frame": round(cpu_seconds / max(num_frames, 1) * 1000, 1),
    }


def run(profile: Profile, kind: str, num_frames: int, seed: int, *, is_quick: bool) -> dict[str, object]:
    """Everything that the JSON line says of one capture."""
    with tempfile.TemporaryDirectory() as folder, open_window(profile, Path(folder) / "truth.jsonl") as device:
        started = time.perf_counter()
        calibration = learn_window(device, profile, is_quick=is_quick)
        calibration_seconds = time.perf_counter() - started
        timed = TimedDevice(device)
        driver = Driver(timed, profile, calibration)
        first, *characters = characters_for(kind, driver, num_frames + 1, seed)
        driver.set_character(first)
        with nullcontext(lambda _frames: None) if is_quick else open_embedder() as embed:
            labels, figures = measured(driver, timed, characters, embed)
        judge = Judge(TruthLog.read(Path(folder) / "truth.jsonl", profile), profile)
        return {
            "kind": kind,
            **judged(judge, labels),
            **figures,
            "retakes": driver.counters.retakes,
            "voided_frames": driver.counters.voided_frames,
            "lost_presses": driver.counters.lost_presses,
            "presses": driver.counters.presses,
            "calibration_seconds": round(calibration_seconds, 1),
            "pace_frames": {name: getattr(calibration.timing, name) for name in _PACE},
        }


def measured(
    driver: Driver, timed: TimedDevice, characters: Sequence[Character], embed: Embed
) -> tuple[list[Label], dict[str, object]]:
    timed.reset()
    started, started_cpu = time.perf_counter(), time.process_time()
    labels = capture(driver, timed, characters, embed)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - started_cpu
    return labels, times(timed, len(labels), seconds, cpu_seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--profile", default=None)
    parser.add_argument("--frames", type=int, default=None)
    parser.add_argument("--kind", choices=("enumeration", "interleaved"), default="enumeration")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    profile = load_profile(options.profile or ("small" if options.quick else "standin"))
    num_frames = options.frames or (100 if options.quick else 2000)
    result = run(profile, options.kind, num_frames, options.seed, is_quick=options.quick)
    report(result | {"profile": profile.name, "kind": options.kind}, options.out)


if __name__ == "__main__":
    main()
