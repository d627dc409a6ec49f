"""dlib's network, rebuilt without dlib, gives what dlib gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dlib
import numpy as np
import pytest
from PIL import Image, ImageFilter

from creator.profile_file import load_profile
from embedding import dlib_onnx
from embedding.dlib_landmarks import box_of_landmarks
from embedding.dlib_recogniser import CHIP_BLUR_PIXELS, find_weights, open_dlib
from embedding.errors import UnknownRecogniserError, WeightsError
from embedding.open import open_recogniser
from standin.render import HeadRenderer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from embedding.recogniser import Recogniser


MOST_DRIFT_PIXELS = 0.2


@pytest.fixture(scope="module")
def faces(dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Chips of a photo, as it is, dark and from afar, and of stand-in characters of both genders."""
    photo = Image.fromarray(astronaut)
    pictures = [photo, photo.point(lambda value: value // 3), photo.resize((300, 300))]
    profile, renderer, rng = load_profile("standin"), HeadRenderer(256), np.random.default_rng(3)
    for number in np.linspace(0, len(profile.combinations) - 1, 6, dtype=int):
        gender, face, skin = profile.combinations[number]
        sliders = {slider.name: float(rng.uniform(-0.8, 0.8)) for slider in profile.sliders}
        pictures.append(Image.fromarray(renderer.render(gender=gender, face=face, skin=skin, sliders=sliders)))
    images = [np.asarray(picture, dtype=np.uint8) for picture in pictures]
    return [dlib_recogniser.align(image, dlib_recogniser.detect(image)[0]) for image in images]


@pytest.fixture(scope="module")
def chips(dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """A real face, noise, and flat colours at both ends of the range."""
    face = dlib_recogniser.detect(astronaut)[0]
    noise = np.random.default_rng(0).integers(0, 256, (150, 150, 3), dtype=np.uint8)
    flat = [np.full((150, 150, 3), level, dtype=np.uint8) for level in (0, 255)]
    return [dlib_recogniser.align(astronaut, face), noise, *flat]


def test_the_network_agrees_with_dlibs_own(
    dlib_recogniser: Recogniser, chips: list[NDArray[np.uint8]], faces: list[NDArray[np.uint8]]
) -> None:
    network = dlib.face_recognition_model_v1(str(find_weights().network))
    expected_ND = np.array([np.array(network.compute_face_descriptor(chip)) for chip in chips + faces])

    embeddings_ND = dlib_recogniser.embed(chips + faces)

    np.testing.assert_allclose(embeddings_ND, expected_ND, rtol=0, atol=1e-4)


def test_the_chip_is_the_one_that_dlib_cuts_but_smoother(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]
) -> None:
    face = dlib_recogniser.detect(astronaut)[0]
    whole_52 = np.round(face.landmarks_52)  # dlib's own landmarks are whole pixels
    parts = [dlib.point(int(x), int(y)) for x, y in whole_52]
    shape = dlib.full_object_detection(dlib.rectangle(*(int(edge) for edge in face.box)), parts)
    dlibs = Image.fromarray(dlib.get_face_chip(astronaut, shape, size=150, padding=0.25))

    chip = dlib_recogniser.align(astronaut, type(face)(face.box, whole_52, face.score))

    smooth = np.asarray(dlibs.filter(ImageFilter.GaussianBlur(CHIP_BLUR_PIXELS)), dtype=np.float32)
    assert np.abs(chip - smooth).mean() < 4  # of 255: edges are half a pixel wide


def test_a_picture_moved_by_less_than_a_pixel_moves_the_landmarks_with_it(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]
) -> None:
    large = Image.fromarray(astronaut).resize((1536, 1536), Image.Resampling.BICUBIC)
    still, moved = (
        np.asarray(large.resize((510, 510), Image.Resampling.BOX, box=(right, 0, right + 1530, 1530)))
        for right in (0, 1.5)
    )

    for box in (None, (175.0, 80.0, 265.0, 170.0)):
        faces = [
            dlib_recogniser.detect(picture)[0] if box is None else dlib_recogniser.face_at(picture, box)
            for picture in (still, moved)
        ]
        assert faces[0] is not None
        assert faces[1] is not None
        shift_52 = faces[0].landmarks_52 - faces[1].landmarks_52
        assert shift_52.mean(axis=0) == pytest.approx((0.5, 0.0), abs=MOST_DRIFT_PIXELS)


def test_a_known_place_and_a_search_find_the_same_face(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]
) -> None:
    searched = dlib_recogniser.detect(astronaut)[0]
    known = dlib_recogniser.face_at(astronaut, (175.0, 80.0, 265.0, 170.0))

    assert known is not None
    np.testing.assert_allclose(known.landmarks_52, searched.landmarks_52, atol=1.5)
    assert dlib_recogniser.face_at(astronaut, (350.0, 300.0, 450.0, 400.0)) is None
    assert dlib_recogniser.face_at(astronaut, (600.0, 600.0, 700.0, 700.0)) is None


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_box_of_a_faces_landmarks_is_about_the_detectors(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8], factor: float
) -> None:
    side = round(512 * factor)
    face = dlib_recogniser.detect(np.asarray(Image.fromarray(astronaut).resize((side, side))))[0]

    assert box_of_landmarks(face.landmarks_52) == pytest.approx(face.box, abs=0.25 * face.width_pixels)


@pytest.mark.parametrize("size", [2, 3, 7, 31, 32, 33])  # more than one run of the network
def test_a_batch_gives_what_single_calls_give(
    dlib_recogniser: Recogniser, chips: list[NDArray[np.uint8]], faces: list[NDArray[np.uint8]], size: int
) -> None:
    different = chips + faces
    single_ND = np.concatenate([dlib_recogniser.embed([chip]) for chip in different])

    batch_ND = dlib_recogniser.embed([different[row % len(different)] for row in range(size)])

    np.testing.assert_allclose(batch_ND, single_ND[np.arange(size) % len(different)], rtol=0, atol=1e-5)


def test_no_chips_give_no_rows_of_the_right_width(dlib_recogniser: Recogniser) -> None:
    assert dlib_recogniser.embed([]).shape == (0, dlib_recogniser.identity.dimension)


def test_the_same_picture_is_fully_similar_and_another_one_is_not(
    dlib_recogniser: Recogniser, chips: list[NDArray[np.uint8]]
) -> None:
    embeddings_ND = dlib_recogniser.embed([chips[0], chips[0], chips[1]])

    same, other = dlib_recogniser.similarity(embeddings_ND[:1], embeddings_ND[1:])

    assert same == pytest.approx(1.0, abs=1e-5)
    assert other < dlib_recogniser.similarity_threshold


def test_a_face_of_fifty_pixels_is_found(dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8]) -> None:
    half = np.ascontiguousarray(astronaut[::2, ::2])

    face = dlib_recogniser.detect(half)[0]

    assert face.centre == pytest.approx((111, 63), abs=8)
    assert face.score > 0


def cut_off(content: bytes) -> bytes:
    return content[:1000]


def with_zeros_inside(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(40_000) + content[middle + 40_000 :]


@pytest.mark.parametrize("damaged", [cut_off, with_zeros_inside])
def test_a_damaged_converted_network_is_converted_again(
    damaged: Callable[[bytes], bytes], tmp_path: Path, dlib_recogniser: Recogniser, chips: list[NDArray[np.uint8]]
) -> None:
    open_dlib(folder=tmp_path)
    (converted,) = tmp_path.glob("*.onnx")
    converted.write_bytes(damaged(converted.read_bytes()))

    recogniser = open_dlib(folder=tmp_path)

    np.testing.assert_array_equal(recogniser.embed(chips[:1]), dlib_recogniser.embed(chips[:1]))
    assert {path.suffix for path in tmp_path.iterdir()} == {".onnx", ".sha256"}


def test_an_unwritable_cache_names_the_variable_that_moves_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(WeightsError, match="LOOKALIKE_CACHE"):
        open_dlib(folder=tmp_path / "file" / "below")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9999])
def test_incomplete_weights_are_refused(share: float) -> None:
    dat = find_weights().network.read_bytes()

    with pytest.raises(WeightsError):
        dlib_onnx.convert(dat[: int(share * len(dat))])


def test_an_unknown_recogniser_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownRecogniserError, match="dlib"):
        open_recogniser("facebook")
