import time

import pytest
from standin_player import FlatPainter

from creator.profile_file import load_profile
from protocol.device import Device, Region
from standin.game import Game
from standin.memory_device import MemoryDevice
from standin.screen import Screen

SMALL = load_profile("small")


def make_device() -> tuple[MemoryDevice, Game]:
    game = Game(SMALL)
    return MemoryDevice(game, Screen(SMALL, FlatPainter())), game


def test_it_is_a_device() -> None:
    device, _ = make_device()
    whole: Device = device
    assert whole.window().title == SMALL.title
    assert (whole.window().width, whole.window().height) == (640, 360)


def test_time_passes_in_waits_only_and_no_frame_is_lost_to_rounding() -> None:
    device, game = make_device()
    for _ in range(6000):
        device.wait(1 / 60)
    assert game.frame == 6000
    for _ in range(5000):
        device.wait(0.02)
    assert game.frame == 12000
    assert device.now() == 200.0
    device.grab()
    assert device.now() == 200.0


def test_waits_shorter_than_a_frame_add_up() -> None:
    device, game = make_device()
    for _ in range(1000):
        device.wait(0.001)
    assert game.frame == 60


def test_keys_go_to_the_game_and_the_picture_follows() -> None:
    device, _ = make_device()
    before = device.grab(SMALL.screen.list)
    device.key_down("s")
    device.wait(2 / 60)
    device.key_up("s")
    after = device.grab(SMALL.screen.list)
    assert (after.width, after.height) == (SMALL.screen.list.width, SMALL.screen.list.height)
    assert len(after.rgb) == after.width * after.height * 3
    assert after.rgb != before.rgb
    assert after.seconds == pytest.approx(2 / 60)


def test_a_region_outside_the_window_is_refused() -> None:
    device, _ = make_device()
    with pytest.raises(ValueError, match="reaches out"):
        device.grab(Region(600, 0, 100, 10))


def test_closing_releases_keys() -> None:
    device, game = make_device()
    device.key_down("e")
    device.close()
    game.advance(100)
    assert game.state.cursor.page == 0


def test_the_device_offers_keys_and_pixels_and_nothing_of_the_state() -> None:
    offered = {name for name in dir(MemoryDevice) if not name.startswith("_")}
    assert offered == {"key_down", "key_up", "grab", "now", "wait", "window", "focus", "close"}


def test_hours_pass_in_minutes_when_nobody_looks() -> None:
    """A loose bound: at least 2,000 frames of game time a second of processor time, keys pressed all along."""
    device, game = make_device()
    started = time.process_time()
    for at in range(10_000):
        key = "dsd a"[at % 5].replace(" ", "space")
        device.key_down(key)
        device.wait(1 / 60)
        device.key_up(key)
        device.wait(1 / 60)
    assert game.frame == 20_000
    assert time.process_time() - started < 10
