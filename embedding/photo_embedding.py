"""From photos of a person to one embedding.

Shape letters: H, W rows and columns; D dimension.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding.errors import NoFaceError, SeveralFacesError
from embedding.mirror import embed_faces
from embedding.quality import PhotoQuality, measure_quality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding.recogniser import Face, Recogniser, RecogniserId

DOMINANT_WIDTH_RATIO = 1.6
"""A face so much wider than the next one is the one that the photo is about."""

DOUBTFUL_SHARE = 0.15
"""A face whose score exceeds `sure_score` by no more than this share of another's is no rival to that one, unless it is so
much wider. Faces that dlib's detector sees in suits, flags and lawns reach 0.13, portraits 1.3 to 1.7."""


@dataclass(frozen=True, slots=True, eq=False)
class PhotoEmbedding:
    """Embedding of the face in one photo, or of the same person in several."""

    recogniser: RecogniserId
    embedding_D: NDArray[np.float32]
    weight: float
    photos: tuple[tuple[Face, PhotoQuality], ...]

    @property
    def norm(self) -> float:
        return float(np.linalg.norm(self.embedding_D))


def find_face(
    recogniser: Recogniser,
    image_HW3: NDArray[np.uint8],
    which: int | None = None,
    *,
    name: str = "the picture",
) -> Face:
    """The face that is meant: number `which` from the left, counted from 1, or the one that outdoes all others.

    Raises NoFaceError, SeveralFacesError.
    """
    faces = [face for face in recogniser.detect(image_HW3) if face.score >= recogniser.sure_score]
    if not faces:
        raise NoFaceError(name, width_pixels=image_HW3.shape[1], height_pixels=image_HW3.shape[0])
    faces.sort(key=lambda face: face.box[0])
    if which is None:
        return _clearest(faces, recogniser.sure_score, name)
    if not 1 <= which <= len(faces):
        raise SeveralFacesError(name, [face.box for face in faces], f"there is no face number {which}.")
    return faces[which - 1]


def embed_photo(
    recogniser: Recogniser,
    image_HW3: NDArray[np.uint8],
    which: int | None = None,
    *,
    name: str = "the picture",
) -> PhotoEmbedding:
    """Finds the face that is meant and embeds it.

    Raises NoFaceError, SeveralFacesError.
    """
    face = find_face(recogniser, image_HW3, which, name=name)
    chip_SS3 = recogniser.align(image_HW3, face)
    quality = measure_quality(face, chip_SS3, recogniser.chip_limits)
    return PhotoEmbedding(
        recogniser=recogniser.identity,
        embedding_D=embed_faces(recogniser, [chip_SS3])[0],
        weight=quality.weight,
        photos=((face, quality),),
    )


def average_embeddings(photos: Sequence[PhotoEmbedding]) -> PhotoEmbedding:
    """One embedding of a person from several photos, each counting by its quality.

    Raises ValueError for none, RecogniserMismatchError when they are of different recognisers.
    """
    if not photos:
        raise ValueError("average_embeddings needs at least one photo, got none")
    identity = photos[0].recogniser
    for photo in photos:
        identity.require(photo.recogniser)
    weights = np.array([photo.weight for photo in photos], dtype=np.float32)
    embeddings_ND = np.stack([photo.embedding_D for photo in photos])
    return PhotoEmbedding(
        recogniser=identity,
        embedding_D=np.asarray(weights @ embeddings_ND / weights.sum(), dtype=np.float32),
        weight=float(weights.sum()),
        photos=tuple(face for photo in photos for face in photo.photos),
    )


def _clearest(faces: Sequence[Face], sure_score: float, name: str) -> Face:
    for face in faces:
        if all(_outdoes(face, other, sure_score) for other in faces if other is not face):
            return face
    explanation = f"{len(faces)} faces, none of them clearly the main one. Say which one is meant, or crop the picture."
    raise SeveralFacesError(name, [face.box for face in faces], explanation)


def _outdoes(face: Face, other: Face, sure_score: float) -> bool:
    """Clearly larger and not clearly less sure, or clearly surer and not clearly smaller."""
    is_larger, is_smaller = _is_larger(face, other), _is_larger(other, face)
    is_surer, is_less_sure = _is_surer(face, other, sure_score), _is_surer(other, face, sure_score)
    return (is_larger and not is_less_sure) or (is_surer and not is_smaller)


def _is_larger(face: Face, other: Face) -> bool:
    return face.width_pixels >= DOMINANT_WIDTH_RATIO * other.width_pixels


def _is_surer(face: Face, other: Face, sure_score: float) -> bool:
    return other.score < face.score and other.score - sure_score <= DOUBTFUL_SHARE * (face.score - sure_score)
