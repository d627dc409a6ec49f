"""Takes settled pictures of what a driver has set.

A picture is kept when two of them, more than a blink apart, show the same resting face and the same settings, and a key that
the creator took in between proves that its time went on: a frozen game can look at rest with its eyes closed. Of a blink in the
second picture nothing is left when the first one and those just before and after it contradict it (see `agents.lids`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from agents import cell
from agents.cell import Pixels
from agents.driver import Driver
from agents.errors import CaptureError
from agents.eyes import is_blink
from agents.lids import Blink, is_open_for_certain
from agents.readout import SURE
from agents.rest import FaceLook, difference
from protocol.device import Picture

_AROUND = 2  # frames before and after a picture that are looked at: on the first a lid may have moved too little to see
_SLACK_FRAMES = 8  # by which two pictures may stand further apart than needed: a freeze is far longer


@dataclass(frozen=True, slots=True)
class SettledPicture:
    """The face alone, when it was seen on the device's clock, and how sure the least sure readout of its settings is."""

    face_HW3: Pixels
    seconds: float
    confidence: float


@dataclass(frozen=True, slots=True)
class _Shot:
    """A picture of the whole window whose menu says what it should."""

    picture: Picture
    look: FaceLook
    where: tuple[str | None, ...]


class Lens:
    """How a driver's camera looks at faces."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver

    @cached_property
    def eyes_box(self) -> tuple[int, int, int, int]:
        left, top, width, height = self.driver.calibration.timing.eyes
        return left, top, width, height

    def face(self) -> FaceLook:
        """The face now on the screen."""
        picture = self.driver.console.grab(self.driver.readout.layout.face)
        return FaceLook(cell.pixels_HW3(picture), picture.seconds)

    def face_of(self, picture: Picture) -> FaceLook:
        """The face in a picture of the whole window."""
        return FaceLook(cell.cut(cell.pixels_HW3(picture), self.driver.readout.layout.face), picture.seconds)

    def frames_between(self, first: FaceLook, second: FaceLook) -> float:
        """Of the creator, by the device's clock."""
        return (second.seconds - first.seconds) * self.driver.console.frames_per_second

    def is_open(self, look: FaceLook, runs: Sequence[Sequence[FaceLook]]) -> bool:
        """Whether no blink can have closed its eyes; as in `agents.lids`."""
        timing = self.driver.calibration.timing
        late_frames = 1 if timing.slack_frames else 0  # only where the clock is the creator's own is no look ever late
        blink = Blink(self.eyes_box, timing.blink_frames, timing.frames_per_second, late_frames)
        return is_open_for_certain(look, runs, blink)

    def is_still(self, a: FaceLook, b: FaceLook) -> bool:
        """The same face in both, moved by no more than it sways at rest."""
        if a.is_same(b):
            return True
        limit = self.driver.calibration.timing.rest_difference
        return difference(a, b) <= limit and not is_blink(a, b, self.eyes_box)

    def agrees(self, picture: Picture) -> bool:
        """Every captured row that the picture shows stands at its known value, and the highlight at one of them."""
        driver = self.driver
        rows, known = driver.profile.rows, driver.ledger.known
        return all(
            reading.confidence >= SURE and reading.value == known[reading.row]
            for reading in driver.readout.read_rows(picture)
            if rows[reading.row].is_captured
        )


class Camera:
    """Takes a picture of whatever stands there, in the time of a blink and a bit."""

    def __init__(self, driver: Driver, *, max_tries: int = 80) -> None:
        self.driver = driver
        self._lens = Lens(driver)
        self._max_tries = max_tries

    def take(self) -> SettledPicture:
        """Raises CaptureError when the face does not come to rest."""
        driver = self.driver
        first: _Shot | None = None
        for _ in range(self._max_tries):
            driver.prove_loaded()
            if first is None:
                first = self._shoot()
                continue
            second = self._shoot_later(first)
            if second is not None and self._lens.is_still(first.look, second.look):
                return SettledPicture(second.look.pixels_HW3, second.picture.seconds, driver.ledger.confidence)
            driver.counters.retakes += 1
            first = second
        raise CaptureError(
            f"No settled picture of {driver.character} in {self._max_tries} tries: is the face covered or moving?"
        )

    def _shoot(self) -> _Shot | None:
        """None when the menu in the same picture cannot be read, or says something else than what is known."""
        driver = self.driver
        picture = driver.console.grab()
        state = driver.readout.read_screen(picture)
        look = self._lens.face_of(picture)
        if not state.is_sure or look.is_black or not self._lens.agrees(picture):
            driver.see()
            driver.note_rows()  # what really stands there is a surprise, and voids the shard
            driver.console.wait_frames(1)  # a torn picture stays torn for its frame
            return None
        return _Shot(picture, look, state.where[:3])

    def _shoot_later(self, first: _Shot) -> _Shot | None:
        """A second picture, in which the highlight has moved since the first; None when that took so long that the creator
        may have stood still meanwhile, or when the picture just before or after it shows another face."""
        driver = self.driver
        frame_seconds = 1 / driver.console.frames_per_second
        due_seconds = first.picture.seconds + (driver.calibration.timing.blink_frames + 1) * frame_seconds
        driver.step_aside(due_seconds - _AROUND * frame_seconds)
        before = self._next_faces()
        second = self._shoot()
        if second is None or second.where == first.where:
            return None
        driver.console.wait_frames(1)
        after = self._next_faces()
        if second.picture.seconds > due_seconds + _SLACK_FRAMES * frame_seconds:
            return None
        is_calm = self._lens.is_still(before[-1], second.look) and self._lens.is_still(second.look, after[0])
        looks = [look for look in (first.look, *before, second.look, *after) if not look.is_black]
        return second if is_calm and self._lens.is_open(second.look, [looks]) else None

    def _next_faces(self) -> list[FaceLook]:
        """One now, and on each of the next frames; the frame after the last one is on the screen then."""
        faces = []
        for _ in range(_AROUND):
            faces.append(self._lens.face())
            self.driver.console.wait_frames(1)
        return faces
