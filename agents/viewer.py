"""Looks at the creator: readouts of the menu that are sure, whatever covers the screen for a while."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from agents.calibration import Calibration
from agents.cell import Ink
from agents.console import Console, Counters
from agents.errors import DriverError
from agents.ledger import Ledger
from agents.readout import SURE, Readout, RowReading, ScreenState, Value
from creator.profile import Profile
from protocol.device import Device, Picture

_KEPT_PICTURES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverLimits:
    """When to give up. `blind_frames`: how long the screen may stay unreadable; `num_tries`: legs or bursts for one goal;
    `stuck_frames`: how long keys may stay without any effect: a long load with a few freezes in it takes 1,200."""

    blind_frames: int = 3600
    stuck_frames: int = 3600
    num_tries: int = 4000


class Viewer:
    """Reads the screen of one device into a ledger; presses nothing but the key that confirms a pop-up."""

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
        self.ledger = Ledger()
        self._limits = limits or DriverLimits()
        self._place = {
            row.name: (page.name, section.name)
            for page in profile.pages
            for section in page.sections
            for row in section.rows
        }
        self._noted: tuple[str, str] | None = None  # the section whose values were read since it was entered
        self._pictures: list[Picture] = []
        others = {key for action, key in asdict(profile.keys).items() if action != "confirm"}
        self._is_confirm_harmless = profile.keys.confirm not in others

    def look(self) -> ScreenState:
        """One readout of the screen as it is now."""
        return self.read(self.console.grab(self.readout.menu))

    def read(self, picture: Picture) -> ScreenState:
        """The readout of a picture of the menu or of the whole window, which becomes the last one seen."""
        self._pictures = [*self._pictures[1 - _KEPT_PICTURES :], picture]
        self.counters.readouts += 1
        return self.readout.read_screen(picture)

    def see(self, wanted: str = "a screen of the menu") -> ScreenState:
        """A readout that is sure: waits for animations to end, confirms pop-ups, asks for the focus."""
        state, waited, before = self.look(), 0, b""
        while not state.is_sure:
            if waited > self._limits.blind_frames:
                raise self.error(wanted, state)
            now = self._pictures[-1].rgb
            waited += self._recover(state, waited, is_still=now == before)
            before, state = now, self.look()
        return state

    def _recover(self, state: ScreenState, waited: int, *, is_still: bool) -> int:
        """Does what may help after having waited that long; returns the frames that it took.

        A list that is covered by something that does not move is no animation.
        """
        timing = self.calibration.timing
        patience = max(timing.section_frames, timing.page_frames) + 2 * timing.show_frames
        is_popup = state.is_covered and is_still and self._is_confirm_harmless
        if waited < patience and not is_popup:
            self.console.regain_focus()
            self.console.wait_frames(1)
            return 1
        self.counters.recoveries += 1
        self.console.refocus()  # also finds a window that was moved
        if state.is_covered:
            self.counters.popups += 1
            self.console.tap("confirm")
        pause = timing.show_frames + min(max(waited - patience, 0) // 4, 30)
        self.console.wait_frames(pause)
        return pause + timing.hold_frames + timing.gap_frames

    # What stands in the rows

    def note_rows(self) -> tuple[RowReading, ...]:
        """Remembers the values of all rows in the last picture."""
        rows = self.readout.read_rows(self._pictures[-1])
        self._noted = self._place[rows[0].row] if rows else None
        for reading in rows:
            if self.profile.rows[reading.row].is_captured and reading.confidence >= SURE and reading.value is not None:
                is_explained = self.ledger.note(reading.row, reading.value, reading.confidence)
                self.counters.surprises += not is_explained
        return rows

    def values_here(self) -> dict[str, Value]:
        """Values of all rows of this section, captured or not, as far as they can be read."""
        self.see()
        readings = self.readout.read_rows(self._pictures[-1])
        return {each.row: each.value for each in readings if each.value is not None and each.confidence >= SURE}

    def value_ink(self) -> Ink:
        """What stands beside the highlighted row, for learning to read it."""
        state = self.see()
        return self.readout.value_ink(self._pictures[-1], int(state.line or 0))

    def error(self, wanted: str, state: ScreenState) -> DriverError:
        return DriverError(wanted, str(state), self._pictures)
