from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from standin_player import CALM, FlatPainter, go_to, tap

from creator.profile_file import load_profile
from protocol.device import Region
from protocol.errors import GameOverError
from standin.errors import FaultError
from standin.faults import ALL_FAULTS, Faults
from standin.game import Game
from standin.memory_device import DESKTOP_RGB, MemoryDevice
from standin.rules import Rules
from standin.screen import Screen

SMALL = load_profile("small")
STEADY = {**CALM, "load_frames": (5, 5), "long_load_share": 0.0}


def faulty_game(seed: int = 1, **rates: float) -> Game:
    return Game(SMALL, rules=Rules.of(SMALL, **STEADY), faults=Faults(**rates), seed=seed)


def until(game: Game, name: str, value: object = True) -> None:
    """Walks frame by frame to the first one that has it."""
    for _ in range(20_000):
        if getattr(game.state, name) == value:
            return
        game.advance(1)
    raise AssertionError(f"{name} never became {value}")


def test_faults_are_read_from_text_and_written_back() -> None:
    faults = Faults.parse("dropped_press=0.02, popup=0.003")
    assert faults == Faults(dropped_press=0.02, popup=0.003)
    assert Faults.parse(str(faults)) == faults
    assert Faults.parse("") == Faults()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("dropped=0.1", "No fault 'dropped'"),
        ("popup", "has no rate"),
        ("popup=often", "the rate is a number, events per second"),
        ("dropped_press=2", "a share of presses, 0 to 1"),
        ("popup=-1", "0 to 10"),
        ("popup=0.1,popup=0.2", "stands twice"),
        ("popup=nan", "popup"),
    ],
)
def test_faults_that_make_no_sense_are_refused_by_name(text: str, complaint: str) -> None:
    with pytest.raises(FaultError, match=complaint):
        Faults.parse(text)


def test_presses_are_dropped_at_the_rate_asked_for() -> None:
    game = faulty_game(dropped_press=0.1)
    num_right = 0
    for _ in range(2000):
        before = game.state.cursor
        tap(game, "s")
        num_right += game.state.cursor != before
    assert 1740 < num_right < 1860


def test_a_doubled_press_counts_twice() -> None:
    game = faulty_game(doubled_press=0.0)
    go_to(game, "wrinkles")
    game._dice.faults = Faults(doubled_press=1.0)
    tap(game, "d")
    assert game.state.values["wrinkles"] == 52


def test_a_doubled_press_on_a_choice_meets_its_own_load() -> None:
    game = faulty_game(doubled_press=0.0)
    go_to(game, "base_head")
    game._dice.faults = Faults(doubled_press=1.0)
    tap(game, "d")
    assert game.state.values["base_head"] == 21


def test_long_loads_stall_for_seconds() -> None:
    game = faulty_game(long_load=1.0)
    go_to(game, "base_head")
    tap(game, "d")
    load = game.state.load
    assert load is not None
    assert load.end - load.start > 120


def test_a_popup_takes_only_the_confirm_key() -> None:
    game = faulty_game(popup=0.2)
    while game.state.popup is None:
        game.advance(1)
    before = game.state
    for key in ("s", "d", "space", "esc", "e"):
        tap(game, key)
    assert game.state.cursor == before.cursor
    assert game.state.popup is not None
    game.key_down("enter")
    game.advance(1)
    assert game.state.popup is None


def test_keys_go_nowhere_after_a_focus_loss_until_the_window_is_focused() -> None:
    game = faulty_game(focus_loss=0.05)
    device = MemoryDevice(game, Screen(SMALL, FlatPainter()))
    assert device.window().is_in_front
    until(game, "is_in_front", value=False)
    assert not device.window().is_in_front
    before = game.state.cursor
    tap(game, "s")
    assert game.state.cursor == before
    device.focus()
    assert device.window().is_in_front
    tap(game, "s")
    assert game.state.cursor != before


def test_a_key_held_into_a_focus_loss_is_up_afterwards() -> None:
    game = faulty_game(focus_loss=0.05)
    go_to(game, "wrinkles")
    game.key_down("d")
    until(game, "is_in_front", value=False)
    game.focus()
    before = game.state.values
    game.advance(60)
    assert game.state.values == before


def test_a_moved_window_shifts_grabs_until_it_is_found_again() -> None:
    game = faulty_game(window_move=0.2)
    device = MemoryDevice(game, Screen(SMALL, FlatPainter()))
    straight = device.grab().rgb
    while game.state.offset_pixels == (0, 0):
        device.wait(1 / 60)
    device.wait(1 / 60)
    shifted = device.grab()
    assert shifted.rgb != straight
    corners = [Region(0, 0, 1, 1), Region(639, 0, 1, 1), Region(0, 359, 1, 1), Region(639, 359, 1, 1)]
    assert bytes(DESKTOP_RGB) in [device.grab(corner).rgb for corner in corners]
    device.focus()
    assert device.grab().rgb == straight


def test_a_frozen_game_shows_one_picture_and_loses_keys() -> None:
    game = Game(SMALL, rules=Rules.of(SMALL), faults=Faults(freeze=0.1), seed=3)
    go_to(game, "wrinkles")
    until(game, "is_frozen")
    view, frame = game.view(), game.frame
    tap(game, "d")
    for _ in range(50):
        game.advance(1)
        assert game.view() == view
    until(game, "is_frozen", value=False)
    assert 60 <= game.frame - frame <= 301
    assert game.state.values["wrinkles"] == 50


def test_a_load_goes_on_where_a_freeze_met_it() -> None:
    for seed in range(200):
        game = Game(
            SMALL, rules=Rules.of(SMALL, **{**STEADY, "load_frames": (200, 200)}), faults=Faults(freeze=0.5), seed=seed
        )
        go_to(game, "base_head")
        if game.state.is_frozen:
            continue
        tap(game, "d")
        start = game.frame
        if game.state.load is None or game.state.is_frozen:
            continue
        until(game, "is_frozen")
        if game.state.load is None:
            continue
        until(game, "load", value=None)
        assert game.frame - start > 200 + 59
        return
    raise AssertionError("no freeze met a load")


def test_after_a_crash_every_use_of_the_device_says_that_the_game_is_over() -> None:
    game = faulty_game(crash=0.5)
    device = MemoryDevice(game, Screen(SMALL, FlatPainter()))
    device.wait(60)
    for use in (lambda: device.key_down("d"), lambda: device.key_up("d"), device.grab, device.window, device.focus):
        with pytest.raises(GameOverError):
            use()
    device.wait(1)
    assert device.now() == 61
    device.close()


def test_black_frames_are_black_and_pass() -> None:
    game = faulty_game(black_frame=1.0)
    device = MemoryDevice(game, Screen(SMALL, FlatPainter()))
    patch = Region(20, 70, 40, 10)
    runs = [not any(device.grab(patch).rgb) for _ in range(2000) if device.wait(1 / 60) is None]
    num_black = sum(runs)
    assert 20 < num_black < 150
    assert not all(runs)


def test_a_torn_frame_is_new_above_and_old_below() -> None:
    game = faulty_game(torn_frame=5.0)
    screen = Screen(SMALL, FlatPainter())
    go_to(game, "wrinkles")
    for at in range(400):
        game.key_down("sd"[at // 2 % 2])
        game.advance(2)
        view = game.view()
        if view.before is not None and view.before.state.cursor != view.state.cursor:
            break
        game.key_up("s")
        game.key_up("d")
        game.advance(1)
    else:
        raise AssertionError("no torn frame met a change")
    assert view.state.tear is not None
    row = round(view.state.tear * 360)
    torn, new, old = screen.draw(view), screen.draw(view._replace(before=None)), screen.draw(view.before)
    assert (torn[:row] == new[:row]).all()
    assert (torn[row:] == old[row:]).all()
    assert (new != old).any()


@pytest.mark.parametrize("name", [name for name in ALL_FAULTS if name != "crash"])
def test_a_fault_run_is_reproducible_from_its_seed(name: str) -> None:
    def played(seed: int) -> list[object]:
        game = Game(SMALL, faults=Faults(**{name: 0.3}), seed=seed)
        seen: list[object] = []
        for at in range(600):
            tap(game, "sd"[at % 2] if at % 40 else "space", wait_frames=at % 7)
            seen.append(game.state)
            if at % 50 == 49:
                game.focus()
        return seen

    assert played(7) == played(7)
    assert played(7) != played(8)


@pytest.mark.parametrize("seed", range(6))
def test_a_run_with_all_faults_at_once_is_reproducible_from_its_seed(seed: int, tmp_path: Path) -> None:
    rates = {name: 0.2 for name in ALL_FAULTS if name != "crash"}

    def logged(name: str, game_seed: int) -> tuple[str, str]:
        """A random player's truth log, and a checksum of all that it grabbed."""
        game = Game(SMALL, faults=Faults(**rates, crash=0.01), seed=game_seed)
        device = MemoryDevice(game, Screen(SMALL, FlatPainter()), truth_log=tmp_path / name)
        hands, grabbed = Random(seed), sha256()
        with suppress(GameOverError):
            for _ in range(400):
                key = hands.choice(["s", "d", "d", "a", "space", "esc", "e", "enter"])
                device.key_down(key)
                device.wait(hands.randint(1, 40) / 60)
                device.key_up(key)
                device.wait(hands.randint(1, 20) / 60)
                grabbed.update(device.grab(Region(0, 0, 640, 100)).rgb)
                if hands.random() < 0.1:
                    device.focus()
        device.close()
        return (tmp_path / name).read_text(), grabbed.hexdigest()

    first = logged("first", seed)
    assert logged("second", seed) == first
    assert logged("other", seed + 1000) != first


def test_one_fault_does_not_shift_the_others() -> None:
    def popups(**rates: float) -> list[int]:
        game = faulty_game(popup=0.2, **rates)
        frames: list[int] = []
        game.observer = lambda frame, tick, state: frames.append(tick) if state.popup is not None else None
        game.advance(6000)
        return frames[:1]

    assert popups() == popups(black_frame=0.0, dropped_press=0.5)
