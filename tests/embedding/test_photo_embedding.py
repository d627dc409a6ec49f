"""A photo gives one embedding of the person who is meant, or says why not."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from PIL import Image, ImageFilter

from embedding.errors import NoFaceError, RecogniserMismatchError, SeveralFacesError
from embedding.photo_embedding import average_embeddings, embed_photo, find_face
from embedding.recogniser import Face, RecogniserId

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding.recogniser import Recogniser


@dataclass(frozen=True)
class Seeing:
    """Finds the same faces in any picture."""

    faces: list[Face]
    sure_score: float = 0.0

    def detect(self, image_HW3: NDArray[np.uint8]) -> list[Face]:
        return self.faces


@pytest.fixture(scope="module")
def pair(astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two faces of one size side by side."""
    face = astronaut[:256, 96:352]
    return np.ascontiguousarray(np.concatenate([face, face[:, ::-1]], axis=1))


def test_a_portrait_is_embedded_with_its_quality(dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]) -> None:
    photo = embed_photo(dlib_recogniser, astronaut)

    ((face, quality),) = photo.photos
    assert face.width_pixels == pytest.approx(87, abs=10)
    assert quality.remarks == ()
    assert photo.recogniser == dlib_recogniser.identity
    assert photo.norm == pytest.approx(np.linalg.norm(photo.embedding_D))


def test_a_mirrored_portrait_is_the_same_person(dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]) -> None:
    photo = embed_photo(dlib_recogniser, astronaut)
    mirrored = embed_photo(dlib_recogniser, np.ascontiguousarray(astronaut[:, ::-1]))

    assert dlib_recogniser.similarity(photo.embedding_D[None], mirrored.embedding_D[None])[0] > 0.9


def test_a_photo_without_a_face_says_what_to_try(dlib_recogniser: Recogniser) -> None:
    sky = np.full((300, 400, 3), 200, dtype=np.uint8)

    with pytest.raises(
        NoFaceError, match=r"holiday\.jpg: no face found; it was looked at with 400 x 300 pixels.*upright"
    ):
        embed_photo(dlib_recogniser, sky, name="holiday.jpg")


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 900, 3), (900, 2, 3)])
def test_a_picture_too_thin_for_a_face_has_none(dlib_recogniser: Recogniser, shape: tuple[int, int, int]) -> None:
    with pytest.raises(NoFaceError):
        find_face(dlib_recogniser, np.zeros(shape, dtype=np.uint8))


def test_two_faces_of_one_size_have_to_be_told_apart(dlib_recogniser: Recogniser, pair: NDArray[np.uint8]) -> None:
    with pytest.raises(SeveralFacesError, match=r"1: .*2: ") as caught:
        find_face(dlib_recogniser, pair)

    assert len(caught.value.boxes) == 2
    left, right = (find_face(dlib_recogniser, pair, which) for which in (1, 2))
    assert left.centre[0] < 256 < right.centre[0]
    assert [left.box, right.box] == list(caught.value.boxes)


@pytest.mark.parametrize("which", [0, 3, -1])
def test_a_face_that_is_not_there_cannot_be_chosen(
    dlib_recogniser: Recogniser, pair: NDArray[np.uint8], which: int
) -> None:
    with pytest.raises(SeveralFacesError, match=f"no face number {which}"):
        find_face(dlib_recogniser, pair, which)


def test_a_clearly_larger_face_is_the_one_that_is_meant(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]
) -> None:
    large = Image.fromarray(astronaut[:300, 60:380]).resize((900, 844))
    canvas = Image.new("RGB", (1300, 844), "grey")
    canvas.paste(large, (400, 0))
    canvas.paste(Image.fromarray(astronaut[:300, 60:380]), (20, 200))

    face = find_face(dlib_recogniser, np.asarray(canvas))

    assert face.centre[0] > 500


@pytest.mark.parametrize("side", [512, 800])
def test_a_face_seen_in_a_suit_is_no_rival_to_the_portrait(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8], side: int
) -> None:
    photo = np.asarray(Image.fromarray(astronaut).resize((side, side), Image.Resampling.BICUBIC))

    face = find_face(dlib_recogniser, photo)

    assert face.centre == pytest.approx((0.435 * side, 0.25 * side), abs=0.03 * side)


@pytest.mark.parametrize(
    ("rival_score", "rival_width", "is_decided"),
    [(0.1, 100, True), (0.1, 150, True), (0.1, 200, False), (0.5, 100, False), (1.5, 60, True), (1.5, 70, False)],
)
def test_whoever_is_neither_clearly_surer_nor_clearly_larger_is_asked_about(
    rival_score: float, rival_width: float, is_decided: bool
) -> None:
    landmarks_52 = np.zeros((5, 2), dtype=np.float32)
    meant = Face((0, 0, 100, 100), landmarks_52, 1.5)
    rival = Face((200, 0, 200 + rival_width, rival_width), landmarks_52, rival_score)
    seeing = cast("Recogniser", Seeing([meant, rival]))

    with nullcontext() if is_decided else pytest.raises(SeveralFacesError, match="2 faces, none"):
        assert find_face(seeing, np.zeros((9, 9, 3), dtype=np.uint8)) is meant


def test_a_sharp_photo_counts_more_than_a_blurred_one(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]
) -> None:
    sharp = embed_photo(dlib_recogniser, astronaut)
    blurred_pixels = np.asarray(Image.fromarray(astronaut).filter(ImageFilter.GaussianBlur(3)))
    blurred = embed_photo(dlib_recogniser, blurred_pixels)

    average = average_embeddings([sharp, blurred])

    assert any("blurred" in remark for remark in blurred.photos[0][1].remarks)
    to_sharp = np.linalg.norm(average.embedding_D - sharp.embedding_D)
    to_blurred = np.linalg.norm(average.embedding_D - blurred.embedding_D)
    assert to_sharp < to_blurred
    assert len(average.photos) == 2


def test_photos_of_different_recognisers_cannot_be_averaged(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]
) -> None:
    photo = embed_photo(dlib_recogniser, astronaut)
    foreign = replace(photo, recogniser=RecogniserId("arcface", "12345678", 128))

    with pytest.raises(RecogniserMismatchError):
        average_embeddings([photo, foreign])
    with pytest.raises(ValueError, match="at least one"):
        average_embeddings([])
