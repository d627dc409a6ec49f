"""What a matched character looks like before anybody has set it: the nearest captured frame, or a drawing; said so each time.

Shapes: N captured rows, S sliders scaled to [-1, 1], 3 choices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from creator.encoding import Encoding, Floats
from matcher.errors import MatcherError
from protocol.character import Character

_DISTANCES = {"gender": 0.345, "face": 0.382, "skin": 0.145, "sliders": 0.411}
"""How far embeddings move when only this changes to another random value.

Measured on 200 random stand-in characters with the default recogniser (L2), 22 November 2026."""

_RANDOM_SQUARED_DIFFERENCE = 2 / 3
"""Mean squared difference of two uniform values in [-1, 1]."""


class CapturedSettings(Protocol):
    """What is needed of a snapshot."""

    @property
    def choices_N3(self) -> NDArray[np.int64]: ...

    @property
    def sliders_NS(self) -> NDArray[np.float32]: ...

    @property
    def frame_ids_N(self) -> NDArray[np.str_]: ...


class PreviewKind(StrEnum):
    """What a preview is."""

    CAPTURED = "captured"
    NEAREST_FRAME = "nearest_frame"
    STANDIN_RENDER = "standin_render"


@dataclass(frozen=True, slots=True)
class Preview:
    """An encoded picture of a character, or one that stands in for it, and the line that says which; `frame_id` of a nearest
    frame."""

    image: bytes
    kind: PreviewKind
    label: str
    frame_id: str = ""


Painter = Callable[[Character], Preview]
"""Whatever shows a character; may raise MatcherError."""


def nearest_frame(
    captured: CapturedSettings, frame_image: Callable[[str], bytes], encoding: Encoding, character: Character
) -> Preview:
    """The captured frame nearest by settings; differences count by how much they change a face.

    Raises MatcherError when nothing was captured.
    """
    if len(captured.frame_ids_N) == 0:
        raise MatcherError("There is no captured frame to show. Capture a sweep first.")
    choices_3 = encoding.choices_N3([character])[0]
    sliders_S = encoding.sliders_NS([character])[0]
    at = int(_squared_distances(captured, choices_3, sliders_S).argmin())
    frame_id = str(captured.frame_ids_N[at])
    differences = _differences(captured.choices_N3[at] != choices_3, captured.sliders_NS[at] - sliders_S)
    label = f"Nearest captured frame, not the match itself: {differences}"
    return Preview(frame_image(frame_id), PreviewKind.NEAREST_FRAME, label, frame_id)


def _squared_distances(
    captured: CapturedSettings, choices_3: NDArray[np.int64], sliders_S: Floats
) -> NDArray[np.float64]:
    is_other_N3 = captured.choices_N3 != choices_3
    differences_N = np.mean((captured.sliders_NS - sliders_S) ** 2, axis=1, dtype=np.float64)
    weights_3 = np.array([_DISTANCES[role] ** 2 for role in ("gender", "face", "skin")])
    squared_N: NDArray[np.float64] = (
        is_other_N3 @ weights_3 + differences_N / _RANDOM_SQUARED_DIFFERENCE * _DISTANCES["sliders"] ** 2
    )
    return squared_N


def _differences(is_other_3: NDArray[np.bool_], sliders_S: Floats) -> str:
    others = [role for role, is_other in zip(("gender", "face type", "skin type"), is_other_3, strict=True) if is_other]
    choices = f"another {' and '.join(others)}" if others else "the same gender, face and skin type"
    share = float(np.abs(sliders_S).mean()) / 2 * 100
    return f"{choices}, sliders off by {share:.0f} % of their range on average."
