"""Sets a match and its runners-up in a creator, looks at the results and measures how alike they really are.

A prediction errs by more than candidates differ, so the most alike of half a dozen that were looked at is a better match than
the one that was predicted best: .84 instead of .73 for eight photos of a person of the stand-in (12 people, a small imitator).

Shapes: H, W rows and columns; D embedding.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from creator.encoding import Floats
from embedding.frames import FrameOutcome, embed_frames
from embedding.place import known_box
from embedding.recogniser import Box, Recogniser
from embedding.similarity import cosine
from matcher.errors import VerifyError
from matcher.match import Match
from matcher.matcher import Matcher
from protocol.character import Character

SetAndCapture = Callable[[Character], NDArray[np.uint8]]
"""Sets a character in a creator and returns the settled frame of its face, RGB (H, W, 3)."""


def verify_match(matcher: Matcher, match: Match, set_and_capture: SetAndCapture) -> Match:
    """The most alike of the match and its runners-up as the creator shows them, with measured similarities.

    `set_and_capture` is whatever drives a creator; its errors pass through. Raises VerifyError when no picture shows a face.
    """

    def measure(character: Character) -> float | None:
        image_HW3 = set_and_capture(character)
        box = known_box(matcher.profile, image_HW3)
        target_D = match.target.embedding_D
        try:
            return measure_similarity(image_HW3, target_D, matcher.recogniser, matcher.mean_D, expected_box=box)
        except VerifyError:
            return None

    return matcher.measured(match, [measure(candidate.character) for candidate in match.candidates])


def measure_similarity(
    image_HW3: NDArray[np.uint8],
    target_D: Floats,
    recogniser: Recogniser,
    centre_D: Floats,
    *,
    expected_box: Box | None = None,
) -> float:
    """Centred cosine of a creator's frame with a target. Raises VerifyError when the frame shows no face.

    With `expected_box`, where the frame shows it, the face is looked at as it was in the frames that the models learned from.
    """
    frames = embed_frames(recogniser, [image_HW3], expected_box)
    if frames.outcomes[0] is not FrameOutcome.EMBEDDED:
        height, width = image_HW3.shape[:2]
        raise VerifyError(
            f"The creator's picture of {width} x {height} pixels cannot be compared: {frames.outcomes[0].value}. "
            "Check that the capture region shows the whole face and nothing covers it."
        )
    return float(cosine(frames.embeddings_ND, target_D, centre_D=centre_D)[0])
