"""Brings the creator to wanted settings by taps and readouts: what is believed is what was read, never what was pressed."""

from __future__ import annotations

from collections.abc import Mapping

from agents.calibration import Calibration
from agents.errors import DriverError
from agents.navigator import Navigator, shortest_steps
from agents.readout import SURE, ScreenState, Value
from agents.viewer import DriverLimits
from creator.character import check_character
from creator.couplings import setting_order
from creator.profile import Profile, Row
from protocol.character import Character
from protocol.device import Device

_BURST = 8  # taps between two glances at the value: what a pop-up swallows at most

__all__ = ["Driver", "DriverLimits", "character_of", "menu_order", "settings_of", "shortest_steps"]


class Driver(Navigator):
    """Closed loop over one device; `ledger` holds what was read."""

    def __init__(
        self, device: Device, profile: Profile, calibration: Calibration, limits: DriverLimits | None = None
    ) -> None:
        super().__init__(device, profile, calibration, limits)
        self._order = menu_order(profile)

    @property
    def character(self) -> Character:
        """What was read last. Raises DriverError while a row was not read yet."""
        return character_of(self.profile, self.ledger.known)

    @property
    def surprises(self) -> list[str]:
        return self.ledger.surprises

    def is_complete(self) -> bool:
        """Whether every captured row was read."""
        return all(name in self.ledger.known for name in self._order)

    # Reading all

    def forget(self) -> None:
        """Believes nothing any more; everything is read anew before it is relied on."""
        self.ledger.forget_all_but()
        self.ledger.surprises.clear()
        self._noted = None

    def read_all(self) -> Character:
        """Reads every captured row anew. Raises DriverError naming a row that cannot be read."""
        unread = set(self._order)
        while unread:
            name = min(unread, key=self._nearness)
            try:
                self.enter_section(*self._place[name])
            except DriverError as error:
                raise DriverError(f"row {name!r} in {error.wanted}", error.read, error.pictures) from error
            read = {reading.row for reading in self.note_rows() if reading.confidence >= SURE}
            if name not in read:
                self.read_row(name)
                read.add(name)
            unread -= read
        return self.character

    def _nearness(self, name: str) -> tuple[bool, bool, int]:
        """Rows of this section come first, then of this page, then in menu order."""
        state = self.readout.read_screen(self._pictures[-1]) if self._pictures else None
        page, section = self._place[name]
        is_here = state is not None and state.page == page
        return (not (is_here and state is not None and state.section == section), not is_here, self._order.index(name))

    # Setting

    def set_character(self, target: Character) -> Character:
        """Sets what differs from the target and returns what was read back, which then is the target.

        Raises CharacterError for a target that the profile does not offer, DriverError when it cannot be reached.
        """
        check_character(self.profile, target)
        goal = settings_of(self.profile, target)
        if not self.is_complete():
            self.read_all()
        gender = self.profile.roles["gender"].name
        if self.ledger.known[gender] != goal[gender]:
            self.read_all()  # all rows change now: what changed unseen before can be noticed for the last time
            self._set_row(gender, goal[gender])
            self.ledger.forget_all_but(gender)
            self._noted = None
            self.read_all()
        for _ in range(3 * len(goal)):
            differing = [name for name in self._order if self._differs(name, goal[name])]
            if not differing:
                return self.character
            name = min(differing, key=self._nearness)
            self._set_row(name, goal[name])
        raise self.error(f"character {target}", self.look())

    def _differs(self, name: str, goal: Value) -> bool:
        return self.ledger.known[name] != goal or name in self.ledger.disturbed

    def _set_row(self, name: str, goal: Value) -> None:
        row = self.profile.rows[name]
        stuck_frames, before = 0, None
        for _ in range(self._limits.num_tries):
            state = self.go_to(name)
            if state.is_value_sure and state.value == goal:
                return
            stuck_frames = self._stuck(stuck_frames, state == before)
            if stuck_frames > self._limits.stuck_frames:
                break
            before = state
            if state.is_value_sure:
                self._press_values(row, goal, state)
            else:
                self.console.wait_frames(1)
        raise self.error(f"{name} at {goal}", self.look())

    def steps(self, row: Row, value: Value | None, goal: Value) -> int:
        """Presses from one value to another; negative: of the key that decreases."""
        if row.kind == "slider" and isinstance(value, int | float) and isinstance(goal, int | float):
            return round((goal - value) / row.step)
        ids = self._ids(row)
        if value not in ids:
            raise self.error(f"{row.name} at {goal}", self.look())
        return shortest_steps(ids.index(value), ids.index(goal), len(ids), wraps=self.profile.timing.lists_wrap)

    def _ids(self, row: Row) -> list[Value]:
        if row.role == "gender":
            return list(self.profile.genders)
        return list(row.ids[str(self.ledger.known[self.profile.roles["gender"].name])])

    def _press_values(self, row: Row, goal: Value, before: ScreenState) -> None:
        """The row was just read to be highlighted. Coupled children and, for a choice, the load are expected to follow."""
        steps = self.steps(row, before.value, goal)
        self.ledger.disturb((row.name, *self.profile.children.get(row.name, ())))
        if row.kind == "slider":
            while self._moved(row, steps, before) and (state := self.look()).row == row.name and state.is_value_sure:
                before, steps = state, self.steps(row, state.value, goal)
                if not steps:
                    return
            return
        was_pending = self.is_load_pending
        state = self._act(("increase" if steps > 0 else "decrease", abs(steps)), before=before)
        if not state.is_sure or state.value != before.value or was_pending:
            self.is_load_pending = True

    def _moved(self, row: Row, steps: int, before: ScreenState) -> bool:
        """One burst towards the goal; False when it moved nothing: then something swallows the keys, or the end is reached."""
        times = min(abs(steps), _BURST)
        state = self._act(("increase" if steps > 0 else "decrease", times), before=before)
        if not state.is_value_sure or state.row != row.name or before.value is None or state.value is None:
            return False
        moved = abs(self.steps(row, before.value, state.value))
        self.counters.lost_presses += max(times - moved, 0)
        self.counters.extra_presses += max(moved - times, 0)
        return moved > 0


def menu_order(profile: Profile) -> list[str]:
    """Captured rows: choices in menu order, then sliders with parents before children."""
    choices = [row.name for row in profile.rows.values() if row.is_captured and row.kind == "choice"]
    return [*choices, *setting_order(profile)]


def settings_of(profile: Profile, character: Character) -> dict[str, Value]:
    """Values of all captured rows."""
    values: dict[str, Value] = {
        profile.roles["gender"].name: character.gender,
        profile.roles["face"].name: character.face,
        profile.roles["skin"].name: character.skin,
    }
    values |= {row.name: value for row, value in zip(profile.sliders, character.sliders, strict=True)}
    return values


def character_of(profile: Profile, values: Mapping[str, Value]) -> Character:
    """Raises DriverError naming the first row that has not been read."""
    missing = [row.name for row in profile.rows.values() if row.is_captured and row.name not in values]
    if missing:
        raise DriverError(f"the value of {missing[0]}", "nothing that could be read yet")
    face, skin = (int(values[profile.roles[role].name]) for role in ("face", "skin"))
    sliders = tuple(int(values[row.name]) for row in profile.sliders)
    return Character(str(values[profile.roles["gender"].name]), face, skin, sliders)
