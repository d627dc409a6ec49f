"""Looking at a small copy first finds the same face, and a small one is not overlooked for it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from embedding.photo_embedding import embed_photo, find_face
from embedding.quick_look import COPY_SIDES_PIXELS, SMALLEST_FACE_PIXELS, QuickLook
from embedding.recogniser import Recogniser

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def portrait_HW3(astronaut: Picture) -> Picture:
    """Without the surroundings."""
    return np.ascontiguousarray(astronaut[:300, 80:380])


def enlarged(photo_HW3: Picture, side: int) -> Picture:
    return np.asarray(Image.fromarray(photo_HW3).resize((side, side), Image.Resampling.LANCZOS), dtype=np.uint8)


def test_the_face_of_a_large_portrait_is_the_same_person_in_the_same_place(
    dlib_recogniser: Recogniser, portrait_HW3: Picture
) -> None:
    large_HW3 = enlarged(portrait_HW3, 1200)
    look = QuickLook(dlib_recogniser, large_HW3)
    quick, slow = embed_photo(look, large_HW3), embed_photo(dlib_recogniser, large_HW3)
    assert np.linalg.norm(quick.embedding_D - slow.embedding_D) < 0.2  # another person is 0.6 away
    boxes = np.array([quick.photos[0][0].box, slow.photos[0][0].box])
    assert np.abs(boxes[0] - boxes[1]).max() < 0.1 * large_HW3.shape[0]


def test_a_face_too_small_for_the_copy_is_found_in_the_whole(
    dlib_recogniser: Recogniser, portrait_HW3: Picture
) -> None:
    scene_HW3 = np.full((1400, 1400, 3), 120, np.uint8)
    scene_HW3[100:460, 900:1260] = enlarged(portrait_HW3, 360)
    face = find_face(QuickLook(dlib_recogniser, scene_HW3), scene_HW3)
    assert face.width_pixels * COPY_SIDES_PIXELS[0] / 1400 < SMALLEST_FACE_PIXELS
    assert 900 < face.centre[0] < 1260


def test_a_second_question_about_the_same_photo_needs_no_second_look(
    dlib_recogniser: Recogniser, portrait_HW3: Picture
) -> None:
    look = QuickLook(dlib_recogniser, portrait_HW3)
    assert find_face(look, portrait_HW3) is find_face(look, portrait_HW3, 1)
    assert look.num_sure == 1
