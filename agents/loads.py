"""How a load goes on, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, field

from agents.camera import Lens
from agents.eyes import is_blink
from agents.rest import FaceLook

MOST_CALM_FRAMES = 30  # that a face may stay and count as seen frame by frame: half of the shortest freeze known
_COARSE = 0.5  # of the way from a face's flatness to 1: the half-loaded look is coarser than any face


@dataclass
class Load:
    """What each frame since a value showed adds up to. `old`: the face before; None when the load is known to be over.

    `past`: the looks of the old face, those from before the press included. `shown`: the looks of the new one. `blink_until`:
    when the last blink that was seen is over at the latest, in seconds.
    """

    lens: Lens
    old: FaceLook | None
    past: list[FaceLook] = field(default_factory=list)
    blink_until: float = 0.0
    frame: int = -1
    half_frame: int | None = None
    shown: list[FaceLook] = field(default_factory=list)
    num_old: int = 0
    _last: FaceLook | None = None

    @property
    def is_old(self) -> bool:
        """Whether the old face is still shown."""
        return self.old is not None and self.half_frame is None and not self.shown

    @property
    def is_clear(self) -> bool:
        """Whether the half-loaded look was told from the new face, which then is known to be one."""
        return self.old is None or self.half_frame is not None

    @property
    def runs(self) -> list[list[FaceLook]]:
        """What of both faces was seen in frames that the creator lived through; a freeze shows none that is new for long."""
        is_past_calm = (
            self.half_frame is not None and self.num_old <= MOST_CALM_FRAMES and bool(self.past and self.calm_shown)
        )
        if is_past_calm and self.lens.frames_between(self.past[-1], self.shown[0]) <= MOST_CALM_FRAMES:
            return [self.past, self.calm_shown]
        return [self.calm_shown]

    @property
    def calm_shown(self) -> list[FaceLook]:
        """The new face's looks; none if it stood so long that the creator may have stood still."""
        shown = self.shown
        return shown if shown and self.lens.frames_between(shown[0], shown[-1]) <= MOST_CALM_FRAMES else []

    def see(self, look: FaceLook) -> None:
        """The next frame; one that the creator leaves black says nothing."""
        self.frame += 1
        if look.is_black:
            return
        last, self._last = self._last or (self.past[-1] if self.past else look), look
        self._note_blink(last, look)
        if self.old is not None and _is_coarse(look, self.old):  # also after what looked like a new face
            self.half_frame = self.frame if self.half_frame is None else self.half_frame
            self.shown.clear()
        elif self.is_old and self._is_same_face(last, look):
            self.num_old += 1
            self.past.append(look)
        else:
            if not self._is_same_face(last, look):  # a half-loaded look that passed for a face ends here, too
                self.shown.clear()
            self.shown.append(look)

    def _note_blink(self, last: FaceLook, look: FaceLook) -> None:
        if look.seconds > self.blink_until and is_blink(last, look, self.lens.eyes_box):
            timing = self.lens.driver.calibration.timing
            self.blink_until = look.seconds + timing.blink_frames / timing.frames_per_second

    def _is_same_face(self, last: FaceLook, look: FaceLook) -> bool:
        return self.lens.is_still(last, look) or is_blink(last, look, self.lens.eyes_box)


def _is_coarse(look: FaceLook, face: FaceLook) -> bool:
    return look.flatness > face.flatness + _COARSE * (1 - face.flatness)
