"""What every device must do, the same tests over each: in memory, under X11, played back, and on Windows where this is one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.recording import PlaybackDevice, RecordingDevice
from creator.profile import Profile
from protocol.device import Device, Picture, Region
from tests.agents.conftest import MakeDevice

Scenario = Callable[[Device, Profile], None]
FRAME_SECONDS = 1 / 60


def tap(device: Device, key: str) -> None:
    device.key_down(key)
    device.wait(4 * FRAME_SECONDS)
    device.key_up(key)
    device.wait(12 * FRAME_SECONDS)


def cut(picture: Picture, region: Region) -> bytes:
    """A region of a picture of the whole window."""
    rows = (
        picture.rgb[3 * (row * picture.width + region.left) :][: 3 * region.width]
        for row in range(region.top, region.bottom)
    )
    return b"".join(rows)


def a_tap_shows_on_the_screen(device: Device, profile: Profile) -> None:
    before = device.grab(profile.screen.list)
    tap(device, profile.keys.next_row)
    after = device.grab(profile.screen.list)

    assert (after.width, after.height) == (profile.screen.list.width, profile.screen.list.height)
    assert after.rgb != before.rgb
    assert after.seconds > before.seconds


def what_was_moved_can_be_moved_back(device: Device, profile: Profile) -> None:
    before = device.grab(profile.screen.list)
    tap(device, profile.keys.next_row)
    tap(device, profile.keys.previous_row)

    assert device.grab(profile.screen.list).rgb == before.rgb


def a_region_is_a_part_of_the_whole(device: Device, profile: Profile) -> None:
    region = Region(20, 70, 100, 40)
    whole = device.grab()
    part = device.grab(region)

    assert (whole.width, whole.height) == (device.window().width, device.window().height)
    assert len(whole.rgb) == whole.width * whole.height * 3
    assert part.rgb == cut(whole, region)


def a_region_beyond_the_window_is_refused(device: Device, profile: Profile) -> None:
    if isinstance(device, PlaybackDevice):
        return  # it knows no sizes, and would not have come so far
    with pytest.raises(ValueError, match="reaches out"):
        device.grab(Region(600, 0, 100, 10))


def time_passes_as_long_as_it_is_waited_for(device: Device, profile: Profile) -> None:
    started = device.now()
    device.wait(0.1)
    waited = device.now() - started
    device.wait(-1)

    assert 0.099 <= waited < 5
    assert device.now() >= started + waited


def the_window_is_known_and_in_front(device: Device, profile: Profile) -> None:
    device.focus()
    info = device.window()

    assert (info.title, info.is_in_front) == (profile.title, True)
    assert (info.width, info.height) == (640, 360)


def a_key_that_is_down_stays_down_and_comes_up_once(device: Device, profile: Profile) -> None:
    before = device.grab(profile.screen.list)
    device.key_down(profile.keys.next_row)
    device.wait(2 * FRAME_SECONDS)
    device.key_down(profile.keys.next_row)
    device.wait(2 * FRAME_SECONDS)
    device.key_up(profile.keys.next_row)
    device.key_up(profile.keys.next_row)
    device.wait(12 * FRAME_SECONDS)
    tap(device, profile.keys.previous_row)

    assert device.grab(profile.screen.list).rgb == before.rgb


SCENARIOS: list[Scenario] = [
    a_tap_shows_on_the_screen,
    what_was_moved_can_be_moved_back,
    a_region_is_a_part_of_the_whole,
    a_region_beyond_the_window_is_refused,
    time_passes_as_long_as_it_is_waited_for,
    the_window_is_known_and_in_front,
    a_key_that_is_down_stays_down_and_comes_up_once,
]
over_all = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)


@over_all
def test_in_memory(scenario: Scenario, profile: Profile, make_device: MakeDevice) -> None:
    device = make_device(profile)
    scenario(device, profile)
    device.close()


@over_all
def test_played_back(scenario: Scenario, profile: Profile, make_device: MakeDevice, tmp_path: Path) -> None:
    recording = RecordingDevice(make_device(profile), tmp_path / "a.recording")
    scenario(recording, profile)
    recording.close()

    with PlaybackDevice(tmp_path / "a.recording") as playback:
        scenario(playback, profile)


@over_all
def test_under_x11(scenario: Scenario, profile: Profile, request: pytest.FixtureRequest) -> None:
    pytest.importorskip("Xlib")
    from agents.x11_device import open_x11_device

    device = open_x11_device(profile.title, display_name=request.getfixturevalue("desk").display)
    try:
        scenario(device, profile)
    finally:
        device.close()


@over_all
@pytest.mark.skipif(sys.platform != "win32", reason="on Windows only, with the small stand-in's window open")
def test_on_windows(scenario: Scenario, profile: Profile) -> None:
    from agents.windows_device import open_windows_device

    device = open_windows_device(profile.title)
    try:
        scenario(device, profile)
    finally:
        device.close()
