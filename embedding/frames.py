"""Embeds frames of a creator, where the place of the face is known.

A frame without a face, or with its face in the wrong place, is an outcome and not an error: the agent that
captured it is told at once, and the rest of the chunk goes on.

Shape letters: N frames, D dimension, H, W rows and columns, S side of a chip; 4 box edges (left, top, right,
bottom).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding.recogniser import Box, Face, Recogniser, RecogniserId

SEARCH_MARGIN = 0.35
"""Share of the expected face's size that is searched around it: a detector wants to see hair and chin."""

SEARCH_FACE_PIXELS = 160
"""Width to which a larger expected face is shrunk for detection; a HOG window is 80 pixels."""


class FrameOutcome(StrEnum):
    """What was found in one frame."""

    EMBEDDED = "embedded"
    NO_FACE = "no_face"
    FACE_ELSEWHERE = "face_elsewhere"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, eq=False)
class FrameEmbeddings:
    """Embeddings of N frames in the order of the frames.

    Rows whose outcome is not EMBEDDED are NaN in embeddings, norms and, unless a face was seen elsewhere, in
    boxes and scores. Boxes are pixels of the frame.
    """

    recogniser: RecogniserId
    embeddings_ND: NDArray[np.float32]
    norms_N: NDArray[np.float32]
    scores_N: NDArray[np.float32]
    boxes_N4: NDArray[np.float32]
    outcomes: tuple[FrameOutcome, ...]

    def __len__(self) -> int:
        return len(self.outcomes)

    @property
    def is_embedded_N(self) -> NDArray[np.bool_]:
        return np.array([outcome is FrameOutcome.EMBEDDED for outcome in self.outcomes], dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """The face in one frame, before the network has seen it; `chip_SS3` only when the outcome is EMBEDDED."""

    outcome: FrameOutcome
    face: Face | None = None
    chip_SS3: NDArray[np.uint8] | None = None


def embed_frames(
    recogniser: Recogniser,
    images_HW3: Sequence[NDArray[np.uint8]],
    expected_box: Box | None = None,
) -> FrameEmbeddings:
    """Finds and embeds the face of every frame; with `expected_box`, the one whose centre lies inside it."""
    sightings = [sight_face(recogniser, image_HW3, expected_box) for image_HW3 in images_HW3]
    chips = chips_of(sightings)
    return assemble(recogniser.identity, sightings, recogniser.embed(chips))


def sight_face(recogniser: Recogniser, image_HW3: NDArray[np.uint8], expected_box: Box | None) -> Sighting:
    """Searches the expected place first, and the whole frame only when nothing is there."""
    if expected_box is None:
        faces = recogniser.detect(image_HW3)
        return _sighted(recogniser, image_HW3, faces[0]) if faces else Sighting(FrameOutcome.NO_FACE)
    for faces in (_detect_near(recogniser, image_HW3, expected_box), recogniser.detect(image_HW3)):
        inside = [face for face in faces if _contains(expected_box, face.centre)]
        if inside:
            return _sighted(recogniser, image_HW3, inside[0])
    if faces:
        return Sighting(FrameOutcome.FACE_ELSEWHERE, faces[0])
    return Sighting(FrameOutcome.NO_FACE)


def chips_of(sightings: Sequence[Sighting]) -> list[NDArray[np.uint8]]:
    return [sighting.chip_SS3 for sighting in sightings if sighting.chip_SS3 is not None]


def assemble(
    identity: RecogniserId, sightings: Sequence[Sighting], chip_embeddings_ND: NDArray[np.float32]
) -> FrameEmbeddings:
    """Puts the network's rows, one for each chip, back to the frames that they came from."""
    num_frames = len(sightings)
    embeddings_ND = np.full((num_frames, identity.dimension), np.nan, dtype=np.float32)
    scores_N = np.full(num_frames, np.nan, dtype=np.float32)
    boxes_N4 = np.full((num_frames, 4), np.nan, dtype=np.float32)
    embeddings_ND[[sighting.chip_SS3 is not None for sighting in sightings]] = chip_embeddings_ND
    for index, sighting in enumerate(sightings):
        if sighting.face is not None:
            scores_N[index] = sighting.face.score
            boxes_N4[index] = sighting.face.box
    return FrameEmbeddings(
        recogniser=identity,
        embeddings_ND=embeddings_ND,
        norms_N=np.linalg.norm(embeddings_ND, axis=1).astype(np.float32),
        scores_N=scores_N,
        boxes_N4=boxes_N4,
        outcomes=tuple(sighting.outcome for sighting in sightings),
    )


def _sighted(recogniser: Recogniser, image_HW3: NDArray[np.uint8], face: Face) -> Sighting:
    return Sighting(FrameOutcome.EMBEDDED, face, recogniser.align(image_HW3, face))


def _detect_near(recogniser: Recogniser, image_HW3: NDArray[np.uint8], box: Box) -> list[Face]:
    """Faces in the neighbourhood of the box, in pixels of the whole frame."""
    crop_HW3, left, top = _crop_around(image_HW3, box)
    if crop_HW3.size == 0:
        return []
    scale = max(1.0, (box[2] - box[0]) / SEARCH_FACE_PIXELS)
    faces = recogniser.detect(_shrink(crop_HW3, scale))
    return [face.moved(left, top, scale=scale) for face in faces]


def _crop_around(image_HW3: NDArray[np.uint8], box: Box) -> tuple[NDArray[np.uint8], int, int]:
    height, width = image_HW3.shape[:2]
    margin = SEARCH_MARGIN * max(box[2] - box[0], box[3] - box[1])
    left, top = max(0, int(box[0] - margin)), max(0, int(box[1] - margin))
    right, bottom = min(width, int(box[2] + margin)), min(height, int(box[3] + margin))
    return np.ascontiguousarray(image_HW3[top : max(top, bottom), left : max(left, right)]), left, top


def _shrink(image_HW3: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    if scale <= 1.0:
        return image_HW3
    height, width = image_HW3.shape[:2]
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    return np.asarray(Image.fromarray(image_HW3).resize(size, Image.Resampling.BOX))


def _contains(box: Box, point: tuple[float, float]) -> bool:
    left, top, right, bottom = box
    return left <= point[0] <= right and top <= point[1] <= bottom
