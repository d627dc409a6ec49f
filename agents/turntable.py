"""Pictures of one head under one choice after the other, at the pace of the creator's loads.

While the next value loads, the creator still shows the old face. So the press that asks for the next value proves what the
picture just before it needs: keys are not taken while something loads, hence the load was over; the creator's time went on,
hence it was not frozen; and the face that is shown a frame later is the same one, hence it was whole. What is left is a lid
that rests closed, whose closing the half-loaded face hid: the frames of the same face before the press and after it contradict
that when there are more of them than a lid can rest (`agents.lids`). The press waits until the shortest load will do; where the
frames to come do not, because the face swayed just then, the picture is taken again. How open the eyes look is a hint: where they
look closed, the press waits until nothing needs to come.

A picture that does not settle is taken again at once: the press back proves the value in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.camera import Lens, SettledPicture
from agents.driver import Driver
from agents.eyes import EyeMemory, is_blink
from agents.loads import MOST_CALM_FRAMES, Load
from agents.readout import Value
from agents.rest import FaceLook
from creator.profile import Row
from protocol.device import Picture

_MOST_LOAD_FRAMES = 400
_MOST_PRESS_FRAMES = 400  # from the first press for a value until it must have been taken: a freeze and a half
_MOST_UNREADABLE = 2  # taps in a row: black and torn pictures pass, pop-ups stay
_MOST_RETAKES = 4  # beyond one in eight


@dataclass(slots=True)
class _Candidate:
    """A picture that lacks only proof that no lid was closed; `past`: looks of the face before it, if they say something."""

    at: int
    look: FaceLook
    picture: SettledPicture
    past: Sequence[FaceLook]


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
        self._least_old: int | None = None  # frames for which an old face stayed after a press
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
        while load.is_old and load.num_old <= MOST_CALM_FRAMES and load.frame < _MOST_LOAD_FRAMES:
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
        taken = self._press_on(turn.row, turn.values[at], turn.values[goal], load)
        if taken is None:
            return False
        if at not in turn.shots and at < len(turn.values) - 1:
            turn.candidate = self._judge(taken, at, load)
            if turn.candidate is None:
                self._miss(turn)
        self._driver.read(taken.after)
        self._driver.note_rows()
        turn.at = goal
        turn.load = self._next_load(taken, load)
        return True

    def _next_load(self, taken: _Taken, load: Load) -> Load:
        after = self._lens.face_of(taken.after)
        following = Load(self._lens, after, list(load.calm_shown), load.blink_until)
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
        """Whether the picture that a press takes now will be proved if all stays still; what gives reason to doubt that must be
        disproved before the press: eyes that look closed, a blink that was seen, a face that may be half-loaded."""
        if not load.shown:
            return False
        last = load.shown[-1]
        looks_closed = self._eyes.is_ready and not self._eyes.is_open(last)
        if looks_closed or last.seconds < load.blink_until or not load.is_clear:
            return len(load.shown) > 1 and self._lens.is_open(load.shown[-2], load.runs)
        frame_seconds = 1 / self._driver.console.frames_per_second
        num_coming = 1 + (self._least_old or 1)
        coming = [FaceLook(last.pixels_HW3, last.seconds + (1 + at) * frame_seconds) for at in range(num_coming)]
        *past, shown = load.runs
        return self._lens.is_open(coming[0], [*past, [*shown, *coming]])

    def _wait_and_see(self, load: Load) -> None:
        self._driver.console.wait_frames(1)
        self._see(load, self._lens.face())

    def _see(self, load: Load, look: FaceLook) -> None:
        was_half = load.half_frame is not None
        load.see(look)
        if load.half_frame is not None and not was_half:
            self._least_old = min(load.half_frame, self._least_old or load.half_frame)

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
        before = pictures[at - 1] if load.shown and at > 0 else None
        return _Taken(before, pictures[at], pictures[at + 1 :])

    # Judging

    def _judge(self, taken: _Taken, at: int, load: Load) -> _Candidate | None:
        """None when the picture before the press is no picture of the value at rest."""
        if taken.before is None:
            return None
        before, after = self._lens.face_of(taken.before), self._lens.face_of(taken.after)
        is_whole = self._lens.is_still(before, after) or is_blink(before, after, self._lens.eyes_box)
        if before.is_black or not is_whole or not self._lens.agrees(taken.before):
            return None
        picture = SettledPicture(before.pixels_HW3, taken.before.seconds, self._driver.ledger.confidence)
        past = load.runs[0] if len(load.runs) > 1 else []
        return _Candidate(at, before, picture, past)

    def _is_settled(self, candidate: _Candidate, next_load: Load) -> bool:
        """Whether its eyes are open for certain; a face that stays for long may be a frozen one."""
        is_calm = not next_load.is_old and next_load.num_old <= MOST_CALM_FRAMES
        return is_calm and self._lens.is_open(candidate.look, [candidate.past, next_load.past])
