import time
from collections.abc import Callable, Collection
from pathlib import Path

import pytest
from standin_player import FlatPainter

from creator.profile_file import load_profile
from protocol.device import Region
from standin.display import check_fits
from standin.errors import DisplayError
from standin.face_layer import Pixels
from standin.faults import Faults
from standin.screen import Screen
from standin.state import View
from standin.truth_log import TruthLog
from standin.window import run_window

SMALL = load_profile("small")


@pytest.fixture(autouse=True)
def _no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


def hands(*keys: str) -> Callable[[], Collection[str]]:
    """Presses the keys one after another: 3 frames down, 17 up."""
    frames = [(key,) if at < 3 else () for key in keys for at in range(20)]
    polls = iter(frames)
    return lambda: next(polls, ())


def test_a_window_plays_the_game_in_real_time_and_logs_on_the_monotonic_clock(tmp_path: Path) -> None:
    started = time.monotonic()
    report = run_window(
        SMALL,
        screen=Screen(SMALL, FlatPainter()),
        pressed=hands("e", "s", "space", "s", "s", "d"),
        truth_log=tmp_path / "truth.jsonl",
        max_seconds=2.5,
    )
    assert report.num_frames >= 120
    assert not report.is_crashed
    truth = TruthLog.read(tmp_path / "truth.jsonl").at(time.monotonic())
    assert (truth.page, truth.section, truth.row) == ("head", "skin", "wrinkles")
    assert truth.values["wrinkles"] == 51
    first = TruthLog.read(tmp_path / "truth.jsonl").at(started + 1.0)
    assert first.page == "head"


def test_a_face_that_is_not_rendered_yet_is_logged_as_late(tmp_path: Path) -> None:
    class SlowPainter(FlatPainter):
        def render(self, **arguments: object) -> object:  # type: ignore[override]
            time.sleep(0.15)
            return super().render(**arguments)  # type: ignore[arg-type]

    run_window(
        SMALL,
        screen=Screen(SMALL, SlowPainter()),
        pressed=hands("e", "s", "space", "s", "s", "d"),
        truth_log=tmp_path / "truth.jsonl",
        max_seconds=2.5,
    )
    log = TruthLog.read(tmp_path / "truth.jsonl")
    changed = [truth for truth in log.between(0, time.monotonic()) if truth.values["wrinkles"] == 51]
    assert any(truth.is_late and not truth.is_settled for truth in changed)


def test_a_change_is_logged_when_it_is_shown_however_late_that_is(tmp_path: Path) -> None:
    drawn_seconds: dict[float, float] = {}

    class SlowScreen(Screen):
        def draw(self, view: View, region: Region | None = None, *, face: Pixels | None = None) -> Pixels:
            time.sleep(0.1)
            pixels = super().draw(view, region, face=face)
            drawn_seconds.setdefault(view.state.values["wrinkles"], time.perf_counter())
            return pixels

    run_window(
        SMALL,
        screen=SlowScreen(SMALL, FlatPainter()),
        pressed=hands("e", "s", "space", "s", "s", "d"),
        truth_log=tmp_path / "truth.jsonl",
        max_seconds=9,
    )

    assert 51 in drawn_seconds
    log = TruthLog.read(tmp_path / "truth.jsonl")
    assert log.at(drawn_seconds[51]).values["wrinkles"] == 50
    assert log.at(drawn_seconds[51] + 1).values["wrinkles"] == 51


def test_a_crash_ends_the_window() -> None:
    report = run_window(
        SMALL, screen=Screen(SMALL, FlatPainter()), faults=Faults(crash=10.0), pressed=hands(), max_seconds=20
    )
    assert report.is_crashed
    assert report.seconds < 10


def test_without_a_display_no_window_is_played_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DisplayError, match="set DISPLAY or WAYLAND_DISPLAY, or SDL_VIDEODRIVER=dummy"):
        run_window(SMALL, screen=Screen(SMALL, FlatPainter()), pressed=hands(), max_seconds=5)


def test_a_display_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "x11")
    monkeypatch.setenv("DISPLAY", ":7777")
    with pytest.raises(DisplayError, match="Check DISPLAY"):
        run_window(SMALL, screen=Screen(SMALL, FlatPainter()), pressed=hands(), max_seconds=5)


def test_a_window_larger_than_every_display_is_refused_with_the_largest_that_fits() -> None:
    size = Region(0, 0, 640, 360)
    with pytest.raises(DisplayError, match=r"2560 x 1440 is larger .*1024 x 768.* fits is 2.13"):
        check_fits(size, 4.0, [(1024, 768), (1366, 768)])
    check_fits(size, 2.13, [(1024, 768), (1366, 768)])


def test_what_rendering_raises_ends_the_window_with_it() -> None:
    class BrokenPainter(FlatPainter):
        def render(self, **_: object) -> object:  # type: ignore[override]
            raise RuntimeError("no paint")

    with pytest.raises(RuntimeError, match="no paint"):
        run_window(SMALL, screen=Screen(SMALL, BrokenPainter()), pressed=hands(), max_seconds=5)
