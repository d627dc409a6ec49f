"""Whether the stand-in's window keeps its pace and hears every key while characters change.

    python -m benchmarks.bench_window [--quick] [--profile NAME] [--scale S] [--out FILE]

A window on an Xvfb of its own, with the real head, gets real key events (XTEST) at 20 a second: first a slider is pressed up and
down, so that every press is a new face, then face types are changed one after another. `keys_lost` and `keys_doubled` compare the
truth log with what was pressed. `p99_frame_ms` is from one picture to the next over the whole run. `memory_frames_per_second` is
the game in memory, pressed every other frame, when nobody grabs. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.real_keys import RealKeys, own_display
from benchmarks.report import report
from creator.menu import Cursor, Menu
from creator.profile import Profile, Row
from creator.profile_file import load_profile
from standin.game import Game
from standin.looks import Looks
from standin.truth_log import TruthLog

_NAVIGATION_SECONDS = 0.4  # longer than any animation
_LOAD_SECONDS = 0.25  # between two face types: most loads are over
_START_SECONDS = 120.0  # the head may have to be compiled
_LONGEST_SECONDS = 900.0


def _play(profile: Profile, scale: float, truth_log: Path, report: Connection) -> None:
    from standin.window import run_window  # here, so that only the window's process loads SDL and the head

    played = run_window(profile, looks=Looks(scale=scale), truth_log=truth_log, max_seconds=_LONGEST_SECONDS)
    report.send(asdict(played))


class Player:
    """Presses real keys and knows its way without looking."""

    def __init__(self, profile: Profile, keys: RealKeys) -> None:
        self._profile, self._keys = profile, keys
        self._cursor = Cursor()

    def go_to(self, row: Row) -> None:
        menu = Menu(self._profile)
        goal = menu.find(row.name)
        for action in menu.path(self._cursor, goal):
            self._keys.tap(getattr(self._profile.keys, action))
            time.sleep(_NAVIGATION_SECONDS)
        self._cursor = goal

    def slide(self, row: Row, num_presses: int) -> list[float]:
        """Up and down from the default; the values that this must give."""
        value, step, values = row.defaults[self._profile.genders[0]], row.step, []
        for _ in range(num_presses):
            if not row.minimum <= value + step <= row.maximum:
                step = -step
            value += step
            values.append(value)
            self._keys.tap(self._profile.keys.increase if step > 0 else self._profile.keys.decrease)
        return values

    def change_faces(self, num_presses: int) -> None:
        for _ in range(num_presses):
            self._keys.tap(self._profile.keys.increase, up_seconds=_LOAD_SECONDS)


def measure_window(profile: Profile, *, scale: float, num_presses: int, num_faces: int) -> dict[str, Any]:
    with own_display() as name, tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DISPLAY": name, "SDL_VIDEODRIVER": "x11"}
        log = Path(folder) / "truth.jsonl"
        receiving, sending = get_context("spawn").Pipe(duplex=False)
        window = get_context("spawn").Process(target=_play, args=(profile, scale, log, sending))
        window.start()
        keys = _connected(profile.title, name, log)
        player = Player(profile, keys)
        row = max(profile.sliders, key=lambda row: row.maximum - row.minimum)
        player.go_to(row)
        started = time.monotonic()
        wanted = player.slide(row, num_presses)
        rate = num_presses / (time.monotonic() - started)
        player.go_to(profile.roles["face"])
        player.change_faces(num_faces)
        keys.close_window()
        report = receiving.recv() if receiving.poll(30) else sys.exit("The window did not close")
        window.join()
        keys.disconnect()
        shown, late = _shown(log, profile, row)
    return _figures(report, wanted, shown) | {"keys_per_second": round(rate, 1), "late_face_share": late}


def _connected(title: str, display: str, log: Path) -> RealKeys:
    """Once the game has begun, which is when its truth log is there."""
    end = time.monotonic() + _START_SECONDS
    while not log.exists():
        if time.monotonic() > end:
            sys.exit(f"The game has not begun within {_START_SECONDS:g} seconds")
        time.sleep(0.1)
    return RealKeys(title, display, seconds=10)


def _shown(log: Path, profile: Profile, row: Row) -> tuple[list[float], float]:
    """Every value of the slider that the truth log has, and for which share of the time an older face was shown."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    values = [line["values"][row.name] for line in lines[1:] if row.name in line.get("values", {})]
    truths = list(TruthLog.read(log, profile).between(0.0, time.monotonic()))
    late = sum(
        (after["seconds"] - line["seconds"]) * truth.is_late
        for line, after, truth in zip(lines, lines[1:], truths, strict=False)
    )
    return values, round(late / max(1e-9, lines[-1]["seconds"] - lines[0]["seconds"]), 4)


def _figures(report: dict[str, Any], wanted: list[float], shown: list[float]) -> dict[str, Any]:
    return {
        "fps": round(report["num_frames"] / report["seconds"], 2),
        "p99_frame_ms": round(report["p99_frame_seconds"] * 1e3, 2),
        "seconds": round(report["seconds"], 1),
        "keys_pressed": len(wanted),
        "keys_lost": max(0, len(wanted) - len(shown)),
        "keys_doubled": max(0, len(shown) - len(wanted)),
        "is_sequence_right": wanted == shown,
    }


def memory_frames_per_second(profile: Profile, num_frames: int = 200_000) -> float:
    """Frames of game time a second of processor time; a key goes down or up at every frame, faces load now and then."""
    game, keys = Game(profile), profile.keys
    started = time.process_time()
    for at in range(num_frames // 2):
        key = (keys.increase, keys.next_row, keys.increase, keys.decrease, keys.enter)[at % 5]
        game.key_down(key)
        game.advance(1)
        game.key_up(key)
        game.advance(1)
    return num_frames / (time.process_time() - started)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="400 presses instead of 2,000, under a minute")
    parser.add_argument("--profile", default="standin")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--out", type=Path, help="also write the JSON object here")
    options = parser.parse_args(arguments)
    profile = load_profile(options.profile)
    num_presses, num_faces = (400, 40) if options.quick else (2000, 120)
    figures = measure_window(profile, scale=options.scale, num_presses=num_presses, num_faces=num_faces)
    memory = {"memory_frames_per_second": round(memory_frames_per_second(profile))}
    report({"profile": options.profile, "scale": options.scale, **figures, **memory}, options.out, ("pygame-ce",))


if __name__ == "__main__":
    main()
