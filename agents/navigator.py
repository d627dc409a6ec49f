"""Moves the highlight to any row from anywhere, by readouts; presses no key that changes a value.

Legs whose keys are harmless wherever they arrive (leave, next row, next page) are sent without waiting for each other's
effect; `enter` is pressed only on a section that was seen to be highlighted, for on a row it would change something.
"""

from __future__ import annotations

from agents.calibration import Calibration
from agents.readout import ScreenState, Value
from agents.viewer import DriverLimits, Viewer
from creator.profile import Profile
from protocol.device import Device

_MOST_ASIDE_TAPS = 3


class Navigator(Viewer):
    """`is_load_pending`: a choice was changed, and no key since was seen to be taken."""

    def __init__(
        self, device: Device, profile: Profile, calibration: Calibration, limits: DriverLimits | None = None
    ) -> None:
        super().__init__(device, profile, calibration, limits)
        self.is_load_pending = False
        self._aside = "previous_row"
        self._sections = {page.name: [section.name for section in page.sections] for page in profile.pages}
        self._plain_rows = {
            (page.name, section.name): [
                row.name
                for row in section.rows
                if row.name not in {name for row in section.rows for name in row.inserts}
            ]
            for page in profile.pages
            for section in page.sections
        }

    def go_to(self, name: str) -> ScreenState:
        """Highlights a row; the returned readout is sure. Raises DriverError naming the row that could not be reached."""
        stuck_frames, before = 0, None
        for _ in range(self._limits.num_tries):
            state = self.see(f"row {name!r}")
            if state.row == name:
                self._note_if_new(state)
                return state
            stuck_frames = self._stuck(stuck_frames, state == before)
            if stuck_frames > self._limits.stuck_frames:
                break
            before = state
            self._step_towards(state, *self._place[name], name)
        raise self.error(f"row {name!r}", self.look())

    def _note_if_new(self, state: ScreenState) -> None:
        is_as_known = self.ledger.known.get(str(state.row)) == state.value
        if self.ledger.disturbed or self._noted != (state.page, state.section) or not is_as_known:
            self.note_rows()

    def read_row(self, name: str) -> Value:
        """The value of one row, read now. Raises DriverError when it stays unreadable."""
        for _ in range(self._limits.num_tries):
            state = self.go_to(name)
            if state.is_value_sure and state.value is not None:
                return state.value
            self.console.wait_frames(1)
        raise self.error(f"a value in row {name!r}", state)

    def enter_section(self, page: str, section: str) -> None:
        """Stands in a section, on whichever row."""
        stuck_frames, before = 0, None
        for _ in range(self._limits.num_tries):
            state = self.see(f"section {page} > {section}")
            if (state.page, state.section) == (page, section):
                return
            stuck_frames = self._stuck(stuck_frames, state == before)
            if stuck_frames > self._limits.stuck_frames:
                break
            before = state
            self._step_towards(state, page, section, None)
        raise self.error(f"section {page} > {section}", self.look())

    def _stuck(self, frames: int, is_same: bool) -> int:
        """Counts frames without effect; asks for the front once a tap had none."""
        if not is_same:
            return 0
        self.console.regain_focus()
        timing = self.calibration.timing
        return frames + timing.hold_frames + timing.gap_frames + timing.show_frames

    # One leg of the way

    def _step_towards(self, state: ScreenState, page: str, section: str, row: str | None) -> None:
        if state.section is not None:
            if (state.page, state.section) == (page, section) and row is not None:
                self._walk_rows(state, row)
            else:
                self._leave_for(state, page, section)
        elif state.page != page:
            self._turn_page(state, page, section)
        elif state.highlighted != section:
            sections = self._sections[page]
            self._walk(sections.index(str(state.highlighted)), sections.index(section), len(sections), state)
        else:
            self._enter(state, page, section, row)

    def _leave_for(self, state: ScreenState, page: str, section: str) -> None:
        """On to the other section of the same page, unless a load may swallow the first key."""
        self._noted = None
        steps = 0
        if state.page == page and not self.is_load_pending:
            sections = self._sections[page]
            steps = self._shortest(sections.index(str(state.section)), sections.index(section), len(sections))
        self._act(("leave", 1), row_steps(steps), before=state)

    def _turn_page(self, state: ScreenState, page: str, section: str) -> None:
        pages, sections = list(self._sections), self._sections[page]
        turns = shortest_steps(pages.index(str(state.page)), pages.index(page), len(pages), wraps=True)
        turn = ("next_page" if turns > 0 else "previous_page", 1)
        steps = self._shortest(0, sections.index(section), len(sections)) if abs(turns) == 1 else 0
        self._act(turn, row_steps(steps if not self.is_load_pending else 0), before=state)

    def _enter(self, state: ScreenState, page: str, section: str, row: str | None) -> None:
        rows = self._plain_rows[page, section]
        steps = self._shortest(0, rows.index(row), len(rows)) if row in rows and not self.is_load_pending else 0
        self._act(("enter", 1), row_steps(steps), before=state)

    def _walk_rows(self, state: ScreenState, name: str) -> None:
        visible = [reading.row for reading in self.note_rows()]
        if name not in visible or state.row not in visible:
            raise self.error(f"row {name!r} in {state.page} > {state.section}", state)
        self._walk(visible.index(str(state.row)), visible.index(name), len(visible), state)

    def _walk(self, start: int, goal: int, count: int, state: ScreenState) -> None:
        self._act(row_steps(self._shortest(start, goal, count)), before=state)

    def _shortest(self, start: int, goal: int, count: int) -> int:
        return shortest_steps(start, goal, count, wraps=self.profile.timing.lists_wrap)

    def _act(self, *legs: tuple[str, int], before: ScreenState) -> ScreenState:
        """Taps each leg as soon as the one before can be over, waits until the last must show, and looks.

        A change seen after a load began proves that it is over.
        """
        timing = self.calibration.timing
        taken_frames = timing.hold_frames + timing.gap_frames
        wait_frames = 0
        legs = tuple(leg for leg in legs if leg[1])
        for action, times in legs:
            self.console.wait_frames(wait_frames)
            self.console.tap(action, times)
            wait_frames = max(self._animation_frames(action) + 1 - taken_frames, 0)
        is_moving = self._animation_frames(legs[-1][0]) > 0 and not self.is_load_pending
        self.console.wait_frames(timing.show_frames + (wait_frames + 2 if is_moving else 0))
        state = self.look()
        if state != before:
            self.is_load_pending = self.is_load_pending and not self._proves_load(before, state)
        else:
            self.counters.lost_presses += legs[0][1]
        return state

    def _animation_frames(self, action: str) -> int:
        if action in ("enter", "leave"):
            return self.calibration.timing.section_frames
        return self.calibration.timing.page_frames if action in ("next_page", "previous_page") else 0

    def _proves_load(self, before: ScreenState, after: ScreenState) -> bool:
        """Only a sure readout of a new place or value shows that the creator took a key."""
        return before.where != (after if after.is_sure else self.see()).where

    # Keys that only show that the creator lives

    def prove_loaded(self) -> None:
        """Moves the highlight until the creator takes a key again, which it does not while it loads."""
        stuck_frames, state = 0, self.see() if self.is_load_pending else None
        while self.is_load_pending and state is not None:
            if stuck_frames > self._limits.stuck_frames:
                raise self.error("the end of a load", state)
            state = self._act(("next_row" if self._has_neighbours(state) else "leave", 1), before=state)
            stuck_frames = self._stuck(stuck_frames, is_same=True)
            if not state.is_sure:
                state = self.see()

    def _has_neighbours(self, state: ScreenState) -> bool:
        """Whether the list has a second line to move to, toggles being off."""
        return state.section is None or len(self._plain_rows[str(state.page), state.section]) > 1

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
            after = self._act((action, 1), before=state)
            if not after.is_sure or after != state:
                self._wait_until(until_seconds)
                return
        self._stuck(1, is_same=True)

    def _wait_until(self, seconds: float) -> None:
        self.console.device.wait(max(seconds - self.console.device.now(), 0.0))


def row_steps(steps: int) -> tuple[str, int]:
    """The leg that moves the highlight so far; down where positive."""
    return ("next_row" if steps > 0 else "previous_row", abs(steps))


def shortest_steps(start: int, goal: int, count: int, *, wraps: bool) -> int:
    """Signed steps through a list; round its end where that is shorter and possible."""
    steps = goal - start
    return (steps + count // 2) % count - count // 2 if wraps else steps
