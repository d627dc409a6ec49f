"""A face as text that a page can hold and send again, so that nobody else has to keep the photo.

`dlib-ad721d58:0.93:<numbers>`: recogniser, weight of the photo, and the embedding as base64 of 32-bit floats. It tells who
somebody is: it belongs to whoever has the photo, and into no log, link or file.

Shapes: D embedding.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import numpy as np

from creator.encoding import Floats
from matcher.errors import TargetError

_LONGEST_KEY = 20_000  # some 3,700 numbers
_LEAST_WEIGHT = 1e-3  # as many digits as are written
_LENGTHS = (1e-3, 1e4)  # recognisers' embeddings are 1 to 30 long


@dataclass(frozen=True, slots=True, eq=False)
class FaceKey:
    """What there is to know of a face to match it."""

    recogniser: str
    weight: float
    embedding_D: Floats

    def __str__(self) -> str:
        numbers = base64.urlsafe_b64encode(self.embedding_D.astype("<f4").tobytes()).decode("ascii")
        return f"{self.recogniser}:{max(self.weight, _LEAST_WEIGHT):.3f}:{numbers}"

    @classmethod
    def parse(cls, text: str) -> FaceKey:
        """Raises TargetError."""
        recogniser, _, rest = text[:_LONGEST_KEY].partition(":")
        weight, _, numbers = rest.partition(":")
        try:
            embedding_D = np.frombuffer(base64.b64decode(numbers, altchars=b"-_", validate=True), "<f4")
            key = cls(recogniser, float(weight), embedding_D.astype(np.float32))
        except (ValueError, binascii.Error) as error:
            raise TargetError(f"This is no face: {text[:40]!r}. Send the photo again.") from error
        length = float(np.linalg.norm(embedding_D.astype(np.float64)))
        if not _LEAST_WEIGHT <= key.weight <= 1 or not _LENGTHS[0] <= length <= _LENGTHS[1]:  # NaN is in no range
            raise TargetError(f"The face {text[:40]!r} is damaged. Send the photo again.")
        return key
