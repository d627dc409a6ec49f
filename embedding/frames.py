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

from embedding.mirror import embed_faces
from embedding.place import contains

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding.recogniser import Box, Face, Recogniser, RecogniserId


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
    return assemble(recogniser.identity, sightings, embed_faces(recogniser, chips))


def sight_face(recogniser: Recogniser, image_HW3: NDArray[np.uint8], expected_box: Box | None) -> Sighting:
    """Looks at the expected place first, and over the whole frame only when nothing is there."""
    face = recogniser.face_at(image_HW3, expected_box) if expected_box is not None else None
    if face is not None:
        return _sighted(recogniser, image_HW3, face)
    faces = recogniser.detect(image_HW3)
    meant = [face for face in faces if expected_box is None or contains(expected_box, face.centre)]
    if meant:
        return _sighted(recogniser, image_HW3, meant[0])
    return Sighting(FrameOutcome.FACE_ELSEWHERE, faces[0]) if faces else Sighting(FrameOutcome.NO_FACE)


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
