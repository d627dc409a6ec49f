"""Pictures of one head under one choice after the other, at the pace of the creator's loads.

While the next value loads, the creator still shows the old face. So the press that asks for the next value proves what the
picture just before it needs: keys are not taken while something loads, hence the load was over; the creator's time went on,
hence it was not frozen; and the face that is shown a frame later is the same one, hence it was whole. What is left is a lid
that rests closed: eyes that are found again open settle that, or the same face on more frames than a lid can rest closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from agents.camera import Lens, SettledPicture
from agents.driver import Driver
from agents.eyes import EyeMemory
from agents.loads import Load, LoadClock
from agents.readout import Value
from agents.rest import FaceLook
from creator.profile import Row
from protocol.device import Picture

_LID_FRAMES = 4  # of a blink in which the lid moves, at least; the others it may rest closed
_MOST_OLD_FRAMES = 30  # that an old face may stay and count as seen at rest: half of the shortest freeze known
_MOST_LOAD_FRAMES = 400
_MOST_PRESS_FRAMES = 16  # from the first press for a value until it must have been taken


@dataclass(slots=True)
class _Candidate:
    """A picture that lacks only proof that no lid was closed; `num_still`: frames before on which the same face was seen."""

    look: FaceLook
    picture: SettledPicture
    num_still: int


@dataclass(frozen=True, slots=True)
class _Taken:
    """The pictures of the whole window before and after a press was taken."""

    before: Picture
    after: Picture
    load: Load


class Turntable:
    """Turns one choice; `shoot` gives up at the first doubt, and whoever called it goes on carefully from there."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._lens = Lens(driver)
        self._eyes = EyeMemory(self._lens.eyes_box)
        self._clock = LoadClock()
        self._head: dict[str, Value] = {}

    def shoot(self, row: Row, values: Sequence[Value]) -> list[SettledPicture]:
        """Settled pictures of the first values, at most of all but the last; the first value is set, each next one a press
        away. What the creator then stands at is in the ledger, or marked there as disturbed."""
        driver = self._driver
        driver.prove_loaded()
        if driver.go_to(row.name).value != values[0]:
            return []
        self._start(row)
        shots: list[SettledPicture] = []
        candidate: _Candidate | None = None
        load = Load(self._lens, None)
        load.see(self._lens.face())
        for value, next_value in pairwise(values):
            taken = self._turn(row, value, next_value, load)
            if candidate is not None and not self._settle(candidate, load, shots):
                return shots
            candidate = None if taken is None else self._judge(taken, value)
            if taken is None or candidate is None:
                return shots
            after = self._lens.face_of(taken.after)
            load = Load(self._lens, after)
            load.see(after)
        while load.is_old and load.frame < _MOST_OLD_FRAMES:
            self._wait_and_see(load)
        if candidate is not None:
            self._settle(candidate, load, shots)
        return shots

    def _start(self, row: Row) -> None:
        """The eyes of another head are other eyes."""
        head = {name: value for name, value in self._driver.ledger.known.items() if name != row.name}
        if head != self._head:
            self._eyes.forget()
        self._head = head

    # From one value to the next

    def _turn(self, row: Row, value: Value, next_value: Value, load: Load) -> _Taken | None:
        """Presses as soon as the value's picture can have been taken; None when something is in the way."""
        step = self._driver.steps(row, value, next_value)
        first_press: int | None = None
        while load.frame < _MOST_LOAD_FRAMES:
            if first_press is None and not self._is_due(load):
                self._wait_and_see(load)
                continue
            first_press = load.frame if first_press is None else first_press
            if load.frame - first_press > _MOST_PRESS_FRAMES:
                return None
            pictures = self._press(row, step)
            at = self._taken_at(pictures, row, value, next_value)
            if at is None:
                return None
            for picture in pictures[:at]:
                self._see(load, self._lens.face_of(picture))
            if at < len(pictures):
                return self._note(pictures, at, load)
        return None

    def _is_due(self, load: Load) -> bool:
        if load.frame < load.blink_until:
            return False
        if load.settled:
            is_seen_open = len(load.settled) == 1 and self._eyes.is_open(load.settled[-1])
            return is_seen_open or len(load.settled) > 1
        half = load.half_frame
        return self._eyes.is_ready and half is not None and self._clock.is_due(half, load.frame - half)

    def _wait_and_see(self, load: Load) -> None:
        self._driver.console.wait_frames(1)
        self._see(load, self._lens.face())

    def _see(self, load: Load, look: FaceLook) -> None:
        was_seen_new = load.was_seen_new
        load.see(look)
        if load.half_frame is not None and load.was_seen_new and not was_seen_new:
            self._clock.note(load.half_frame, load.frame - load.half_frame)

    def _press(self, row: Row, step: int) -> list[Picture]:
        """One tap; the whole window on every frame of it."""
        driver = self._driver
        driver.ledger.disturb((row.name,))
        driver.is_load_pending = True
        pictures: list[Picture] = []
        driver.console.tap(
            "increase" if step > 0 else "decrease", on_frame=lambda: pictures.append(driver.console.grab())
        )
        return pictures

    def _taken_at(self, pictures: Sequence[Picture], row: Row, value: Value, next_value: Value) -> int | None:
        """Which picture is the first to show the next value; their number when none does; None when one is unreadable."""
        for at, picture in enumerate(pictures):
            state = self._driver.readout.read_screen(picture)
            if not state.is_value_sure or state.row != row.name or state.value not in (value, next_value):
                return None
            if state.value == next_value:
                return at
        return len(pictures)

    def _note(self, pictures: Sequence[Picture], at: int, load: Load) -> _Taken | None:
        """None when the key was taken before the value's own face had shown."""
        if at == 0 or not load.was_seen_new:
            if load.half_frame is not None:
                self._clock.note_early(load.half_frame)
            return None
        return _Taken(pictures[at - 1], pictures[at], load)

    # Judging

    def _judge(self, taken: _Taken, value: Value) -> _Candidate | None:
        """None when the picture before the press is no picture of the value at rest; else the press is taken note of."""
        driver, before = self._driver, self._lens.face_of(taken.before)
        is_whole = not before.is_black and self._lens.is_still(before, self._lens.face_of(taken.after))
        is_labelled = self._lens.agrees(taken.before)
        confidence = driver.ledger.confidence
        driver.read(taken.after)
        driver.note_rows()
        if not (is_whole and is_labelled and taken.load.settled):
            return None
        picture = SettledPicture(before.pixels_HW3, taken.before.seconds, confidence)
        candidate = _Candidate(before, picture, len(taken.load.settled))
        return candidate if self._may_settle(candidate) else None

    def _may_settle(self, candidate: _Candidate) -> bool:
        """Whether its eyes are open, or the old face may yet be seen long enough."""
        if self._eyes.is_open(candidate.look):
            return True
        return not self._eyes.is_ready or candidate.num_still > 2

    def _settle(self, candidate: _Candidate, next_load: Load, shots: list[SettledPicture]) -> bool:
        """Keeps a candidate whose eyes are open for certain."""
        is_open = self._eyes.is_open(candidate.look) or self._was_seen_long(candidate, next_load)
        if not is_open or self._ends_blink(next_load):
            self._driver.counters.retakes += 1
            return False
        self._eyes.keep(candidate.look)
        shots.append(candidate.picture)
        return True

    def _ends_blink(self, next_load: Load) -> bool:
        """Whether so soon after the picture lids were seen to open that they were closed in it."""
        blink_frames = self._driver.calibration.timing.blink_frames
        return any(
            frame <= blink_frames and self._eyes.has_opened(before, after) for frame, before, after in next_load.lids
        )

    def _was_seen_long(self, candidate: _Candidate, next_load: Load) -> bool:
        """No lid rests closed for so many frames; a frozen game would show the old face for much longer."""
        is_calm = next_load.num_old_still == next_load.num_old <= _MOST_OLD_FRAMES and not next_load.is_old
        num_still = candidate.num_still + next_load.num_old
        return is_calm and num_still > self._driver.calibration.timing.blink_frames - _LID_FRAMES
