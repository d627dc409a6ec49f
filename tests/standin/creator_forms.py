"""The stand-in's two forms behind one face: keys, time, pixels, and the truth log that tells what was really there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from mss import MSS
from numpy.typing import NDArray
from standin_player import FlatPainter

from benchmarks.real_keys import RealKeys, own_display
from creator.profile import Profile
from standin.faults import Faults
from standin.game import Game
from standin.looks import Looks
from standin.memory_device import MemoryDevice
from standin.rules import Rules
from standin.screen import Screen
from standin.truth_log import Truth, TruthLog

_START_SECONDS = 60.0
_HEARD_SECONDS = 0.05  # after which a key has been heard, unless the machine is busy


@dataclass(frozen=True)
class Setting:
    """What a creator is started with; picklable."""

    profile: Profile
    truth_log: Path
    looks: Looks
    rules: dict[str, Any]
    faults: Faults

    @property
    def game_rules(self) -> Rules:
        return Rules.of(self.profile, **self.rules)


class Creator(Protocol):
    """A running creator as tests see it."""

    def tap(self, key: str) -> None: ...
    def hold(self, key: str, seconds: float) -> None: ...
    def wait(self, seconds: float) -> None: ...
    def picture(self) -> NDArray[np.uint8]: ...
    def truth(self) -> Truth: ...


class InMemory:
    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        game = Game(setting.profile, rules=setting.game_rules, faults=setting.faults)
        screen = Screen(setting.profile, FlatPainter(), looks=setting.looks)
        self._device = MemoryDevice(game, screen, truth_log=setting.truth_log)

    def tap(self, key: str) -> None:
        self.hold(key, 0.025)
        self.wait(_HEARD_SECONDS)

    def hold(self, key: str, seconds: float) -> None:
        self._device.key_down(key)
        self._device.wait(seconds)
        self._device.key_up(key)

    def wait(self, seconds: float) -> None:
        self._device.wait(seconds)

    def picture(self) -> NDArray[np.uint8]:
        picture = self._device.grab()
        return np.frombuffer(picture.rgb, np.uint8).reshape(picture.height, picture.width, 3)

    def truth(self) -> Truth:
        return TruthLog.read(self._setting.truth_log, self._setting.profile).at(self._device.now())

    def close(self) -> None:
        self._device.close()


class InWindow:
    """On a display of its own, pressed with real keys, looked at with screenshots."""

    def __init__(self, setting: Setting, display: str) -> None:
        self._setting = setting
        self._window = get_context("spawn").Process(target=_show_window, args=(setting, display))
        self._window.start()
        end = time.monotonic() + _START_SECONDS
        while not setting.truth_log.exists() and time.monotonic() < end:
            time.sleep(0.05)
        self._keys = RealKeys(setting.profile.title, display, seconds=_START_SECONDS)
        self._screen = MSS(display=display)

    def tap(self, key: str) -> None:
        self._keys.tap(key)
        self.wait(_HEARD_SECONDS)

    def hold(self, key: str, seconds: float) -> None:
        self._keys.tap(key, down_seconds=seconds)

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def picture(self) -> NDArray[np.uint8]:
        left, top, width, height = self._keys.place()
        shot = self._screen.grab({"left": left, "top": top, "width": width, "height": height})
        return np.frombuffer(bytes(shot.rgb), np.uint8).reshape(height, width, 3)

    def truth(self) -> Truth:
        return TruthLog.read(self._setting.truth_log, self._setting.profile).at(time.monotonic())

    def close(self) -> None:
        self._keys.close_window()
        self._window.join(20)
        self._window.kill()
        self._keys.disconnect()
        self._screen.close()


def _show_window(setting: Setting, display: str) -> None:
    import os

    os.environ |= {"DISPLAY": display, "SDL_VIDEODRIVER": "x11", "PYGAME_HIDE_SUPPORT_PROMPT": "1"}
    from standin.window import run_window

    screen = Screen(setting.profile, FlatPainter(), looks=setting.looks)
    run_window(
        setting.profile,
        screen=screen,
        looks=setting.looks,
        rules=setting.game_rules,
        faults=setting.faults,
        truth_log=setting.truth_log,
        max_seconds=120,
    )


@contextmanager
def running(form: str, setting: Setting) -> Iterator[Creator]:
    if form == "memory":
        game = InMemory(setting)
        yield game
        game.close()
        return
    with own_display() as display:
        window = InWindow(setting, display)
        try:
            yield window
        finally:
            window.close()
