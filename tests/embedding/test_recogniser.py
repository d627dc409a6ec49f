"""Identities of recognisers keep embeddings of different networks apart."""

from __future__ import annotations

import numpy as np
import pytest

from embedding.errors import RecogniserMismatchError
from embedding.recogniser import Face, RecogniserId
from embedding.similarity import cosine, l2_distance


def test_the_identity_names_the_table_of_its_embeddings() -> None:
    identity = RecogniserId("dlib", "55533b28", 128)

    assert str(identity) == identity.table_suffix == "dlib-55533b28"


@pytest.mark.parametrize(
    ("name", "version", "dimension"),
    [("Dlib", "55533b28", 128), ("", "55533b28", 128), ("dlib", "v1", 128), ("dlib", "55533b28", 0)],
)
def test_an_identity_that_could_not_name_a_table_is_refused(name: str, version: str, dimension: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        RecogniserId(name, version, dimension)


def test_other_weights_are_another_recogniser() -> None:
    with pytest.raises(RecogniserMismatchError, match=r"dlib-00000000.*dlib-55533b28"):
        RecogniserId("dlib", "55533b28", 128).require(RecogniserId("dlib", "00000000", 128))


def test_a_face_found_in_a_shrunken_crop_lands_in_the_whole_picture() -> None:
    face = Face((10, 20, 30, 40), np.full((5, 2), 10, dtype=np.float32), 1.0)

    moved = face.moved(100, 200, scale=2)

    assert moved.box == (120, 240, 160, 280)
    assert moved.landmarks_52.tolist() == [[120, 220]] * 5


def test_distances_and_cosines_go_row_by_row() -> None:
    first_ND = np.array([[3, 0], [1, 1]], dtype=np.float32)
    second_ND = np.array([[0, 4], [1, 1]], dtype=np.float32)

    assert l2_distance(first_ND, second_ND).tolist() == [5, 0]
    assert cosine(first_ND, second_ND) == pytest.approx([0, 1])


def test_a_cosine_around_a_centre_sees_differences_that_a_raw_one_hides() -> None:
    centre_D = np.array([100, 100], dtype=np.float32)
    first_D, second_D = centre_D + np.float32([1, 0]), centre_D + np.float32([-1, 0])

    assert cosine(first_D, second_D) > 0.99
    assert cosine(first_D, second_D, centre_D=centre_D) == pytest.approx(-1)


def test_the_cosine_of_nothing_is_zero() -> None:
    assert cosine(np.zeros(2, dtype=np.float32), np.ones(2, dtype=np.float32)) == 0
