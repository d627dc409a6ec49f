"""torch runs the same weights and gives the same embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("torch", reason="the torch devices need torch")

import torch
from generated_networks import chips_of_side, write_folder, write_residual_folder

from benchmarks.residual_network import ResidualShape
from embedding.errors import DeviceError, WeightsError
from embedding.open import open_recogniser

if TYPE_CHECKING:
    from pathlib import Path

    from embedding.recogniser import Recogniser


def assert_alike(first: Recogniser, second: Recogniser, tolerance: float) -> None:
    chips = chips_of_side(first.input_size_pixels, 3)
    first_ND, second_ND = first.embed(chips), second.embed(chips)
    assert first.identity == second.identity
    np.testing.assert_allclose(second_ND, first_ND, atol=tolerance * float(np.abs(first_ND).max()))


def test_dlibs_network_gives_the_same_with_torch(dlib_recogniser: Recogniser) -> None:
    assert_alike(dlib_recogniser, open_recogniser("dlib", device="torch-cpu"), 1e-5)


@pytest.mark.parametrize("has_batch_norm", [True, False])
def test_a_residual_network_gives_the_same_with_torch(tmp_path: Path, has_batch_norm: bool) -> None:
    shape = ResidualShape(blocks=(1, 2), widths=(8, 16), dimension=32, has_batch_norm=has_batch_norm)
    folder = str(write_residual_folder(tmp_path, shape))

    assert_alike(open_recogniser(folder), open_recogniser(folder, device="torch-cpu"), 1e-5)


def test_an_operation_that_is_not_known_is_named(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, last="Softmax")

    with pytest.raises(WeightsError, match="Softmax"):
        open_recogniser(str(folder), device="torch-cpu")


@pytest.mark.parametrize("device", ["torch-cuda", "cuda", "tensorrt"])
def test_a_missing_gpu_is_said_and_not_passed_over(device: str) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")

    with pytest.raises(DeviceError, match=r"cpu"):
        open_recogniser("dlib", device=device)
