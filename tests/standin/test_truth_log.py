import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standin_player import CALM, FlatPainter, go_to, tap

from creator.profile_file import load_profile
from standin.errors import TruthLogError
from standin.faults import Faults
from standin.game import Game
from standin.memory_device import MemoryDevice
from standin.rules import Rules
from standin.screen import Screen
from standin.truth_log import TruthLog

SMALL = load_profile("small")
FAULTS = Faults(popup=0.05, freeze=0.05, black_frame=0.3, torn_frame=0.3, focus_loss=0.05, window_move=0.05)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_the_log_tells_what_every_grab_showed(tmp_path: Path, seed: int) -> None:
    game = Game(SMALL, seed=seed, faults=FAULTS)
    device = MemoryDevice(game, Screen(SMALL, FlatPainter()), truth_log=tmp_path / "truth.jsonl")
    generator = random.Random(seed)
    shown = []
    for _ in range(300):
        key = generator.choice(["s", "s", "d", "d", "a", "space", "esc", "e", "enter"])
        device.key_down(key)
        device.wait(generator.randint(1, 4) / 60)
        device.key_up(key)
        device.wait(generator.randint(1, 30) / 60)
        shown.append((device.now(), game.view()))
        if generator.random() < 0.05:
            device.focus()
    device.close()

    log = TruthLog.read(tmp_path / "truth.jsonl")
    for seconds, view in shown:
        truth, state = log.at(seconds), view.state
        assert truth.character == game.settings.character(state.values)
        assert truth.values == state.values
        load = None if state.load is None else "old" if view.tick < state.load.half else "half"
        assert truth.load == load
        assert truth.is_blinking == state.is_blinking == (view.pose.eyelid_closure > 0)
        assert (truth.is_black, truth.is_torn) == (state.is_black, state.tear is not None)
        assert truth.popup == state.popup
        assert truth.is_animating == (state.animation is not None)
        assert truth.page == SMALL.pages[state.cursor.page].name
        assert (truth.row is None) == (state.cursor.row is None)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_a_log_of_what_was_seen_agrees_with_the_full_log_at_every_grab(tmp_path: Path, seed: int) -> None:
    paths = {only_seen: tmp_path / f"{only_seen}.jsonl" for only_seen in (False, True)}
    grabs = {only_seen: _grabs(path, seed, only_seen) for only_seen, path in paths.items()}
    assert grabs[True] == grabs[False]
    full, seen = (TruthLog.read(paths[only_seen]) for only_seen in (False, True))
    for seconds in grabs[True]:
        there, here = full.at(seconds), seen.at(seconds)
        assert (here.values, here.row, here.load, here.popup) == (there.values, there.row, there.load, there.popup)
        assert here.is_settled == there.is_settled
    assert len(seen) <= len(full)


def _grabs(path: Path, seed: int, only_seen: bool) -> list[float]:
    """When a random walk grabbed pictures."""
    game = Game(SMALL, seed=seed, faults=FAULTS)
    device = MemoryDevice(game, Screen(SMALL, FlatPainter()), truth_log=path, logs_only_seen=only_seen)
    generator, times = random.Random(seed), []
    for _ in range(200):
        key = generator.choice(["s", "s", "d", "d", "a", "space", "esc", "e", "enter"])
        device.key_down(key)
        device.wait(generator.randint(1, 3) / 60)
        device.key_up(key)
        device.wait(generator.randint(1, 10) / 60)
        if generator.random() < 0.4:
            times.append(device.grab(SMALL.screen.list).seconds)
    device.close()
    return times


def test_a_settled_moment_is_told_from_a_loading_or_blinking_one(tmp_path: Path) -> None:
    game = Game(SMALL, seed=2)
    device = MemoryDevice(game, Screen(SMALL, FlatPainter()), truth_log=tmp_path / "truth.jsonl")
    go_to(game, "base_head")
    start = device.now()
    tap(game, "d", wait_frames=400)
    device.close()
    log = TruthLog.read(tmp_path / "truth.jsonl")
    frames = [log.at(start + at / 60) for at in range(400)]
    assert frames[0].is_settled
    assert frames[2].is_loading
    assert not frames[2].is_settled
    assert frames[0].character.face == 20
    assert frames[2].character.face == 21
    unsettled = [truth for truth in frames if not truth.is_settled]
    assert {truth.is_loading or truth.is_blinking for truth in unsettled} == {True}
    assert sum(truth.is_blinking for truth in frames) in range(9, 19)


def test_between_two_times_every_truth_is_given_once(tmp_path: Path) -> None:
    game = Game(SMALL, seed=2)
    device = MemoryDevice(game, Screen(SMALL, FlatPainter()), truth_log=tmp_path / "truth.jsonl")
    go_to(game, "wrinkles")
    start = device.now()
    for _ in range(5):
        tap(game, "d")
    device.close()
    log = TruthLog.read(tmp_path / "truth.jsonl")
    wrinkles = [truth.values["wrinkles"] for truth in log.between(start, device.now() + 1) if not truth.is_blinking]
    assert sorted(set(wrinkles)) == [50, 51, 52, 53, 54, 55]


def test_lines_are_written_for_changes_not_for_frames(tmp_path: Path) -> None:
    game = Game(SMALL)
    device = MemoryDevice(game, Screen(SMALL, FlatPainter()), truth_log=tmp_path / "truth.jsonl")
    device.wait(3600)
    device.close()
    assert len(TruthLog.read(tmp_path / "truth.jsonl")) < 2000


def test_a_log_is_readable_while_it_is_written_and_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    game = Game(SMALL)
    device = MemoryDevice(game, Screen(SMALL, FlatPainter()), truth_log=path)
    go_to(game, "wrinkles")
    tap(game, "d")
    assert TruthLog.read(path).at(device.now()).values["wrinkles"] == 51
    whole = path.read_text()
    path.write_text(whole[:-10])
    assert TruthLog.read(path).at(device.now()).row is not None


def test_what_is_no_truth_log_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    with pytest.raises(TruthLogError, match="cannot be read"):
        TruthLog.read(path)
    path.write_text('{"a": 1}\n')
    with pytest.raises(TruthLogError, match="no truth log"):
        TruthLog.read(path)
    path.write_text('{"profile": "small"\n{}\n')
    with pytest.raises(TruthLogError, match="damaged"):
        TruthLog.read(path)
    path.write_text(json.dumps({"profile": "small", "profile_hash": "other", "seed": 0, "seconds": 0}) + "\n")
    with pytest.raises(TruthLogError, match="another"):
        TruthLog.read(path)


def test_a_time_before_the_log_is_refused(tmp_path: Path) -> None:
    game = Game(SMALL)
    game.advance(60)
    MemoryDevice(game, Screen(SMALL, FlatPainter()), truth_log=tmp_path / "truth.jsonl").close()
    with pytest.raises(TruthLogError, match="before"):
        TruthLog.read(tmp_path / "truth.jsonl").at(0.5)


def test_a_torn_picture_is_unsettled_only_where_its_parts_differ(tmp_path: Path) -> None:
    game = Game(SMALL, rules=Rules.of(SMALL, **CALM), faults=Faults(torn_frame=10.0), seed=1)
    device = MemoryDevice(game, Screen(SMALL, FlatPainter()), truth_log=tmp_path / "truth.jsonl")
    go_to(game, "wrinkles")
    views = []
    for at in range(400):
        (device.key_up if at % 2 else device.key_down)("da"[at // 2 % 2])
        if at >= 200:
            device.wait(5 / 60)
        device.wait(1 / 60)
        views.append((device.now(), game.view()))
    device.close()
    log = TruthLog.read(tmp_path / "truth.jsonl")
    torn = [(log.at(seconds), view) for seconds, view in views if view.before is not None]
    for truth, view in torn:
        assert view.before is not None
        assert truth.is_torn
        assert truth.is_settled == (view.before.state.values == view.state.values)
    assert {truth.is_settled for truth, _ in torn} == {True, False}


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_nobody_but_the_owner_may_read_a_log(tmp_path: Path) -> None:
    MemoryDevice(Game(SMALL), Screen(SMALL, FlatPainter()), truth_log=tmp_path / "truth.jsonl").close()
    assert (tmp_path / "truth.jsonl").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such rights")
def test_a_file_that_others_could_read_becomes_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    path.write_text("something older\n")
    path.chmod(0o644)
    TruthLog.record(Game(SMALL), path).close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(TruthLog.read(path)) == 1


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such file")
def test_a_device_keeps_its_rights() -> None:
    before = Path(os.devnull).stat().st_mode
    TruthLog.record(Game(SMALL), os.devnull).close()
    assert Path(os.devnull).stat().st_mode == before


@pytest.mark.parametrize("name", ["missing/truth.jsonl", "."])
def test_a_place_where_no_log_can_be_is_told_before_anything_is_made(tmp_path: Path, name: str) -> None:
    for begin in (TruthLog.check, lambda path: TruthLog.record(Game(SMALL), path)):
        with pytest.raises(TruthLogError, match="cannot be written"):
            begin(tmp_path / name)
    TruthLog.check(tmp_path / "truth.jsonl")
    assert not any(tmp_path.iterdir())
