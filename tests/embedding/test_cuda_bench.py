"""The bench for CUDA devices goes all its way on the CPU, with a network that is small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.cuda_faces import Trial, measure_on
from benchmarks.recapture import capture, encoded
from benchmarks.residual_network import ResidualShape

if TYPE_CHECKING:
    from typing import Any


@pytest.mark.slow
def test_network_actor_and_matrix_rate_are_measured_wherever_torch_runs() -> None:
    trial = Trial(
        device="torch-cpu",
        shape=ResidualShape(blocks=(1, 1), widths=(4, 8), dimension=16),
        batches=(2, 4),
        matrix_side=128,
        num_processes=1,
        chunks_per_process=1,
    )

    figures: dict[str, Any] = measure_on(trial, encoded(capture(2).rest))

    assert set(figures["faces_per_second"]) == {"2", "4"}
    assert figures["actor_frames_per_second"] > 0
    assert figures["share_of_matrix_rate"] > 0
