"""Frames become rows; what is wrong with a frame is told and stops nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageFilter

from creator.profile_file import load_profile
from embedding.arcface import LANDMARKS_IN_112
from embedding.embedder import Embedder
from embedding.frames import FrameOutcome, embed_frames
from embedding.place import FacePlace, place_in_frames
from embedding.warp import cut_smooth_chip

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embedding.recogniser import Box, Recogniser

FACE_PLACE: Box = (170, 70, 275, 180)


def test_every_frame_of_a_chunk_gets_a_row_or_a_reason(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8], encode: Callable[..., bytes]
) -> None:
    blank = np.zeros_like(astronaut)
    beside = np.roll(astronaut, 200, axis=1)
    frames = [encode(astronaut), encode(blank), b"not a frame", encode(beside), encode(astronaut)]

    place = FacePlace(*(edge / 512 for edge in FACE_PLACE))
    with Embedder(dlib_recogniser, place=place, num_threads=2) as embedder:
        result = embedder.embed_encoded(frames)

    assert result.outcomes == (
        FrameOutcome.EMBEDDED,
        FrameOutcome.NO_FACE,
        FrameOutcome.UNREADABLE,
        FrameOutcome.FACE_ELSEWHERE,
        FrameOutcome.EMBEDDED,
    )
    assert result.is_embedded_N.tolist() == [True, False, False, False, True]
    assert np.isnan(result.embeddings_ND[1:4]).all()
    np.testing.assert_allclose(result.embeddings_ND[0], result.embeddings_ND[4], atol=1e-5)
    np.testing.assert_allclose(result.norms_N[0], np.linalg.norm(result.embeddings_ND[0]), rtol=1e-5)


def test_the_known_place_gives_the_same_face_as_the_whole_frame(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]
) -> None:
    known = embed_frames(dlib_recogniser, [astronaut], FACE_PLACE)
    searched = embed_frames(dlib_recogniser, [astronaut])

    assert known.boxes_N4[0] == pytest.approx(searched.boxes_N4[0], abs=12)
    assert dlib_recogniser.similarity(known.embeddings_ND, searched.embeddings_ND)[0] > 0.8


def test_a_large_frame_is_searched_in_small(dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]) -> None:
    large = np.ascontiguousarray(astronaut.repeat(5, axis=0).repeat(5, axis=1))
    place = tuple(edge * 5 for edge in FACE_PLACE)

    result = embed_frames(dlib_recogniser, [large], (place[0], place[1], place[2], place[3]))

    assert result.outcomes == (FrameOutcome.EMBEDDED,)
    assert result.boxes_N4[0] == pytest.approx(np.array([179, 83, 266, 170]) * 5, abs=60)
    small = embed_frames(dlib_recogniser, [astronaut])
    assert dlib_recogniser.similarity(result.embeddings_ND, small.embeddings_ND)[0] > 0.7


def test_a_face_in_the_wrong_place_is_reported_with_its_place(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]
) -> None:
    result = embed_frames(dlib_recogniser, [astronaut], (400, 400, 500, 500))

    assert result.outcomes == (FrameOutcome.FACE_ELSEWHERE,)
    assert result.boxes_N4[0] == pytest.approx([179, 83, 266, 170], abs=12)


@pytest.mark.parametrize("place", [(600, 600, 700, 700), (-300, -300, -200, -200), (50, 50, 50, 50)])
def test_a_place_outside_the_frame_is_an_outcome_too(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8], place: Box
) -> None:
    assert embed_frames(dlib_recogniser, [astronaut], place).outcomes == (FrameOutcome.FACE_ELSEWHERE,)


def test_an_empty_chunk_gives_an_empty_answer(dlib_recogniser: Recogniser) -> None:
    result = embed_frames(dlib_recogniser, [], FACE_PLACE)

    assert len(result) == 0
    assert result.embeddings_ND.shape == (0, dlib_recogniser.identity.dimension)


def test_the_place_comes_from_the_profile_where_it_says() -> None:
    place = place_in_frames(load_profile("standin"))

    assert place is not None
    assert place.in_frame(np.zeros((512, 512, 3), dtype=np.uint8)) == pytest.approx((92, 148, 416, 472))
    assert place_in_frames(load_profile("dd2")) is None


@pytest.mark.parametrize("edges", [(0.5, 0.1, 0.4, 0.2), (-0.1, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 1.1)])
def test_a_place_that_is_no_box_in_the_frame_is_refused(edges: Box) -> None:
    with pytest.raises(ValueError, match="left < right"):
        FacePlace(*edges)


@pytest.mark.parametrize("shift", [0.0, 400.0, -3000.0, 1e7])
def test_a_chip_from_anywhere_is_a_chip(astronaut: NDArray[np.uint8], shift: float) -> None:
    landmarks_52 = np.array(LANDMARKS_IN_112, dtype=np.float32)

    chip = cut_smooth_chip(astronaut, landmarks_52 + np.float32(shift), landmarks_52, 112, 1.5)

    assert chip.shape == (112, 112, 3)
    if shift == 0:
        blurred = np.asarray(Image.fromarray(astronaut).filter(ImageFilter.GaussianBlur(1.5)))[:112, :112]
        assert np.abs(chip.astype(int) - blurred).mean() < 1
    elif shift != 400:
        assert not chip.any()
