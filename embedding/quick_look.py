"""Finds faces in a photo without looking at every pixel of it, and only once.

Detectors take time by the pixel, and a face that fills a good part of the photo is found in a small copy just as well.

Shapes: H, W rows and columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embedding.network_input import ColourOrder, Normalisation
from embedding.photo_embedding import DOMINANT_WIDTH_RATIO
from embedding.quality import ChipLimits
from embedding.recogniser import Box, Face, Recogniser, RecogniserId

COPY_SIDES_PIXELS = (400, 720)
"""Longer sides of the copies, looked at in turn: 12 and 40 ms of dlib's detector on one core, where 1,600 pixels take 200."""

SMALLEST_FACE_PIXELS = 72
"""Detectors may overlook narrower faces in a copy; dlib's finds all of 15 down to 63, with scores above 1 from 66 on."""

_WORTH_A_COPY = 1.25
"""How much longer a photo's side must be than a copy's."""


class QuickLook:
    """A recogniser for one photo; it remembers the faces and is to be dropped with the photo.

    A copy's answer is taken when it shows a face so wide that any overlooked one is not the one that is meant; otherwise a
    larger copy is searched, and at last the whole photo.
    """

    def __init__(self, recogniser: Recogniser, photo_HW3: NDArray[np.uint8]) -> None:
        self._recogniser = recogniser
        self._photo_HW3 = photo_HW3

    @cached_property
    def faces(self) -> list[Face]:
        """As `Recogniser.detect` gives them."""
        longer = max(self._photo_HW3.shape[:2])
        for side in COPY_SIDES_PIXELS:
            if side * _WORTH_A_COPY <= longer and (found := self._in_copy(side / longer)):
                return found
        return self._recogniser.detect(self._photo_HW3)

    def _in_copy(self, scale: float) -> list[Face]:
        """In the photo's pixels; none where the copy may hide the face that is meant."""
        height, width = self._photo_HW3.shape[:2]
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = Image.fromarray(self._photo_HW3).resize(size, Image.Resampling.BOX, reducing_gap=1.0)
        found = self._recogniser.detect(np.asarray(small, dtype=np.uint8), is_glance=True)
        enough_pixels = DOMINANT_WIDTH_RATIO * SMALLEST_FACE_PIXELS
        if any(face.score >= self.sure_score and face.width_pixels >= enough_pixels for face in found):
            return [face.moved(0, 0, scale=width / size[0]) for face in found]
        return []

    @property
    def num_sure(self) -> int:
        """How many faces a user may choose from."""
        return sum(face.score >= self.sure_score for face in self.faces)

    def warm_up(self) -> None:
        self._recogniser.warm_up()

    def detect(self, image_HW3: NDArray[np.uint8], *, is_glance: bool = False) -> list[Face]:
        is_ours = image_HW3 is self._photo_HW3
        return self.faces if is_ours else self._recogniser.detect(image_HW3, is_glance=is_glance)

    def face_at(self, image_HW3: NDArray[np.uint8], box: Box) -> Face | None:
        return self._recogniser.face_at(image_HW3, box)

    @property
    def identity(self) -> RecogniserId:
        return self._recogniser.identity

    @property
    def input_size_pixels(self) -> int:
        return self._recogniser.input_size_pixels

    @property
    def colour_order(self) -> ColourOrder:
        return self._recogniser.colour_order

    @property
    def normalisation(self) -> Normalisation:
        return self._recogniser.normalisation

    @property
    def chip_limits(self) -> ChipLimits:
        return self._recogniser.chip_limits

    @property
    def sure_score(self) -> float:
        return self._recogniser.sure_score

    @property
    def licence(self) -> str:
        return self._recogniser.licence

    @property
    def similarity_threshold(self) -> float:
        return self._recogniser.similarity_threshold

    @property
    def false_accept_rate(self) -> float:
        return self._recogniser.false_accept_rate

    def align(self, image_HW3: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
        return self._recogniser.align(image_HW3, face)

    def embed(self, chips_SS3: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        return self._recogniser.embed(chips_SS3)

    def similarity(self, first_ND: NDArray[np.float32], second_ND: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._recogniser.similarity(first_ND, second_ND)
