"""Brings the creator to wanted settings by taps and readouts: what is believed is what was read, never what was pressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agents.calibration import Calibration
from agents.cell import Ink
from agents.console import Console, Counters
from agents.errors import DriverError
from agents.readout import SURE, Readout, RowReading, ScreenState, Value
from creator.character import check_character
from creator.couplings import setting_order
from creator.profile import Profile, Row
from protocol.character import Character
from protocol.device import Device, Picture

_KEPT_PICTURES = 4
_MOST_ASIDE_TAPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverLimits:
    """When to give up. `blind_frames`: how long the screen may stay unreadable; `num_tries`: legs or bursts for one goal;
    `stuck_frames`: how long keys may stay without any effect (long loads, freezes)."""

    blind_frames: int = 1200
    stuck_frames: int = 1200
    num_tries: int = 400


class Driver:
    """Closed loop over one device. `known` holds what was last read in each captured row.

    `surprises` are rows that were met at another value than they were left at: something changed them unseen.
    """

    def __init__(
        self, device: Device, profile: Profile, calibration: Calibration, limits: DriverLimits | None = None
    ) -> None:
        window = device.window()
        calibration.check(profile, window.width, window.height)
        timing = calibration.timing
        self.profile, self.calibration = profile, calibration
        self.readout = Readout(calibration, profile)
        self.counters = Counters()
        self.console = Console(
            device,
            profile.keys,
            frames_per_second=timing.frames_per_second,
            hold_frames=timing.hold_frames,
            gap_frames=timing.gap_frames,
            counters=self.counters,
        )
        self.known: dict[str, Value] = {}
        self.surprises: list[str] = []
        self._confidences: dict[str, float] = {}
        self.is_load_pending = False
        self._aside = "previous_row"
        self._limits = limits or DriverLimits()
        self._order = menu_order(profile)
        self._place = {
            row.name: (page.name, section.name)
            for page in profile.pages
            for section in page.sections
            for row in section.rows
        }
        self._num_visible = {
            f"{page.name}/{section.name}": len(section.rows) - sum(len(row.inserts) for row in section.rows)
            for page in profile.pages
            for section in page.sections
        }
        self._disturbed: set[str] = set()  # rows that keys may have moved since they were last read
        self._noted: tuple[str, str] | None = None  # the section whose values were read since it was entered
        self._pictures: list[Picture] = []

    @property
    def character(self) -> Character:
        """What was read last. Raises DriverError while a row was not read yet."""
        return character_of(self.profile, self.known)

    @property
    def confidence(self) -> float:
        """Of the least sure row."""
        return min(self._confidences.values(), default=0.0)

    # Looking

    def look(self) -> ScreenState:
        """One readout of the screen as it is now."""
        picture = self.console.grab(self.readout.menu)
        self._pictures = [*self._pictures[1 - _KEPT_PICTURES :], picture]
        self.counters.readouts += 1
        return self.readout.read_screen(picture)

    def see(self) -> ScreenState:
        """A readout that is sure: waits for animations to end, confirms pop-ups, asks for the focus."""
        state, waited = self.look(), 0
        while not state.is_sure:
            if waited > self._limits.blind_frames:
                raise self.error("a screen of the menu", state)
            waited += self._recover(state, waited)
            state = self.look()
        return state

    def _recover(self, state: ScreenState, waited: int) -> int:
        """Does what may help after having waited that long; returns the frames that it took."""
        timing = self.calibration.timing
        patience = max(timing.section_frames, timing.page_frames) + 2 * timing.show_frames
        if waited < patience:
            self.console.wait_frames(1)
            return 1
        self.counters.recoveries += 1
        self.console.refocus()  # also finds a window that was moved
        if state.is_covered:
            self.counters.popups += 1
            self.console.tap("confirm")
        pause = timing.show_frames + min((waited - patience) // 4, 30)
        self.console.wait_frames(pause)
        return pause + timing.hold_frames + timing.gap_frames

    def note_rows(self) -> tuple[RowReading, ...]:
        """Remembers the values of all rows in the last picture."""
        rows = self.readout.read_rows(self._pictures[-1])
        self._noted = self._place[rows[0].row] if rows else None
        for reading in rows:
            row = self.profile.rows[reading.row]
            if row.is_captured and reading.confidence >= SURE and reading.value is not None:
                self._note_value(row.name, reading.value)
                self._confidences[row.name] = reading.confidence
        return rows

    def _note_value(self, name: str, value: Value) -> None:
        if self.known.get(name, value) != value and name not in self._disturbed:
            self.counters.surprises += 1
            self.surprises.append(f"{name} stood at {value}, but was left at {self.known[name]}")
        self._disturbed.discard(name)
        self.known[name] = value

    def read_row(self, name: str) -> Value:
        """The value of one row, read now. Raises DriverError when it stays unreadable."""
        for _ in range(self._limits.num_tries):
            state = self.go_to(name)
            if state.is_value_sure and state.value is not None:
                return state.value
            self.console.wait_frames(1)
        raise self.error(f"a value in row {name!r}", state)

    def values_here(self) -> dict[str, Value]:
        """Values of all rows of this section, captured or not, as far as they can be read."""
        self.see()
        readings = self.readout.read_rows(self._pictures[-1])
        return {each.row: each.value for each in readings if each.value is not None and each.confidence >= SURE}

    def value_ink(self) -> Ink:
        """What stands beside the highlighted row, for learning to read it."""
        state = self.see()
        return self.readout.value_ink(self._pictures[-1], int(state.line or 0))

    def forget(self) -> None:
        """Believes nothing any more; everything is read anew before it is relied on."""
        self.known, self._disturbed, self._noted = {}, set(), None
        self.surprises.clear()

    # Moving

    def go_to(self, name: str) -> ScreenState:
        """Highlights a row; the returned readout is sure. Raises DriverError naming the row that could not be reached."""
        stuck_frames, before = 0, None
        for _ in range(self._limits.num_tries):
            state = self.see()
            if state.row == name:
                if self._disturbed or self._noted != (state.page, state.section) or self.known.get(name) != state.value:
                    self.note_rows()
                return state
            stuck_frames = self._stuck(stuck_frames, state == before)
            if stuck_frames > self._limits.stuck_frames:
                break
            before = state
            self._step_towards(state, *self._place[name], name)
        raise self.error(f"row {name!r}", self.look())

    def enter_section(self, page: str, section: str) -> None:
        """Stands in a section, on whichever row."""
        stuck_frames, before = 0, None
        for _ in range(self._limits.num_tries):
            state = self.see()
            if (state.page, state.section) == (page, section):
                return
            stuck_frames = self._stuck(stuck_frames, state == before)
            if stuck_frames > self._limits.stuck_frames:
                break
            before = state
            self._step_towards(state, page, section, None)
        raise self.error(f"section {page} > {section}", self.look())

    def _stuck(self, frames: int, is_same: bool) -> int:
        """Counts frames without effect and waits longer and longer: a freeze does not end sooner for being pressed at."""
        if not is_same:
            return 0
        pause = frames // 8
        self.console.wait_frames(pause)
        if frames and not self.console.device.window().is_in_front:
            self.console.refocus()
        timing = self.calibration.timing
        return frames + pause + timing.hold_frames + timing.gap_frames + timing.show_frames

    def _step_towards(self, state: ScreenState, page: str, section: str, row: str | None) -> None:
        """One leg of the way; keys that change values are not among them."""
        if state.section is not None:
            if (state.page, state.section) == (page, section) and row is not None:
                self._walk_rows(state, row)
            else:
                self._noted = None
                self._act("leave", 1, state)
        elif state.page != page:
            pages = [item.name for item in self.profile.pages]
            steps = shortest_steps(pages.index(str(state.page)), pages.index(page), len(pages), wraps=True)
            self._act("next_page" if steps > 0 else "previous_page", 1, state)
        elif state.highlighted != section:
            sections = next([item.name for item in each.sections] for each in self.profile.pages if each.name == page)
            self._walk(sections.index(str(state.highlighted)), sections.index(section), len(sections), state)
        else:
            self._act("enter", 1, state)

    def _walk_rows(self, state: ScreenState, name: str) -> None:
        visible = [reading.row for reading in self.note_rows()]
        if name not in visible or state.row not in visible:
            raise self.error(f"row {name!r} in {state.page} > {state.section}", state)
        self._walk(visible.index(str(state.row)), visible.index(name), len(visible), state)

    def _walk(self, start: int, goal: int, count: int, state: ScreenState) -> None:
        steps = shortest_steps(start, goal, count, wraps=self.profile.timing.lists_wrap)
        self._act("next_row" if steps > 0 else "previous_row", abs(steps), state)

    def _act(self, action: str, times: int, before: ScreenState) -> ScreenState:
        """Taps, waits until the effect must show, and looks. A change seen after a load began proves that it is over."""
        timing = self.calibration.timing
        animation_frames = {
            "enter": timing.section_frames,
            "leave": timing.section_frames,
            "next_page": timing.page_frames,
        }
        animation_frames["previous_page"] = timing.page_frames
        self.console.tap(action, times)
        self.console.wait_frames(timing.show_frames)
        if action in animation_frames and not self.is_load_pending:
            self.console.wait_frames(animation_frames[action] + 1)
        state = self.look()
        if state != before:
            self.is_load_pending = self.is_load_pending and not self._proves_load(before, state)
        else:
            self.counters.lost_presses += times
        return state

    def _proves_load(self, before: ScreenState, after: ScreenState) -> bool:
        """Only a sure readout of a new place or value shows that the creator took a key."""
        return before.where != (after if after.is_sure else self.see()).where

    def prove_loaded(self) -> None:
        """Moves the highlight until the creator takes a key again, which it does not while it loads."""
        stuck_frames, state = 0, self.see() if self.is_load_pending else None
        while self.is_load_pending and state is not None:
            if stuck_frames > self._limits.stuck_frames:
                raise self.error("the end of a load", state)
            state = self._act("next_row" if self._has_neighbours(state) else "leave", 1, state)
            stuck_frames = self._stuck(stuck_frames, is_same=True)
            if not state.is_sure:
                state = self.see()

    def _has_neighbours(self, state: ScreenState) -> bool:
        """Whether the list has a second line to move to, toggles being off."""
        return state.section is None or self._num_visible[f"{state.page}/{state.section}"] > 1

    def step_aside(self, until_seconds: float) -> None:
        """Moves the highlight to a neighbour and back the next time; sets nothing. Does not end before `until_seconds`."""
        state, timing = self.see(), self.calibration.timing
        if not self._has_neighbours(state):
            action = "leave"
        else:
            action = self._aside = "previous_row" if self._aside == "next_row" else "next_row"
            tap_frames = timing.hold_frames + timing.gap_frames + timing.show_frames
            self._wait_until(until_seconds - tap_frames / timing.frames_per_second)
        for _ in range(_MOST_ASIDE_TAPS):
            after = self._act(action, 1, state)
            if not after.is_sure or after != state:
                self._wait_until(until_seconds)
                return
        self._stuck(1, is_same=True)

    def _wait_until(self, seconds: float) -> None:
        self.console.device.wait(max(seconds - self.console.device.now(), 0.0))

    # Setting

    def read_all(self) -> Character:
        """Reads every captured row anew."""
        unread = {row.name for row in self.profile.rows.values() if row.is_captured}
        while unread:
            name = min(unread, key=self._nearness)
            self.enter_section(*self._place[name])
            read = {reading.row for reading in self.note_rows() if reading.confidence >= SURE}
            if name not in read:
                self.go_to(name)
                read.add(name)
            unread -= read
        return self.character

    def _nearness(self, name: str) -> tuple[bool, bool, int]:
        """Rows of this section come first, then of this page, then in menu order."""
        state = self.readout.read_screen(self._pictures[-1]) if self._pictures else None
        page, section = self._place[name]
        is_here = state is not None and state.page == page
        return (not (is_here and state is not None and state.section == section), not is_here, self._order.index(name))

    def set_character(self, target: Character) -> Character:
        """Sets what differs from the target and returns what was read back, which then is the target.

        Raises CharacterError for a target that the profile does not offer, DriverError when it cannot be reached.
        """
        check_character(self.profile, target)
        goal = settings_of(self.profile, target)
        if any(row.is_captured and row.name not in self.known for row in self.profile.rows.values()):
            self.read_all()
        gender = self.profile.roles["gender"].name
        if self.known[gender] != goal[gender]:
            self.read_all()  # all rows change now: what changed unseen before can be noticed for the last time
            self._set_row(gender, goal[gender])
            self._forget_all_but(gender)
            self.read_all()
        for _ in range(3 * len(goal)):
            differing = [name for name in self._order if self.known[name] != goal[name] or name in self._disturbed]
            if not differing:
                return self.character
            name = min(differing, key=self._nearness)
            self._set_row(name, goal[name])
        raise self.error(f"character {target}", self.look())

    def _forget_all_but(self, name: str) -> None:
        self.known = {name: self.known[name]}
        self._disturbed, self._noted = set(), None

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
                self._press_values(row, self._steps(row, state.value, goal), state)
        raise self.error(f"{name} at {goal}", self.look())

    def _steps(self, row: Row, value: Value | None, goal: Value) -> int:
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
        return list(row.ids[str(self.known[self.profile.roles["gender"].name])])

    def _press_values(self, row: Row, steps: int, before: ScreenState) -> None:
        """The row was just read to be highlighted. Coupled children and, for a choice, the load are expected to follow."""
        self._disturbed |= {row.name, *self.profile.children.get(row.name, ())}
        was_pending = self.is_load_pending
        state = self._act("increase" if steps > 0 else "decrease", abs(steps), before)
        if row.kind == "choice" and (not state.is_sure or state.value != before.value or was_pending):
            self.is_load_pending = True
        if state.is_sure and state.row == row.name and state.value is not None and before.value is not None:
            moved = abs(self._steps(row, before.value, state.value))
            self.counters.lost_presses += max(abs(steps) - moved, 0)
            self.counters.extra_presses += max(moved - abs(steps), 0)

    def error(self, wanted: str, state: ScreenState) -> DriverError:
        return DriverError(wanted, str(state), self._pictures)


def menu_order(profile: Profile) -> list[str]:
    """Captured rows: choices in menu order, then sliders with parents before children."""
    choices = [row.name for row in profile.rows.values() if row.is_captured and row.kind == "choice"]
    return [*choices, *setting_order(profile)]


def shortest_steps(start: int, goal: int, count: int, *, wraps: bool) -> int:
    """Signed steps through a list; round its end where that is shorter and possible."""
    steps = goal - start
    return (steps + count // 2) % count - count // 2 if wraps else steps


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
