"""torch runs the same weights and gives the same embeddings."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the torch devices need torch")

import torch
from generated_networks import chips_of_side, write_folder, write_residual_folder

from benchmarks.residual_network import ResidualShape
from embedding.errors import DeviceError, WeightsError
from embedding.open import open_recogniser
from embedding.torch_operations import OPERATIONS

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


def test_sixteen_bits_on_a_processor_move_an_embedding_by_little(dlib_recogniser: Recogniser) -> None:
    halved = open_recogniser("dlib", device="torch-cpu-half")

    assert_alike(dlib_recogniser, halved, 0.03)
    with pytest.raises(AssertionError):  # that it calculates in 16 bits at all
        assert_alike(dlib_recogniser, halved, 1e-4)


def test_threads_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an actor's health check comes while its network runs."""
    shape = ResidualShape(blocks=(1, 1), widths=(8, 8), dimension=8)
    recogniser = open_recogniser(str(write_residual_folder(tmp_path, shape)), device="torch-cpu")
    chips = chips_of_side(recogniser.input_size_pixels, 8)
    expected_ND = np.concatenate([recogniser.embed([chip]) for chip in chips])
    convolve, inside, most_inside = OPERATIONS["Conv"], 0, 0

    def watched(*arguments: Any) -> Any:
        nonlocal inside, most_inside
        inside += 1
        most_inside = max(most_inside, inside)
        time.sleep(0.002)
        inside -= 1
        return convolve(*arguments)

    monkeypatch.setitem(OPERATIONS, "Conv", watched)
    with ThreadPoolExecutor(4) as threads:
        rows = list(threads.map(lambda chip: recogniser.embed([chip])[0], chips))

    assert most_inside == 1
    np.testing.assert_allclose(np.stack(rows), expected_ND, rtol=0, atol=1e-6)


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
