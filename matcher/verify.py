"""Sets a match in a creator, looks at the result and measures how alike it really is.

Shapes: H, W rows and columns; D embedding.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from creator.encoding import Floats
from embedding.frames import FrameOutcome, embed_frames
from embedding.recogniser import Box, Recogniser
from embedding.similarity import cosine
from matcher.errors import VerifyError
from matcher.match import Match
from protocol.character import Character

SetAndCapture = Callable[[Character], NDArray[np.uint8]]
"""Sets a character in a creator and returns the settled frame of its face, RGB (H, W, 3)."""


def verify_match(
    match: Match,
    set_and_capture: SetAndCapture,
    recogniser: Recogniser,
    centre_D: Floats,
    *,
    expected_box: Box | None = None,
) -> float:
    """Measured similarity of the photo and the character as the creator shows it: cosine around `centre_D`.

    `set_and_capture` is whatever drives a creator; its errors pass through. Raises VerifyError when the frame shows no face.
    """
    image_HW3 = set_and_capture(match.character)
    return measure_similarity(image_HW3, match.target.embedding_D, recogniser, centre_D, expected_box=expected_box)


def measure_similarity(
    image_HW3: NDArray[np.uint8],
    target_D: Floats,
    recogniser: Recogniser,
    centre_D: Floats,
    *,
    expected_box: Box | None = None,
) -> float:
    """Centred cosine of a creator's frame with a target. Raises VerifyError when the frame shows no face."""
    frames = embed_frames(recogniser, [image_HW3], expected_box)
    if frames.outcomes[0] is not FrameOutcome.EMBEDDED:
        height, width = image_HW3.shape[:2]
        raise VerifyError(
            f"The creator's picture of {width} x {height} pixels cannot be compared: {frames.outcomes[0].value}. "
            "Check that the capture region shows the whole face and nothing covers it."
        )
    return float(cosine(frames.embeddings_ND, target_D, centre_D=centre_D)[0])
