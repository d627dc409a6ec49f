from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

pytest.importorskip("Xlib")
from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

from agents.errors import TouchedError
from agents.touch import TouchGuard
from agents.window_device import WindowDevice
from agents.x11_device import X11Desktop, open_x11_device
from creator.profile import Profile
from protocol.device import Device
from protocol.errors import DeviceError, GameOverError, WindowError
from tests.agents.devices.conftest import ROOT, Desk, wait_for_window


@pytest.fixture
def person(desk: Desk) -> Display:
    """Somebody else at the same keyboard."""
    return Display(desk.display)


def press(person: Display, keysym: str) -> None:
    code = person.keysym_to_keycode(XK.string_to_keysym(keysym))
    for event in (X.KeyPress, X.KeyRelease):
        xtest.fake_input(person, event, code)
    person.sync()
    time.sleep(0.05)


def open_device(desk: Desk, profile: Profile, quiet_seconds: float = 60.0) -> WindowDevice:
    return open_x11_device(profile.title, display_name=desk.display, guard=TouchGuard(quiet_seconds))


def test_the_person_at_the_machine_stops_the_agent_and_its_own_keys_do_not(
    desk: Desk, profile: Profile, person: Display
) -> None:
    device = open_device(desk, profile)
    for _ in range(20):
        device.key_down("tab")
        device.wait(0.01)
        device.key_up("tab")
    device.grab()

    press(person, "b")

    with pytest.raises(TouchedError, match="a key was pressed"):
        device.key_down("tab")
    device.close()


def test_the_mouse_stops_it_too_and_a_while_later_it_may_go_on(desk: Desk, profile: Profile, person: Display) -> None:
    device = open_device(desk, profile, quiet_seconds=0.3)
    xtest.fake_input(person, X.MotionNotify, x=700, y=500)
    person.sync()
    time.sleep(0.05)

    with pytest.raises(TouchedError, match="mouse was moved"):
        device.grab()
    time.sleep(0.4)
    device.grab()
    device.close()


def test_the_pause_key_holds_it_until_it_is_pressed_again(desk: Desk, profile: Profile, person: Display) -> None:
    device = open_device(desk, profile, quiet_seconds=0.01)
    press(person, "Pause")
    with pytest.raises(TouchedError, match="Pause"):
        device.grab()
    press(person, "Pause")
    device.grab()
    device.close()


def test_another_window_in_front_gets_no_key_and_is_named(desk: Desk, profile: Profile, person: Display) -> None:
    device: Device = open_device(desk, profile)
    other = person.screen().root.create_window(900, 600, 100, 100, 0, X.CopyFromParent)
    other.set_wm_name("Chat")
    other.map()
    person.sync()
    other.set_input_focus(X.RevertToParent, X.CurrentTime)
    person.sync()
    try:
        assert not device.window().is_in_front
        with pytest.raises(WindowError, match=r"'Chat' has the keyboard.*no key"):
            device.key_down("d")
        device.focus()
        assert device.window().is_in_front
    finally:
        other.destroy()
        person.sync()
        device.close()


def test_a_window_that_lies_over_the_creator_is_named(desk: Desk, profile: Profile, person: Display) -> None:
    device = open_device(desk, profile)
    place = X11Desktop(profile.title, desk.display).place()
    other = person.screen().root.create_window(
        place.left + 50, place.top + 50, 100, 100, 0, X.CopyFromParent, override_redirect=True
    )
    other.set_wm_name("News")
    other.map()
    person.sync()
    try:
        with pytest.raises(WindowError, match="'News' is over it"):
            device.grab()
    finally:
        other.destroy()
        person.sync()
    device.grab()
    device.close()


def test_a_window_that_is_not_there_is_an_error(desk: Desk) -> None:
    with pytest.raises(WindowError, match="No windows are called 'nothing'"):
        open_x11_device("nothing", display_name=desk.display)


def test_a_display_that_is_not_there_is_an_error() -> None:
    with pytest.raises(DeviceError, match="set DISPLAY"):
        open_x11_device("creator", display_name=":999")


def test_a_creator_that_ended_is_told_as_such(profile: Profile, desk: Desk) -> None:
    script = "import pygame; pygame.display.init(); pygame.display.set_mode((64, 64)); pygame.display.set_caption('ending')\n"
    script += "while True: pygame.event.pump(); pygame.time.wait(20)"
    environment = {**os.environ, "DISPLAY": desk.display, "SDL_VIDEODRIVER": "x11", "PYTHONPATH": str(ROOT)}
    creator = subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.DEVNULL)
    wait_for_window(desk.display, creator, "ending")
    desktop = X11Desktop("ending", desk.display)
    creator.kill()
    creator.wait(10)
    time.sleep(0.2)

    with pytest.raises(GameOverError, match="start it again"):
        WindowDevice(desktop).grab()
    desktop.close()
