"""How many labels are wrong when everything goes wrong, closed loop beside open loop.

    python -m benchmarks.bench_integrity [--quick] [--profile NAME] [--frames N] [--seed S] [--out FILE]

Both drivers walk the same characters in the in-memory stand-in under the same faults: dropped presses 2 %, doubled 1 %, long
loads 1 %, pop-ups, focus losses, freezes, black and torn frames every 300 game frames on average each. A label is wrong when it
differs from the truth of the very game frame in the picture, or when that picture is not a settled, uncovered, whole face. The
last line is one JSON object.
"""

import argparse
import json
import platform
import random
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from agents.calibrate import calibrate
from agents.calibration import Calibration
from agents.capture import capture_shard
from agents.driver import Driver, menu_order, settings_of, shortest_steps
from agents.readout import Value
from creator.couplings import move_slider
from creator.menu import Cursor, Menu
from creator.profile import Profile
from creator.profile_file import load_profile
from protocol.character import Character
from protocol.device import Device
from protocol.shard import Shard
from standin.faults import Faults
from standin.game import Game
from standin.memory_device import MemoryDevice
from standin.screen import Screen
from standin.truth_log import TruthLog

FAULTS = "dropped_press=0.02,doubled_press=0.01,long_load=0.01,popup=0.2,focus_loss=0.2,freeze=0.2,black_frame=0.2,torn_frame=0.2"
_SHARD_FRAMES = 100
_OPEN_LOOP_FRAMES = 200  # more only repeats the picture: after the first lost press nearly every label is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the last line says. Times are of this machine, shared with whatever else runs on it."""

    profile: str
    frames: int
    wrong_labels: int
    open_loop_frames: int
    open_loop_wrong_labels: int
    retakes: int
    voided_frames: int
    faults: str
    cpu_seconds: float
    game_seconds: float
    python: str
    command: str


def walk(profile: Profile, num_frames: int, seed: int) -> list[Character]:
    """Every frame moves two sliders and one choice; a fresh character, gender included, every hundred."""
    generator = random.Random(seed)
    character = drawn(profile, generator)
    characters = []
    for at in range(num_frames):
        sliders = list(character.sliders)
        for index in generator.sample(range(len(sliders)), 2):
            row = profile.sliders[index]
            sliders[index] = generator.randint(int(row.minimum), int(row.maximum))
        role, gender = ("face", "skin")[at % 2], character.gender
        ids = profile.ids(role, gender)
        here = ids.index(getattr(character, role))
        choices = {"face": character.face, "skin": character.skin, role: ids[(here + 1) % len(ids)]}
        character = Character(gender, choices["face"], choices["skin"], tuple(sliders))
        if at % _SHARD_FRAMES == _SHARD_FRAMES - 1:
            character = drawn(profile, generator)
        characters.append(character)
    return characters


def drawn(profile: Profile, generator: random.Random) -> Character:
    gender = generator.choice(profile.genders)
    face, skin = (generator.choice(profile.ids(role, gender)) for role in ("face", "skin"))
    return Character(
        gender, face, skin, tuple(generator.randint(int(row.minimum), int(row.maximum)) for row in profile.sliders)
    )


def shard_of(profile: Profile, name: str, index: int, characters: Sequence[Character]) -> Shard:
    return Shard(name, index, profile.hash, tuple(characters), tuple(range(len(characters))))


def learn(profile: Profile) -> Calibration:
    return calibrate(open_creator(profile, "", 0), profile, checks_ranges=False).calibration


def open_creator(profile: Profile, faults: str, seed: int, truth_log: Path | None = None) -> MemoryDevice:
    game = Game(profile, faults=Faults.parse(faults), seed=seed)
    return MemoryDevice(game, Screen.with_head(profile), truth_log=truth_log)


def count_wrong(log: Path, profile: Profile, taken: Iterable[tuple[float, Character]]) -> int:
    truth = TruthLog.read(log, profile)
    shown = ((truth.at(seconds), label) for seconds, label in taken)
    return sum(not seen.is_settled or seen.character != label for seen, label in shown)


class OpenLoopDriver:
    """Presses the difference, waits for what should be done by then, and believes itself."""

    def __init__(self, device: Device, profile: Profile, start: Character) -> None:
        self._device = device
        self._profile = profile
        self._menu = Menu(profile)
        self._cursor = Cursor()
        self._values = settings_of(profile, start)
        self._gender = start.gender

    def capture(self, target: Character) -> tuple[float, Character]:
        if target.gender != self._gender:
            self._set(self._profile.roles["gender"].name, target.gender)
            self._gender, sliders = target.gender, self._profile.sliders
            defaults = {row.name: int(row.defaults[target.gender]) for row in sliders}
            for row in (self._profile.roles[role] for role in ("face", "skin")):
                defaults[row.name] = int(row.defaults[target.gender])
            self._values |= defaults
        for name in menu_order(self._profile):
            if self._values[name] != settings_of(self._profile, target)[name]:
                self._set(name, settings_of(self._profile, target)[name])
        self._wait(self._profile.timing.load_frames[1] + 2)
        return self._device.grab().seconds, target

    def _set(self, name: str, goal: Value) -> None:
        row, timing = self._profile.rows[name], self._profile.timing
        place = self._menu.find(name)
        for action in self._menu.path(self._cursor, place):
            self._tap(action, timing.page_frames if "page" in action else timing.section_frames)
        self._cursor = place
        if row.kind == "slider":
            values = {name: float(value) for name, value in self._values.items() if name in self._profile.slider_index}
            steps = round((float(goal) - values[name]) / row.step)
            move_slider(self._profile, values, name, float(goal) - values[name])
            self._values |= {name: int(value) for name, value in values.items()}
        else:
            ids: list[Value] = list(self._profile.genders) if row.role == "gender" else list(row.ids[self._gender])
            steps = shortest_steps(ids.index(self._values[name]), ids.index(goal), len(ids), wraps=timing.lists_wrap)
        pause = {"gender": timing.gender_frames[1], "face": timing.load_frames[1], "skin": timing.load_frames[1]}
        for _ in range(abs(steps)):
            self._tap("increase" if steps > 0 else "decrease", pause.get(row.role, 0))
        self._values[name] = goal

    def _tap(self, action: str, pause_frames: int) -> None:
        key = getattr(self._profile.keys, action)
        self._device.key_down(key)
        self._wait(self._profile.timing.hold_frames)
        self._device.key_up(key)
        self._wait(self._profile.timing.gap_frames + pause_frames)

    def _wait(self, frames: int) -> None:
        self._device.wait(frames / self._profile.timing.frames_per_second)


def closed_loop(
    profile: Profile, calibration: Calibration, num_frames: int, seed: int, log: Path
) -> tuple[int, int, Driver]:
    """Frames, wrong ones, and the driver with its counters."""
    device = open_creator(profile, FAULTS, seed, log)
    driver = Driver(device, profile, calibration)
    characters = walk(profile, num_frames, seed)
    taken: list[tuple[float, Character]] = []
    for start in range(0, num_frames, _SHARD_FRAMES):
        shard = shard_of(profile, "integrity", start, characters[start : start + _SHARD_FRAMES])
        frames = capture_shard(driver, shard, agent="bench", attempt=1)
        taken += [(frame.record.captured_seconds, frame.record.character) for frame in frames]
    device.close()
    return len(taken), count_wrong(log, profile, taken), driver


def open_loop(profile: Profile, num_frames: int, seed: int, log: Path) -> int:
    """Wrong labels."""
    device = open_creator(profile, FAULTS, seed, log)
    gender = profile.genders[0]
    start = Character(
        gender,
        int(profile.roles["face"].defaults[gender]),
        int(profile.roles["skin"].defaults[gender]),
        tuple(int(row.defaults[gender]) for row in profile.sliders),
    )
    driver = OpenLoopDriver(device, profile, start)
    taken = [driver.capture(character) for character in walk(profile, num_frames, seed)]
    device.close()
    return count_wrong(log, profile, taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--profile", default=None)
    parser.add_argument("--frames", type=int, default=None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    profile = load_profile(options.profile or ("small" if options.quick else "standin"))
    num_frames = options.frames or (200 if options.quick else 100_000)
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        calibration = learn(profile)
        frames, wrong, driver = closed_loop(
            profile, calibration, num_frames, options.seed, Path(folder) / "closed.jsonl"
        )
        num_open = min(num_frames, _OPEN_LOOP_FRAMES)
        open_wrong = open_loop(profile, num_open, options.seed, Path(folder) / "open.jsonl")
    result = Result(
        profile=profile.name,
        frames=frames,
        wrong_labels=wrong,
        open_loop_frames=num_open,
        open_loop_wrong_labels=open_wrong,
        retakes=driver.counters.retakes,
        voided_frames=driver.counters.voided_frames,
        faults=FAULTS,
        cpu_seconds=round(time.process_time() - started, 1),
        game_seconds=round(driver.console.device.now(), 1),
        python=platform.python_version(),
        command=f"bench_integrity --profile {profile.name} --frames {num_frames} --seed {options.seed}",
    )
    line = json.dumps(asdict(result))
    if options.out:
        options.out.write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
