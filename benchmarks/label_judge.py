"""Whether labels of a real window are true, by the truth log of the stand-in that was captured.

A grab takes time, and so does handing a picture to the display: between the two clocks a picture may be of one game frame or of
the next. Where these say different things, the picture itself is asked which of them it shows: each is drawn anew and compared.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from creator.profile import Profile
from protocol.character import Character
from standin.face_layer import FaceLayer, FacePainter, Shot
from standin.idle import pose_at
from standin.look import UNCAPTURED_SLIDERS
from standin.pose import Pose
from standin.rules import Rules
from standin.screen import FACE_PIXELS
from standin.truth_log import Truth, TruthReader

Verdict = Literal["right", "doubtful", "wrong"]
_HANDOVER_SECONDS = 0.008  # that a picture is on the screen at most before the log's time of it
_MOST_FRAMES = 4  # that are drawn of a stretch of the log: the longest grab and handover, and one more
_LATE_SECONDS = 1.0  # by which a window may be behind: twice as long as it waits for a face
_CLEARLY = 0.9  # of the distance to the second likeliest: nearer is the likeliest for certain


@dataclass(frozen=True, slots=True)
class Label:
    """What an agent says of a picture: grabbed from `seconds` on for `grab_seconds`, encoded in `image`."""

    seconds: float
    grab_seconds: float
    character: Character
    image: bytes


class Judge:
    """Draws faces only where the log alone leaves a doubt: with the stand-in's own head, or with the `painter` of that window.

    `display_seconds`: how far what is on the screen may be behind the log; the picture decides then.
    """

    def __init__(
        self,
        log: TruthReader,
        profile: Profile,
        painter: Callable[[], FacePainter] | None = None,
        *,
        display_seconds: float = 0.0,
    ) -> None:
        self.log, self._rules, self._display_seconds = log, Rules.of(profile), display_seconds
        self._faces = FaceLayer(profile, painter or _head, FACE_PIXELS, () if painter else UNCAPTURED_SLIDERS)
        self.num_drawn = 0

    def verdict(self, label: Label) -> Verdict:
        """'doubtful': the game frames that the picture may be of differ, and look too much alike."""
        truths = self._truths(label)
        are_right = [_is_true(truth, label.character) for truth in truths]
        if len(set(are_right)) == 1:
            return "right" if are_right[0] else self._judged_late(label, truths)
        right, others = self._sorted(truths, are_right)
        if not others:
            return "right"  # the frames for which the label is not true still show the face of the one for which it is
        return self._nearest(label, right, others)

    def _judged_late(self, label: Label, truths: Sequence[Truth]) -> Verdict:
        """A window whose drawing is late, or a display, shows an older face, which may be that of the label all the same."""
        is_late = any(truth.is_late and truth.character == label.character for truth in truths)
        behind_seconds = _LATE_SECONDS if is_late else self._display_seconds
        earlier = self.log.between(label.seconds - behind_seconds, label.seconds) if behind_seconds else ()
        shown = [replace(truth, is_late=False) for truth in (*earlier, *truths)]
        right, others = self._sorted(shown, [_is_true(truth, label.character) for truth in shown])
        return self._nearest(label, right, others) if right and others else "wrong"

    def _sorted(self, truths: Sequence[Truth], are_right: Sequence[bool]) -> tuple[list[Shot], list[Shot]]:
        """What the game drew where the label is true, and where it is not."""
        shots: dict[bool, list[Shot]] = {True: [], False: []}
        for truth, is_right, ticks in zip(truths, are_right, _ticks(truths), strict=True):
            shots[is_right] += self._shots(truth, ticks)
        return shots[True], shots[False]

    def trouble(self, label: Label) -> str:
        """What is wrong with a label at one of its game frames, the worst first."""
        return min((_trouble(truth, label.character) for truth in self._truths(label)), key=_TROUBLES.index)

    def _truths(self, label: Label) -> list[Truth]:
        return list(self.log.between(label.seconds, label.seconds + label.grab_seconds + _HANDOVER_SECONDS))

    def _shots(self, truth: Truth, ticks: range) -> list[Shot]:
        """What the game drew on those frames; nothing where it still showed what it had drawn before."""
        if truth.load == "old" or truth.is_late:
            return []
        if truth.load == "half":
            return [Shot(truth.values, Pose(), is_half_loaded=True)]
        return [Shot(truth.values, pose_at(self.log.seed, tick, self._rules)) for tick in ticks]

    def _nearest(self, label: Label, right: Sequence[Shot], others: Sequence[Shot]) -> Verdict:
        self.num_drawn += 1
        face_HW3 = np.asarray(Image.open(io.BytesIO(label.image)).convert("RGB"), np.float32)
        near, far = (min(self._distance(face_HW3, shot) for shot in shots) for shots in (right, others))
        if min(near, far) > _CLEARLY * max(near, far):
            return "doubtful"
        return "right" if near < far else "wrong"

    def _distance(self, face_HW3: NDArray[np.float32], shot: Shot) -> float:
        """Mean difference of brightness, of 255."""
        return float(np.abs(face_HW3 - self._faces.face(shot)).mean())


def _head() -> FacePainter:
    from standin.render import HeadRenderer  # here, since it loads numba

    return HeadRenderer(FACE_PIXELS)


def _is_true(truth: Truth, character: Character) -> bool:
    return truth.is_settled and truth.character == character


def _ticks(truths: Sequence[Truth]) -> list[range]:
    """Of the game frames on which each was shown; its last ones, where the next follows. A frame shows the tick before it."""
    ends = [truth.frame for truth in truths[1:]] + [truths[-1].frame + _MOST_FRAMES]
    return [
        range(max(truth.frame, end - _MOST_FRAMES) - 1, max(end, truth.frame + 1) - 1)
        for truth, end in zip(truths, ends, strict=True)
    ]


_CHECKS: dict[str, Callable[[Truth], bool]] = {
    "late": lambda truth: truth.is_late,
    "loading": lambda truth: truth.is_loading,
    "blinking": lambda truth: truth.is_blinking,
    "moved": lambda truth: any(truth.moved_pixels),
    "pop-up": lambda truth: truth.popup is not None,
    "black or torn": lambda truth: not truth.is_settled,
}
_TROUBLES = ("other settings", *_CHECKS, "none")


def _trouble(truth: Truth, character: Character) -> str:
    if truth.character != character:
        return "other settings"
    return next((kind for kind, is_so in _CHECKS.items() if is_so(truth)), "none")
