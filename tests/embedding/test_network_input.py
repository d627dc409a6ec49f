"""A network is fed what it was trained with, and no value is scaled twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from generated_networks import SIDE, chips_of_side, write_folder, write_manifest

from embedding.network_input import ColourOrder, Normalisation
from embedding.open import open_recogniser
from embedding.quick_look import QuickLook

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from embedding.recogniser import Recogniser

CHIPS = chips_of_side(SIDE, 3)


def embedded(folder: Path) -> NDArray[np.float32]:
    return open_recogniser(str(folder)).embed(CHIPS)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    (tmp_path / "plain").mkdir()
    return write_folder(tmp_path / "plain")


def test_a_network_that_scales_nothing_is_fed_as_insightface_does(plain: Path) -> None:
    recogniser = open_recogniser(str(plain))

    assert recogniser.normalisation == Normalisation.alike(127.5, 127.5)
    assert recogniser.colour_order is ColourOrder.RGB


@pytest.mark.parametrize("constants", ["nodes", "weights"])
def test_a_network_that_scales_its_input_itself_is_fed_plain_values(
    plain: Path, tmp_path: Path, constants: str
) -> None:
    recogniser = open_recogniser(str(write_folder(tmp_path, first=constants)))

    assert recogniser.normalisation == Normalisation((127.5,) * 3, (128.0,) * 3, is_in_network=True)
    np.testing.assert_allclose(recogniser.embed(CHIPS), embedded(plain) * np.float32(127.5 / 128), rtol=1e-4, atol=1e-5)


def test_arithmetic_after_the_first_layer_is_no_scaling_of_the_input(tmp_path: Path) -> None:
    recogniser = open_recogniser(str(write_folder(tmp_path, first="late")))

    assert recogniser.normalisation == Normalisation.alike(127.5, 127.5)


def test_the_manifest_has_the_last_word(plain: Path) -> None:
    insightfaces_ND = embedded(plain)
    write_manifest(plain, input_mean=127.5, input_std=128, colour_order="bgr")

    recogniser = open_recogniser(str(plain))

    assert recogniser.normalisation == Normalisation.alike(127.5, 128.0)
    assert recogniser.colour_order is ColourOrder.BGR
    turned = recogniser.embed([np.ascontiguousarray(chip[..., ::-1]) for chip in CHIPS])
    np.testing.assert_allclose(turned, insightfaces_ND * np.float32(127.5 / 128), rtol=1e-4, atol=1e-5)


def test_another_input_is_another_recogniser(plain: Path) -> None:
    write_manifest(plain)
    before = open_recogniser(str(plain)).identity
    write_manifest(plain, input_std=128)

    assert open_recogniser(str(plain)).identity.version != before.version


def test_the_default_says_what_dlib_does(dlib_recogniser: Recogniser) -> None:
    looked = QuickLook(dlib_recogniser, np.zeros((8, 8, 3), dtype=np.uint8))

    assert dlib_recogniser.normalisation.is_in_network
    assert dlib_recogniser.normalisation.divisors_3 == (256.0,) * 3
    assert (looked.normalisation, looked.colour_order) == (dlib_recogniser.normalisation, ColourOrder.RGB)


@pytest.mark.parametrize("numbers", [(float("nan"), 1.0), (0.0, 0.0), (0.0, float("inf"))])
def test_a_normalisation_that_gives_no_numbers_is_refused(numbers: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        Normalisation.alike(*numbers)
