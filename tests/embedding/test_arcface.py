"""Folders of ONNX networks become recognisers, checked before they are trusted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pytest
from generated_networks import (
    SIDE,
    chips_of_side,
    write_detector,
    write_folder,
    write_manifest,
    write_network,
    write_residual_folder,
)
from onnx import helper
from PIL import Image

from benchmarks.residual_network import ResidualShape
from embedding.arcface import LANDMARKS_IN_112
from embedding.device import DEVICES
from embedding.errors import WeightsError
from embedding.open import open_recogniser
from embedding.photo_embedding import find_face
from embedding.scrfd import NUM_OUTPUTS, suppress_overlaps
from embedding.warp import cut_chip, fit_similarity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from embedding.recogniser import Recogniser

EVERY_SIZE = range(1, DEVICES["cpu"].batch_faces + 3)


def chips(count: int) -> list[NDArray[np.uint8]]:
    return chips_of_side(SIDE, count)


def assert_batch_equals_singles(recogniser: Recogniser, sizes: Iterable[int] = (2, 3, 5)) -> None:
    """At both ends of a batch and in its middle; as a share of the largest number."""
    probes = chips(max(sizes))
    single_ND = np.concatenate([recogniser.embed([chip]) for chip in probes])
    for size in sizes:
        batch_ND = recogniser.embed(probes[:size])
        np.testing.assert_allclose(batch_ND, single_ND[:size], rtol=0, atol=1e-5 * float(np.abs(single_ND).max()))


def test_a_folder_without_manifest_is_understood_by_shapes(tmp_path: Path) -> None:
    recogniser = open_recogniser(str(write_folder(tmp_path)))

    assert recogniser.identity.dimension == 8
    assert recogniser.input_size_pixels == SIDE
    assert "unknown" in recogniser.licence
    assert_batch_equals_singles(recogniser)


def test_a_manifest_gives_name_licence_and_threshold(tmp_path: Path) -> None:
    write_manifest(write_folder(tmp_path), similarity_threshold=0.3, false_accept_rate=1e-4)

    recogniser = open_recogniser(str(tmp_path))

    assert str(recogniser.identity).startswith("arcface_test_pack_1-")
    assert recogniser.licence == "CC0-1.0"
    assert (recogniser.similarity_threshold, recogniser.false_accept_rate) == (0.3, 1e-4)


@pytest.mark.parametrize("kind", ["flattens", "averages", "lasts", "fixed"])
def test_a_network_that_cannot_take_batches_runs_one_by_one(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    write_folder(tmp_path, spoil=kind, batch=1 if kind == "fixed" else "N")

    with caplog.at_level(logging.WARNING):
        recogniser = open_recogniser(str(tmp_path))

    assert_batch_equals_singles(recogniser, EVERY_SIZE)
    assert ("one face at a time" in caplog.text) == (kind != "fixed")


@pytest.mark.parametrize("has_batch_norm", [True, False])
def test_a_residual_network_of_arcfaces_kind_is_a_recogniser(tmp_path: Path, has_batch_norm: bool) -> None:
    shape = ResidualShape(blocks=(1, 2), widths=(8, 16), dimension=32, has_batch_norm=has_batch_norm)

    recogniser = open_recogniser(str(write_residual_folder(tmp_path, shape)))

    assert recogniser.identity.dimension == 32
    assert_batch_equals_singles(recogniser, EVERY_SIZE)


@pytest.mark.slow
def test_a_network_as_large_as_r50_gives_a_batch_what_it_gives_singles(tmp_path: Path) -> None:
    recogniser = open_recogniser(str(write_residual_folder(tmp_path, ResidualShape())))

    assert recogniser.identity.dimension == 512
    assert_batch_equals_singles(recogniser)


def test_a_changed_file_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    write_manifest(write_folder(tmp_path))
    path = tmp_path / "recogniser.onnx"
    path.write_bytes(path.read_bytes() + b"\x00")

    with pytest.raises(WeightsError, match=r"recogniser\.onnx has sha256"):
        open_recogniser(str(tmp_path))


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_detector_that_answers_with_no_numbers_is_refused(tmp_path: Path, score: float) -> None:
    write_detector(write_folder(tmp_path), score=score)

    with pytest.raises(WeightsError, match="detector"):
        open_recogniser(str(tmp_path))


def test_a_detector_of_another_kind_is_refused(tmp_path: Path) -> None:
    outputs = [f"output_{number}" for number in range(NUM_OUTPUTS)]
    copies = [helper.make_node("Identity", ["input"], [output]) for output in outputs]
    write_network(write_folder(tmp_path) / "detector.onnx", copies, outputs, "N")

    with pytest.raises(WeightsError, match="an SCRFD network"):
        open_recogniser(str(tmp_path))


def test_other_weights_are_another_identity(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = open_recogniser(str(write_folder(tmp_path / "a")))
    second = open_recogniser(str(write_folder(tmp_path / "b", spoil="flattens")))

    assert first.identity.version != second.identity.version


@pytest.mark.parametrize("missing", ["recogniser.onnx", "detector.onnx"])
def test_an_incomplete_folder_is_named(tmp_path: Path, missing: str) -> None:
    write_folder(tmp_path)
    (tmp_path / missing).unlink()

    with pytest.raises(WeightsError, match="holds 0 networks"):
        open_recogniser(str(tmp_path))


def test_files_that_are_no_networks_are_refused(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "recogniser.onnx").write_bytes(b"not a network")

    with pytest.raises(WeightsError, match=r"recogniser\.onnx"):
        open_recogniser(str(tmp_path))
    write_folder(tmp_path, spoil="nans")
    with pytest.raises(WeightsError, match="no number"):
        open_recogniser(str(tmp_path))
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(WeightsError, match=r"manifest\.json"):
        open_recogniser(str(tmp_path))


def test_the_fit_recovers_turn_scale_and_shift() -> None:
    points_52 = np.array(LANDMARKS_IN_112, dtype=np.float32)
    turned_52 = np.stack([-2 * points_52[:, 1] + 7, 2 * points_52[:, 0] - 3], axis=1)

    factor, shift = fit_similarity(points_52, turned_52)

    assert factor == pytest.approx(2j, abs=1e-4)
    assert shift == pytest.approx(7 - 3j, abs=1e-3)


def test_landmarks_already_in_place_leave_the_picture_as_it_is() -> None:
    picture = chips(1)[0]
    landmarks_52 = np.array(LANDMARKS_IN_112, dtype=np.float32)

    np.testing.assert_array_equal(cut_chip(picture, landmarks_52, landmarks_52, SIDE), picture)


@pytest.mark.parametrize("scale", [2, 4])
def test_a_large_face_is_averaged_and_not_skipped_through(scale: int) -> None:
    picture = chips(1)[0]
    large = picture.repeat(scale, axis=0).repeat(scale, axis=1)
    wanted_52 = np.array(LANDMARKS_IN_112, dtype=np.float32)
    landmarks_52 = (wanted_52 + np.float32(0.5)) * np.float32(scale) - np.float32(0.5)

    chip = cut_chip(large, landmarks_52, wanted_52, SIDE)

    np.testing.assert_allclose(chip.astype(int), picture, atol=2)


def test_boxes_of_one_face_become_one() -> None:
    boxes_K4 = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [30, 0, 40, 10], [0, 0, 9, 10]], dtype=np.float32)
    scores_K = np.array([0.8, 0.9, 0.5, 0.4], dtype=np.float32)

    assert suppress_overlaps(scores_K, boxes_K4) == [1, 2]


def test_the_portrait_is_found_where_it_is(arcface: Recogniser, astronaut: NDArray[np.uint8]) -> None:
    face = find_face(arcface, astronaut)

    assert face.centre == pytest.approx((225, 117), abs=15)
    assert face.landmarks_52[:, 1].argsort()[-1] >= 3  # a corner of the mouth is lowest


def test_a_batch_gives_what_single_calls_give(arcface: Recogniser) -> None:
    assert_batch_equals_singles(arcface)


def test_the_same_person_in_another_size_is_recognised_and_noise_is_not(
    arcface: Recogniser, astronaut: NDArray[np.uint8]
) -> None:
    large = np.asarray(Image.fromarray(astronaut).resize((1280, 1280), Image.Resampling.BICUBIC))
    turned = np.asarray(Image.fromarray(astronaut).rotate(15, Image.Resampling.BICUBIC))

    embeddings_ND = arcface.embed(
        [arcface.align(image, find_face(arcface, image)) for image in (astronaut, large, turned)] + [chips(1)[0]]
    )

    same_large, same_turned, other = arcface.similarity(embeddings_ND[:1], embeddings_ND[1:])
    assert min(same_large, same_turned) > 0.8
    assert other < arcface.similarity_threshold


def test_no_face_is_seen_in_an_empty_picture(arcface: Recogniser) -> None:
    assert arcface.detect(np.full((100, 333, 3), 127, dtype=np.uint8)) == []
    assert arcface.detect(np.zeros((1, 1, 3), dtype=np.uint8)) == []
