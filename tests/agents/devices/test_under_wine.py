"""The real agent on Windows' own CPython under Wine: it drives the stand-in's window there, against a coordinator outside.

`make test-windows` assembles what this needs. It proves the code path and the protocol; not Windows' timers, compositor, DPI or
foreground rules.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.label_judge import Judge, Label
from coordinator.sweep import SweepSpec
from creator.profile import Profile
from protocol.character import Character
from standin.truth_log import TruthLog
from tests.agents.devices.conftest import ROOT, start_display
from tests.agents.devices.local_coordinator import AGENT, LocalCoordinator

WINE, WINESERVER = "/usr/lib/wine/wine64", "/usr/lib/wine/wineserver64"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lookalike"
WINDOWS = Path(os.environ.get("LOOKALIKE_WINE") or CACHE / "wine")
NUM_FRAMES = int(os.environ.get("LOOKALIKE_WINE_FRAMES", "300"))
_START_SECONDS, _LEARN_SECONDS, _CAPTURE_SECONDS = 240.0, 900.0, 1500.0
_GRAB_SECONDS = 0.05  # a grab of the whole window takes 8 ms when the machine is quiet
# Wine hands pictures to the X server, which on a crowded machine draws them when it gets to it: 64 ms seen.
_DISPLAY_SECONDS = 0.15

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(2700),
    pytest.mark.skipif(not (WINDOWS / ".ready").exists(), reason="no Windows here: make test-windows assembles it"),
]


class Wine:
    """Windows' Python in a prefix and on a display of its own. Standard streams are pipes: Python there dies on files."""

    def __init__(self, folder: Path, display: str) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "WINEPREFIX": str(WINDOWS / "prefix"),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=",
            "SDL_AUDIODRIVER": "dummy",  # or pygame waits for sound
            "DISPLAY": display,
            "PYTHONIOENCODING": "utf-8",
            "OMP_NUM_THREADS": "1",
        }
        self.environment.pop("PYTHONPATH", None)
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: object, log: str) -> subprocess.Popen[bytes]:
        command = [WINE, str(WINDOWS / "python" / "python.exe"), "-X", "utf8", *map(str, arguments)]
        process = subprocess.Popen(
            command,
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        with (self.folder / log).open("wb") as file:
            subprocess.Popen(["cat"], stdin=process.stdout, stdout=file)
        self.started.append(process)
        return process

    def lookalike(self, *arguments: object, log: str) -> subprocess.Popen[bytes]:
        return self.start("-m", "cli.main", *arguments, log=log)

    def run(self, *arguments: object, seconds: float) -> None:
        log = f"{arguments[0]}.log"
        code = self.lookalike(*arguments, log=log).wait(seconds)
        time.sleep(0.2)
        assert code == 0, (self.folder / log).read_text(errors="replace")[-3000:]

    def close(self) -> None:
        for process in self.started:
            process.terminate()
        subprocess.run([WINESERVER, "-k"], env=self.environment, check=False)
        for process in self.started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)


@pytest.fixture(scope="module")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wine]:
    folder = tmp_path_factory.mktemp("wine")
    server, display = start_display(folder)
    running = Wine(folder, display)
    yield running
    running.close()
    server.terminate()
    server.wait(10)


@pytest.fixture(scope="module")
def truth_log(wine: Wine, profile: Profile) -> Path:
    """The stand-in's window is open, and this is its log."""
    path = wine.folder / "truth.jsonl"
    creator = wine.lookalike(
        "standin", "--profile", profile.name, "--scale", 1, "--truth-log", path.name, log="standin.log"
    )
    end = time.monotonic() + _START_SECONDS
    while not path.exists():
        assert creator.poll() is None, (wine.folder / "standin.log").read_text(errors="replace")[-3000:]
        assert time.monotonic() < end, "the stand-in's window did not open"
        time.sleep(0.5)
    return path


def test_every_device_scenario_holds_on_windows(wine: Wine, truth_log: Path) -> None:
    script = wine.folder / "scenarios.py"
    script.write_text(SCENARIO_SCRIPT.format(tests=str(ROOT).replace("/", "\\")))
    code = wine.start(script.name, log="scenarios.log").wait(180)
    time.sleep(0.2)
    said = (wine.folder / "scenarios.log").read_text(errors="replace")

    assert code == 0, said[-3000:]
    assert said.count("holds") == 7


SCENARIO_SCRIPT = """
import importlib.machinery, importlib.util, sys, types
pytest = types.ModuleType("pytest")  # as much of it as the scenarios use
class Raises:
    def __init__(self, kind, match=""): self.kind = kind
    def __enter__(self): return self
    def __exit__(self, kind, *_): return kind is not None and issubclass(kind, self.kind)
pytest.raises = Raises
anything = lambda *a, **k: (lambda f: f)
pytest.mark = types.SimpleNamespace(parametrize=anything, skipif=anything)
sys.modules["pytest"] = pytest
for name in ("tests", "tests.agents", "tests.agents.conftest"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["tests.agents.conftest"].MakeDevice = object
pytest.MonkeyPatch = pytest.FixtureRequest = object
path = r"Z:{tests}\\tests\\agents\\devices\\test_every_device.py"
loader = importlib.machinery.SourceFileLoader("scenarios", path)
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("scenarios", loader))
sys.dont_write_bytecode = True
loader.exec_module(module)
from agents.windows_device import open_windows_device
from creator.profile_file import load_profile
profile = load_profile("small")
device = open_windows_device(profile.title)
for scenario in module.SCENARIOS:
    scenario(device, profile)
    print(scenario.__name__, "holds", flush=True)
device.close()
"""


def test_the_agent_captures_under_windows_and_every_label_is_true(
    wine: Wine, truth_log: Path, profile: Profile
) -> None:
    wine.run("calibrate", "--profile", profile.name, "--device", "windows", "--no-ranges", seconds=_LEARN_SECONDS)
    coordinator = LocalCoordinator(wine.folder, profile, sweep(NUM_FRAMES))
    (wine.folder / "agent.token").write_text(coordinator.token)
    started = time.monotonic()
    options = ["--name", AGENT, "--url", coordinator.url, "--profile", profile.name, "--device", "windows"]
    options += ["--calibration", f"{profile.name}.calibration", "--ends-when-finished"]
    wine.run("agent", *options, seconds=_CAPTURE_SECONDS)
    seconds = time.monotonic() - started
    coordinator.stop()

    assert coordinator.committed() == coordinator.planned()
    verdicts = judged(coordinator, truth_log)
    print(f"{len(verdicts)} frames in {seconds:.0f} s, {verdicts.count('doubtful')} doubtful")
    assert len(verdicts) == coordinator.planned().total() >= NUM_FRAMES
    assert verdicts.count("wrong") == 0


def sweep(num_frames: int) -> SweepSpec:
    """One slider a frame, over a small part of its range: five presses instead of 190, so that the time goes to frames. Nearly
    all slider sets are distinct nevertheless."""
    walk = {"kind": "interleaved", "sliders_per_step": 1, "range_share": 0.04}
    return SweepSpec.from_table(
        {"name": "windows", "num_frames": num_frames, "frames_per_shard": 30, "seed": 3, **walk}
    )


def judged(coordinator: LocalCoordinator, truth_log: Path) -> Sequence[str]:
    dataset, profile = coordinator.dataset, coordinator.profile
    judge = Judge(TruthLog.read(truth_log, profile), profile, display_seconds=_DISPLAY_SECONDS)
    columns = ("shard_id", "step", "captured_seconds", "gender", "face", "skin", "sliders")
    verdicts = []
    for row in dataset.frame_table(columns).to_pylist():
        character = Character(row["gender"], row["face"], row["skin"], tuple(row["sliders"]))
        image = dataset.frame_image(f"{row['shard_id']}:{row['step']}")
        verdicts.append(judge.verdict(Label(row["captured_seconds"], _GRAB_SECONDS, character, image)))
    return verdicts
