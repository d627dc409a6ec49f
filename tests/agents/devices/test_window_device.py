from __future__ import annotations

from collections.abc import Sequence

import pytest

from agents.errors import TouchedError
from agents.touch import Touch, TouchGuard
from agents.window_device import WindowDevice
from protocol.device import Region
from protocol.errors import DeviceError, WindowError


class MemoryDesktop:
    """A window system in which everything can be arranged."""

    title = "creator"

    def __init__(self) -> None:
        self.in_the_way: str | None = None
        self.over: str | None = None
        self.wrong: list[str] = []
        self.coming: list[Touch] = []
        self.keys: list[str] = []
        self.colour = 90
        self.comes_to_front = True
        self.is_closed = False

    def press(self, key: str) -> None:
        self.keys.append(f"+{key}")

    def release(self, key: str) -> None:
        self.keys.append(f"-{key}")

    def touches(self) -> Sequence[Touch]:
        coming, self.coming = self.coming, []
        return coming

    def place(self) -> Region:
        return Region(10, 20, 40, 30)

    def obstacle(self) -> str | None:
        return self.in_the_way

    def cover(self) -> str | None:
        return self.over

    def defects(self) -> Sequence[str]:
        return self.wrong

    def bring_to_front(self) -> None:
        if self.comes_to_front:
            self.in_the_way = None

    def pixels(self, place: Region) -> bytes:
        return bytes([self.colour]) * (place.width * place.height * 3)

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def desktop() -> MemoryDesktop:
    return MemoryDesktop()


def test_no_key_goes_to_another_window(desktop: MemoryDesktop) -> None:
    device = WindowDevice(desktop)
    desktop.in_the_way = "window 'Chat' has the keyboard"

    with pytest.raises(WindowError, match=r"Chat.*no key was pressed"):
        device.key_down("d")

    assert desktop.keys == []
    assert not device.window().is_in_front


def test_a_window_that_does_not_come_to_the_front_is_named_before_any_key(desktop: MemoryDesktop) -> None:
    desktop.in_the_way, desktop.comes_to_front = "it is minimised", False

    with pytest.raises(WindowError, match="minimised"):
        WindowDevice(desktop).prepare()

    assert desktop.keys == []


def test_a_window_that_comes_to_the_front_is_fine(desktop: MemoryDesktop) -> None:
    desktop.in_the_way = "it is minimised"

    (device := WindowDevice(desktop)).prepare()
    device.key_down("d")

    assert desktop.keys == ["+d"]


def test_a_black_picture_is_told_as_what_it_may_be(desktop: MemoryDesktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.window_device._BLACK_SECONDS", 0.05)
    desktop.colour = 0

    with pytest.raises(WindowError, match="borderless"):
        WindowDevice(desktop).prepare()


def test_what_is_wrong_with_the_desktop_is_told_first(desktop: MemoryDesktop) -> None:
    desktop.wrong = ["HDR is on: turn it off"]

    with pytest.raises(DeviceError, match="HDR"):
        WindowDevice(desktop).prepare()


def test_a_covered_window_is_not_photographed(desktop: MemoryDesktop) -> None:
    desktop.over = "window 'Updates' is over it"

    with pytest.raises(WindowError, match="Updates"):
        WindowDevice(desktop).grab()


@pytest.mark.parametrize("call", ["key_down", "grab", "focus"])
def test_everything_stops_when_somebody_touches_the_machine(desktop: MemoryDesktop, call: str) -> None:
    device = WindowDevice(desktop)
    desktop.coming = [Touch("the mouse was moved")]

    with pytest.raises(TouchedError, match="mouse was moved"):
        getattr(device, call)(*(["d"] if call == "key_down" else []))

    assert desktop.keys == []


def test_a_key_that_is_down_when_somebody_comes_is_still_released(desktop: MemoryDesktop) -> None:
    device = WindowDevice(desktop)
    device.key_down("d")
    desktop.coming = [Touch("a key was pressed")]

    with pytest.raises(TouchedError):
        device.key_down("s")
    device.key_up("d")

    assert desktop.keys == ["+d", "-d"]


def test_closing_releases_every_key(desktop: MemoryDesktop) -> None:
    device = WindowDevice(desktop)
    device.key_down("d")
    device.key_down("s")

    device.close()

    assert sorted(desktop.keys) == ["+d", "+s", "-d", "-s"]
    assert desktop.is_closed


def test_the_agent_goes_on_when_the_machine_was_left_alone_long_enough() -> None:
    guard = TouchGuard(quiet_seconds=60)
    guard.note([Touch("a key was pressed")], 100.0)
    guard.note([Touch("the mouse was moved")], 130.0)

    with pytest.raises(TouchedError) as caught:
        guard.check(140.0)
    assert caught.value.retry_after_seconds == pytest.approx(50.0)
    guard.check(190.5)


def test_the_pause_key_holds_until_it_is_pressed_again() -> None:
    guard = TouchGuard(quiet_seconds=60)
    pause = Touch("pause", is_pause_key=True)
    guard.note([pause], 0.0)

    with pytest.raises(TouchedError, match="again") as caught:
        guard.check(10_000.0)
    assert caught.value.retry_after_seconds is None

    guard.note([Touch("a key was pressed"), pause], 10_001.0)
    guard.check(10_001.0)
