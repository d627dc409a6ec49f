"""Pictures of one head under one choice after the other, at the pace of the creator's loads.

While the next value loads, the creator still shows the old face. So the press that asks for the next value proves what the
picture just before it needs: keys are not taken while something loads, hence the load was over; the creator's time went on,
hence it was not frozen; and the face that is shown a frame later is the same one, hence it was whole. What is left is a lid
that rests closed: eyes that are found again open settle that, or the same face on more frames than a lid can rest closed.

A picture that does not settle is taken again at once: the press back proves the value in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.camera import Lens, SettledPicture
from agents.driver import Driver
from agents.eyes import EyeMemory, is_blink
from agents.loads import Load, LoadClock
from agents.readout import Value
from agents.rest import FaceLook
from creator.profile import Row
from protocol.device import Picture

_LID_FRAMES = 4  # of a blink in which the lid moves, at least; the others it may rest closed
_MOST_OLD_FRAMES = 30  # that an old face may stay and count as seen at rest: half of the shortest freeze known
_MOST_LOAD_FRAMES = 400
_MOST_PRESS_FRAMES = 400  # from the first press for a value until it must have been taken: a freeze and a half
_MOST_QUICK_FRAMES = 16  # of these, on which a creator that is not frozen takes a key: only then do still frames count
_MOST_UNREADABLE = 2  # taps in a row: black and torn pictures pass, pop-ups stay
_MOST_RETAKES = 4  # beyond one in eight


@dataclass(slots=True)
class _Candidate:
    """A picture that lacks only proof that no lid was closed; `num_still`: frames before on which the same face was seen."""

    at: int
    look: FaceLook
    picture: SettledPicture
    num_still: int


@dataclass(frozen=True, slots=True)
class _Taken:
    """The pictures of the whole window before and after a press was taken, and those until the tap was over; `before` None:
    nobody looked in time."""

    before: Picture | None
    after: Picture
    later: Sequence[Picture]


@dataclass(slots=True)
class _Turn:
    """How far the values of a row are pictured: the creator stands at `at`, or loads it."""

    row: Row
    values: Sequence[Value]
    load: Load
    at: int = 0
    candidate: _Candidate | None = None
    shots: dict[int, SettledPicture] = field(default_factory=dict)
    num_retakes: int = 0

    @property
    def first_missing(self) -> int:
        """Of the values whose press was taken without a picture, or the one that is next to be pictured."""
        held = self.candidate.at if self.candidate is not None else None
        return next((at for at in range(len(self.values)) if at not in self.shots and at != held), len(self.values))

    @property
    def is_over(self) -> bool:
        return self.at == len(self.values) - 1 == self.first_missing

    @property
    def goal(self) -> int:
        return self.at - 1 if self.first_missing < self.at else self.at + 1

    def prefix(self) -> list[SettledPicture]:
        return [self.shots[at] for at in range(min(self.first_missing, len(self.shots)))]


class Turntable:
    """Turns one choice; `shoot` gives up at what it does not know, and whoever called it goes on carefully from there."""

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
        driver.go_to(row.name)  # the first key on the way proves the end of a load as well as any other
        driver.prove_loaded()
        if driver.go_to(row.name).value != values[0]:
            return []
        self._start(row)
        turn = _Turn(row, values, Load(self._lens, None))
        turn.load.see(self._lens.face())
        while turn.num_retakes <= _MOST_RETAKES + len(values) // 8:
            self._see_old(turn)
            if turn.is_over or not self._go_on(turn):
                break
        turn.candidate = None
        return turn.prefix()

    def _start(self, row: Row) -> None:
        """The eyes of another head are other eyes."""
        head = {name: value for name, value in self._driver.ledger.known.items() if name != row.name}
        if head != self._head:
            self._eyes.forget()
        self._head = head

    # From one value to the next

    def _see_old(self, turn: _Turn) -> None:
        """Looks on while the face before is shown; then that is kept, or missing again."""
        load, candidate = turn.load, turn.candidate
        while load.is_old and load.frame < _MOST_OLD_FRAMES:
            self._wait_and_see(load)
        turn.candidate = None
        if candidate is not None and self._is_settled(candidate, load):
            turn.shots[candidate.at] = candidate.picture
            self._eyes.keep(candidate.look)
        elif candidate is not None:
            self._miss(turn)

    def _miss(self, turn: _Turn) -> None:
        turn.num_retakes += 1
        self._driver.counters.retakes += 1

    def _go_on(self, turn: _Turn) -> bool:
        """Presses towards the next value that lacks a picture; False when something is in the way."""
        at, goal, load = turn.at, turn.goal, turn.load
        if not self._await_due(load):
            return False
        pressed_frame = load.frame
        taken = self._press_on(turn.row, turn.values[at], turn.values[goal], load)
        if taken is None:
            return False
        last = max(turn.shots, default=0)
        if abs(last - at) == 1 and last in turn.shots and self._ends_blink(load):
            del turn.shots[last]
            self._miss(turn)
        if at not in turn.shots and at < len(turn.values) - 1:
            turn.candidate = self._judge(taken, at, load, is_quick=load.frame - pressed_frame <= _MOST_QUICK_FRAMES)
            if turn.candidate is None:
                self._miss(turn)
        self._driver.read(taken.after)
        self._driver.note_rows()
        turn.at = goal
        turn.load = self._next_load(taken, load)
        return True

    def _next_load(self, taken: _Taken, load: Load) -> Load:
        """A blink goes on from one load into the next."""
        after = self._lens.face_of(taken.after)
        following = Load(self._lens, after, blink_until=max(load.blink_until - load.frame - 1, 0))
        if taken.before is not None:
            following.remember(self._lens.face_of(taken.before), after)
        following.see(after)
        for picture in taken.later:
            self._see(following, self._lens.face_of(picture))
        return following

    def _await_due(self, load: Load) -> bool:
        """Until the value's picture can have been taken; False when it does not come."""
        while not self._is_due(load):
            if load.frame >= _MOST_LOAD_FRAMES:
                return False
            self._wait_and_see(load)
        return True

    def _is_due(self, load: Load) -> bool:
        is_blink_over = load.frame >= load.blink_until
        num_settled = len(load.settled)
        if num_settled > self._most_closed_frames:
            return True
        if num_settled and self._eyes.is_ready:
            return (is_blink_over or num_settled > 1) and self._eyes.is_open(load.settled[-1])
        if num_settled:
            return is_blink_over and num_settled > 1
        half = load.half_frame
        is_foreseen = half is not None and self._clock.is_due(half, load.frame - half)
        return is_blink_over and self._eyes.is_ready and is_foreseen

    @property
    def _most_closed_frames(self) -> int:
        return self._driver.calibration.timing.blink_frames - _LID_FRAMES

    def _wait_and_see(self, load: Load) -> None:
        self._driver.console.wait_frames(1)
        self._see(load, self._lens.face())

    def _see(self, load: Load, look: FaceLook) -> None:
        was_seen_new = load.was_seen_new
        load.see(look)
        if load.half_frame is not None and load.was_seen_new and not was_seen_new:
            self._clock.note(load.half_frame, load.frame - load.half_frame)

    def _press_on(self, row: Row, value: Value, next_value: Value, load: Load) -> _Taken | None:
        """Taps, whenever one is due, until the next value shows; None when something is in the way."""
        step = self._driver.steps(row, value, next_value)
        first_press, num_unreadable = load.frame, 0
        while load.frame - first_press <= _MOST_PRESS_FRAMES and num_unreadable < _MOST_UNREADABLE:
            pictures = self._press(row, step)
            values = [self._value(picture, row) for picture in pictures]
            if any(each not in (None, value, next_value) for each in values):
                return None
            at = values.index(next_value) if next_value in values else len(values)
            for picture in pictures[:at]:
                self._see(load, self._lens.face_of(picture))
            if at < len(pictures):
                return self._note(pictures, at, load)
            num_unreadable = num_unreadable + 1 if values[-1] is None else 0
            if not num_unreadable and not self._await_due(load):
                return None
        return None

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

    def _value(self, picture: Picture, row: Row) -> Value | None:
        """What stands in the row; None when it is not to be read, '' when another row is highlighted."""
        state = self._driver.readout.read_screen(picture)
        if not state.is_value_sure:
            return None
        return state.value if state.row == row.name else ""

    def _note(self, pictures: Sequence[Picture], at: int, load: Load) -> _Taken:
        """A key that was taken before the value's own face had shown leaves no picture."""
        if load.was_seen_new and at > 0:
            return _Taken(pictures[at - 1], pictures[at], pictures[at + 1 :])
        if load.half_frame is not None:
            self._clock.note_early(load.half_frame)
        return _Taken(None, pictures[at], pictures[at + 1 :])

    # Judging

    def _judge(self, taken: _Taken, at: int, load: Load, *, is_quick: bool) -> _Candidate | None:
        """None when the picture before the press is no picture of the value at rest."""
        if taken.before is None or not load.settled:
            return None
        before, after = self._lens.face_of(taken.before), self._lens.face_of(taken.after)
        is_whole = self._lens.is_still(before, after) or self._is_closing(before, after, load)
        if before.is_black or not is_whole or load.has_lid_just_moved or not self._lens.agrees(taken.before):
            return None
        picture = SettledPicture(before.pixels_HW3, taken.before.seconds, self._driver.ledger.confidence)
        return _Candidate(at, before, picture, len(load.settled) if is_quick else 0)

    def _is_closing(self, before: FaceLook, after: FaceLook, load: Load) -> bool:
        """The same face, but for lids that were open and begin to close: they were at rest a frame before, too. Lids at the
        first or last step of a blink cover a row of pixels or two, and pass for open."""
        return len(load.settled) > 1 and is_blink(before, after, self._lens.eyes_box) and self._eyes.is_open(before)

    def _is_settled(self, candidate: _Candidate, next_load: Load) -> bool:
        """Whether its eyes are open for certain."""
        is_open = self._eyes.is_open(candidate.look) or self._was_seen_long(candidate, next_load)
        return is_open and not self._ends_blink(next_load)

    def _ends_blink(self, next_load: Load) -> bool:
        """Whether soon after the picture lids were seen to open, before any closed: then they were closed in it."""
        blink_frames = self._driver.calibration.timing.blink_frames
        for frame, before, after in next_load.lids[:1]:
            return frame <= blink_frames and self._eyes.has_opened(before, after)
        return False

    def _was_seen_long(self, candidate: _Candidate, next_load: Load) -> bool:
        """No lid rests closed for so many frames; a frozen game would show the old face for much longer."""
        is_calm = next_load.num_old_still == next_load.num_old <= _MOST_OLD_FRAMES and not next_load.is_old
        return is_calm and candidate.num_still + next_load.num_old > self._most_closed_frames
