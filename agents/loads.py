"""How loads go on: frame by frame for the one that is under way, and how long they take once the half-loaded face shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from agents.camera import Lens
from agents.eyes import is_blink
from agents.rest import FaceLook

_COARSE = 0.5  # of the way from a face's flatness to 1: the half-loaded look is coarser than any face
_LEAST_LOADS = 6  # of one kind, before the next is expected to be like them


@dataclass
class LoadClock:
    """`longest`: by frames from a press to the half-loaded face, the most frames from there to the new face."""

    counts: dict[int, int] = field(default_factory=dict)
    longest: dict[int, int] = field(default_factory=dict)

    def note(self, half_frame: int, remaining_frames: int) -> None:
        self.counts[half_frame] = self.counts.get(half_frame, 0) + 1
        self.longest[half_frame] = max(self.longest.get(half_frame, 0), remaining_frames)

    def note_early(self, half_frame: int) -> None:
        """A key was taken before the new face had been seen: such loads are learned anew."""
        self.counts[half_frame] = 0
        self.longest[half_frame] = self.longest.get(half_frame, 0) + 1

    def is_due(self, half_frame: int, waited_frames: int) -> bool:
        """Whether a key that goes down now is taken on the frame after the new face shows, or later."""
        if self.counts.get(half_frame, 0) < _LEAST_LOADS:
            return False
        return waited_frames >= self.longest[half_frame] - 1


@dataclass
class Load:
    """What each frame since a value showed adds up to. `old`: the face before; None when the load is known to be over.

    `settled`: looks of the new face at rest, since the last blink or other motion. `lids`: frames on which lids moved, with the
    looks before and after.
    """

    lens: Lens
    old: FaceLook | None
    frame: int = -1
    half_frame: int | None = None
    blink_until: int = 0
    settled: list[FaceLook] = field(default_factory=list)
    num_old: int = 0
    num_old_still: int = 0
    was_seen_new: bool = False
    lids: list[tuple[int, FaceLook, FaceLook]] = field(default_factory=list)
    _previous: FaceLook | None = None

    @property
    def is_old(self) -> bool:
        """Whether the old face is still shown."""
        return self.old is not None and self.half_frame is None and not self.was_seen_new

    @property
    def has_lid_just_moved(self) -> bool:
        return bool(self.lids) and self.lids[-1][0] == self.frame

    def remember(self, last: FaceLook, first: FaceLook) -> None:
        """What was seen on the frame before the first one; lids may move from there."""
        if is_blink(last, first, self.lens.eyes_box):
            self._previous = last

    def see(self, look: FaceLook) -> None:
        """The next frame; one that the creator leaves black says nothing."""
        self.frame += 1
        if look.is_black:
            return
        previous, self._previous = self._previous, look
        if previous is not None and is_blink(previous, look, self.lens.eyes_box):
            self.lids.append((self.frame, previous, look))
            if self.frame > self.blink_until:  # its first frame; the others are within its length
                self.blink_until = self.frame + self.lens.driver.calibration.timing.blink_frames
        if self.old is not None and _is_coarse(
            look, self.old
        ):  # also after a blink and a sway that looked like a new face
            self.half_frame = self.frame if self.half_frame is None else self.half_frame
            self.was_seen_new = False
            self.settled.clear()
            return
        is_awaited = self.old is not None and not self.was_seen_new and self.half_frame is None
        if is_awaited and self._is_old_face(previous, look):
            return
        self.was_seen_new = True
        self._settle(look)

    def _is_old_face(self, previous: FaceLook | None, look: FaceLook) -> bool:
        last = previous or self.old or look
        is_still = self.lens.is_still(last, look)
        if not is_still and not is_blink(last, look, self.lens.eyes_box):
            return False
        self.num_old += 1
        self.num_old_still += is_still
        return True

    def _settle(self, look: FaceLook) -> None:
        if self.settled and not self.lens.is_still(self.settled[-1], look):
            self.settled.clear()
        self.settled.append(look)


def _is_coarse(look: FaceLook, face: FaceLook) -> bool:
    return look.flatness > face.flatness + _COARSE * (1 - face.flatness)
