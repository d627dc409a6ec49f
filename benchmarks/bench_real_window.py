"""Frames a second and wrong labels on a real window: keys through X11, pixels off the screen, real time.

    python -m benchmarks.bench_real_window [--quick] [--profile NAME] [--frames N] [--kind KIND] [--slack-frames N] [--seed S]
        [--out FILE]

Opens the stand-in's window on an Xvfb of its own, learns it, and captures shards of an `enumeration` (face types in a row, skin
after skin) or of an `interleaved` walk. A label is wrong when none of the game frames that the picture can show (from one before
the grab to the end of the grab) is settled and has its settings; it is `doubtful` when some have and some have not. With --quick
the templates are learned in memory and only pace and rest in the window. The last line is one JSON object; its `share_of_time`
says where the agent's time went, `pace_frames` how it pressed. An enumeration begins where the
creator starts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from agents.calibrate import calibrate
from agents.calibration import Calibration
from agents.capture import capture_shard
from agents.driver import Driver
from agents.measure import measure_rest, measure_taps
from agents.window_device import WindowDevice
from agents.x11_device import open_x11_device
from benchmarks.workloads import characters_of, learn, shard_of
from creator.profile import Profile
from creator.profile_file import load_profile
from protocol.character import Character
from protocol.device import Device, Picture, Region, WindowInfo
from protocol.errors import WindowError
from standin.truth_log import Truth, TruthLog, TruthReader

_START_SECONDS = 120.0
_SHARD_FRAMES = 100
_FRAME_SECONDS = 1 / 60


class TimedDevice:
    """Passes everything on and adds up how long it took."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.reset()

    def reset(self) -> None:
        self.seconds = {"keys": 0.0, "grabs": 0.0, "waits": 0.0}
        self.longest_grab_seconds = 0.0

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] += time.perf_counter() - started

    def key_down(self, key: str) -> None:
        with self._timed("keys"):
            self._device.key_down(key)

    def key_up(self, key: str) -> None:
        with self._timed("keys"):
            self._device.key_up(key)

    def grab(self, region: Region | None = None) -> Picture:
        started = time.perf_counter()
        with self._timed("grabs"):
            picture = self._device.grab(region)
        self.longest_grab_seconds = max(self.longest_grab_seconds, time.perf_counter() - started)
        return picture

    def wait(self, seconds: float) -> None:
        with self._timed("waits"):
            self._device.wait(seconds)

    def now(self) -> float:
        return self._device.now()

    def window(self) -> WindowInfo:
        with self._timed("keys"):
            return self._device.window()

    def focus(self) -> None:
        with self._timed("keys"):
            self._device.focus()

    def close(self) -> None:
        self._device.close()


@contextmanager
def open_window(profile: Profile, truth_log: Path) -> Iterator[WindowDevice]:
    """An Xvfb, the stand-in on it, and a device."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as pipe:
        display = f":{pipe.readline().strip()}"
    environment = {**os.environ, "DISPLAY": display, "SDL_VIDEODRIVER": "x11"}
    command = [sys.executable, "-m", "cli.main", "standin", "--profile", profile.name, "--scale", "1"]
    command += ["--truth-log", str(truth_log)]
    creator = subprocess.Popen(command, env=environment)
    try:
        device = _opened(profile, truth_log, display, creator)
        try:
            yield device
        finally:
            device.close()
    finally:
        for process in (creator, server):
            process.terminate()
            process.wait(20)


def _opened(profile: Profile, truth_log: Path, display: str, creator: subprocess.Popen[bytes]) -> WindowDevice:
    """The log begins with the game, when the first face is there."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and creator.poll() is None:
        with suppress(WindowError):
            if truth_log.exists():
                return open_x11_device(profile.title, display_name=display)
        time.sleep(0.2)
    raise WindowError(f"The stand-in's window did not open within {_START_SECONDS:.0f} s")


def learn_window(device: Device, profile: Profile, *, is_quick: bool) -> Calibration:
    if not is_quick:
        return calibrate(device, profile, checks_ranges=False).calibration
    return measure_rest(device, profile, measure_taps(device, profile, learn(profile)))


def judge(log: TruthReader, seconds: float, label: Character, grab_seconds: float) -> str:
    """'right', 'doubtful' or 'wrong'."""
    shown = list(log.between(seconds - _FRAME_SECONDS, seconds + grab_seconds))
    right = [truth.is_settled and truth.character == label for truth in shown]
    return "right" if all(right) else "doubtful" if any(right) else "wrong"


def trouble(truth: Truth, label: Character) -> str:
    """What is wrong with a label at one game frame, the worst first."""
    if truth.character != label:
        return "other settings"
    if truth.is_settled:
        return "none"
    kinds = {
        "late": truth.is_late,
        "loading": truth.is_loading,
        "blinking": truth.is_blinking,
        "moved": any(truth.moved_pixels),
        "pop-up": truth.popup is not None,
    }
    return next((kind for kind, is_so in kinds.items() if is_so), "black or torn")


def enumerated(profile: Profile, one: Character, num_frames: int) -> list[Character]:
    """Face types in menu order from the one that is set, skin after skin; no slider moves."""
    skins, faces = (_rotated(profile.ids(role, one.gender), getattr(one, role)) for role in ("skin", "face"))
    pairs = [(face, skin) for skin in skins for face in faces]
    return [Character(one.gender, face, skin, one.sliders) for face, skin in (pairs * num_frames)[:num_frames]]


def characters_for(kind: str, driver: Driver, num_frames: int, seed: int) -> list[Character]:
    if kind == "enumeration":
        return enumerated(driver.profile, driver.read_all(), num_frames)
    return characters_of(kind, driver.profile, num_frames, seed)


def _rotated(ids: Sequence[int], first: int) -> Sequence[int]:
    at = ids.index(first)
    return [*ids[at:], *ids[:at]]


def capture(driver: Driver, profile: Profile, characters: Sequence[Character]) -> list[tuple[float, Character]]:
    taken: list[tuple[float, Character]] = []
    for start in range(1, len(characters), _SHARD_FRAMES):
        shard = shard_of(profile, "window", start, characters[start : start + _SHARD_FRAMES])
        frames = capture_shard(driver, shard, agent="bench", attempt=1)
        taken += [(frame.record.captured_seconds, frame.record.character) for frame in frames]
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--profile", default=None)
    parser.add_argument("--frames", type=int, default=None)
    parser.add_argument("--kind", choices=("enumeration", "interleaved"), default="enumeration")
    parser.add_argument("--slack-frames", type=int, default=0, help="added to the learned hold, gap and show")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    profile = load_profile(options.profile or ("small" if options.quick else "standin"))
    num_frames = options.frames or (100 if options.quick else 2000)
    with tempfile.TemporaryDirectory() as folder:
        truth_log = Path(folder) / "truth.jsonl"
        with open_window(profile, truth_log) as device:
            started = time.perf_counter()
            calibration = learn_window(device, profile, is_quick=options.quick)
            calibration_seconds = time.perf_counter() - started
            slack = {
                name: getattr(calibration.timing, name) + options.slack_frames
                for name in ("hold_frames", "gap_frames", "show_frames")
            }
            timed = TimedDevice(device)
            driver = Driver(timed, profile, calibration.timed(**slack))
            characters = characters_for(options.kind, driver, num_frames + 1, options.seed)
            driver.set_character(characters[0])
            timed.reset()
            started, started_cpu = time.perf_counter(), time.process_time()
            taken = capture(driver, profile, characters)
            seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - started_cpu
        log = TruthLog.read(truth_log, profile)
    verdicts = [judge(log, at, label, timed.longest_grab_seconds) for at, label in taken]
    troubles = Counter(
        trouble(log.at(at), label) for (at, label), verdict in zip(taken, verdicts, strict=True) if verdict == "wrong"
    )
    shares = {what: round(spent / seconds, 3) for what, spent in timed.seconds.items()}
    result = {
        "kind": options.kind,
        "frames": len(taken),
        "frames_per_second": round(len(taken) / seconds, 2),
        "wrong_labels": verdicts.count("wrong"),
        "troubles_at_the_grab": dict(troubles),
        "doubtful_labels": verdicts.count("doubtful"),
        "retakes": driver.counters.retakes,
        "voided_frames": driver.counters.voided_frames,
        "share_of_time": shares | {"thinking": round(1 - sum(shares.values()), 3)},
        "agent_cpu_milliseconds_per_frame": round(cpu_seconds / max(len(taken), 1) * 1000, 1),
        "longest_grab_milliseconds": round(timed.longest_grab_seconds * 1000, 1),
        "calibration_seconds": round(calibration_seconds, 1),
        "pace_frames": slack,
        "load_average": round(os.getloadavg()[0], 1),
        "profile": profile.name,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "command": f"bench_real_window {'--quick ' if options.quick else ''}--profile {profile.name} --frames {num_frames} "
        f"--kind {options.kind} --slack-frames {options.slack_frames} --seed {options.seed}",
    }
    line = json.dumps(result)
    if options.out:
        options.out.write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
