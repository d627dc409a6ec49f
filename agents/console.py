"""Taps keys and grabs pictures; brings the window back to the front when something took it away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from creator.profile import Keys
from protocol.device import Device, Picture, Region
from protocol.errors import WindowError

_MOST_REFOCUSES = 8  # in a row, with waits that double from 2 frames: about 8 s at 60 frames a second


@dataclass
class Counters:
    """What happened since the start. `lost_presses` had no effect; `extra_presses` had one too many."""

    presses: int = 0
    lost_presses: int = 0
    extra_presses: int = 0
    readouts: int = 0
    recoveries: int = 0
    popups: int = 0
    focus_losses: int = 0
    surprises: int = 0
    frames: int = 0
    retakes: int = 0
    voided_frames: int = 0

    def as_numbers(self) -> dict[str, float]:
        return {name: float(value) for name, value in asdict(self).items()}


@dataclass
class Console:
    """A device with the profile's keys and a pace: a tap is `hold_frames` down and `gap_frames` up."""

    device: Device
    keys: Keys
    frames_per_second: float
    hold_frames: int
    gap_frames: int
    counters: Counters

    def tap(self, action: str, times: int = 1, on_frame: Callable[[], None] | None = None) -> None:
        """Taps the key of an action of `creator.profile.Keys`; how many taps counted must be read from the screen.

        `on_frame` is called after each frame that it takes.
        """
        key = getattr(self.keys, action)
        self.regain_focus()
        try:
            for _ in range(times):
                self._tap_key(key, on_frame)
        except WindowError:
            self.refocus()

    def _tap_key(self, key: str, on_frame: Callable[[], None] | None) -> None:
        device = self.device
        device.key_down(key)
        try:
            self._pass_frames(self.hold_frames, on_frame)
        finally:
            device.key_up(key)
        self._pass_frames(self.gap_frames, on_frame)
        self.counters.presses += 1

    def _pass_frames(self, frames: int, on_frame: Callable[[], None] | None) -> None:
        if on_frame is None:
            self.wait_frames(frames)
            return
        for _ in range(frames):
            self.wait_frames(1)
            on_frame()

    def hold(self, action: str, frames: int) -> Iterator[int]:
        """Keeps the key down for so many frames and yields the number of each when it has passed."""
        key = getattr(self.keys, action)
        self.device.key_down(key)
        try:
            for frame in range(1, frames + 1):
                self.wait_frames(1)
                yield frame
        finally:
            self.device.key_up(key)
            self.wait_frames(self.gap_frames)

    def grab(self, region: Region | None = None) -> Picture:
        """Raises WindowError when the window does not come back."""
        for attempt in range(_MOST_REFOCUSES):
            try:
                return self.device.grab(region)
            except WindowError:
                self.refocus()
                self.wait_frames(2 << attempt)
        return self.device.grab(region)

    def regain_focus(self) -> None:
        """Asks for the front where the device says that the window lost it: silent losses cost nothing but the asking."""
        try:
            is_in_front = self.device.window().is_in_front
        except WindowError:
            is_in_front = False
        if not is_in_front:
            self.refocus()

    def refocus(self) -> None:
        """Asks for the front once; who grabs or taps next finds out whether it helped."""
        try:
            self.counters.focus_losses += not self.device.window().is_in_front
            self.device.focus()
        except WindowError:
            self.wait_frames(2)

    def wait_frames(self, frames: float) -> None:
        self.device.wait(frames / self.frames_per_second)
