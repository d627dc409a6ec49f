"""A driver as the public tools are: it presses the difference, waits for what should be done by then, and believes itself."""

from __future__ import annotations

from agents.driver import menu_order, settings_of
from agents.navigator import shortest_steps
from agents.readout import Value
from creator.character import default_character
from creator.couplings import move_slider
from creator.menu import Cursor, Menu
from creator.profile import Profile
from protocol.character import Character
from protocol.device import Device


class OpenLoopDriver:
    """Starts where a fresh session does."""

    def __init__(self, device: Device, profile: Profile) -> None:
        self._device = device
        self._profile = profile
        self._menu = Menu(profile)
        self._cursor = Cursor()
        self._gender = profile.genders[0]
        self._values = settings_of(profile, default_character(profile, self._gender))

    def capture(self, target: Character) -> tuple[float, Character]:
        """When the picture was taken, and what the driver believes it to show."""
        if target.gender != self._gender:
            self._set(self._profile.roles["gender"].name, target.gender)
            self._gender = target.gender
            self._values = settings_of(self._profile, default_character(self._profile, target.gender))
        goal = settings_of(self._profile, target)
        for name in menu_order(self._profile):
            if self._values[name] != goal[name]:
                self._set(name, goal[name])
        self._wait(self._profile.timing.load_frames[1] + 2)
        return self._device.grab().seconds, target

    def _set(self, name: str, goal: Value) -> None:
        row, timing = self._profile.rows[name], self._profile.timing
        place = self._menu.find(name)
        for action in self._menu.path(self._cursor, place):
            self._tap(action, timing.page_frames if "page" in action else timing.section_frames)
        self._cursor = place
        if row.kind == "slider":
            values = {name: float(value) for name, value in self._values.items() if name in self._profile.slider_index}
            steps = round((float(goal) - values[name]) / row.step)
            move_slider(self._profile, values, name, float(goal) - values[name])
            self._values |= {name: int(value) for name, value in values.items()}
        else:
            ids: list[Value] = list(self._profile.genders) if row.role == "gender" else list(row.ids[self._gender])
            steps = shortest_steps(ids.index(self._values[name]), ids.index(goal), len(ids), wraps=timing.lists_wrap)
        pause = {"gender": timing.gender_frames[1], "face": timing.load_frames[1], "skin": timing.load_frames[1]}
        for _ in range(abs(steps)):
            self._tap("increase" if steps > 0 else "decrease", pause.get(row.role, 0))
        self._values[name] = goal

    def _tap(self, action: str, pause_frames: int) -> None:
        key = getattr(self._profile.keys, action)
        self._device.key_down(key)
        self._wait(self._profile.timing.hold_frames)
        self._device.key_up(key)
        self._wait(self._profile.timing.gap_frames + pause_frames)

    def _wait(self, frames: int) -> None:
        self._device.wait(frames / self._profile.timing.frames_per_second)
