"""What a network of ArcFace-R50's shape reaches on a CUDA device, beside what the device can multiply at most.

Weights are random: neither their values nor the pixels change how long it takes.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.residual_network import ResidualShape, write_residual_network
from embedding.device import DEVICES

BATCHES = (64, 128, 256, 512)
DEVICE = "torch-cuda-half"
_MATRIX_SIDE = 8192
_RUNS = 20


def measure_cuda() -> dict[str, object] | None:
    """Faces a second by batch, with the pixels' way to the device; None without torch or without a device."""
    try:
        import torch
    except ImportError:
        return None
    if not torch.cuda.is_available():
        return None
    from embedding.torch_session import open_torch_session

    shape = ResidualShape()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "residual.onnx"
        write_residual_network(path, shape)
        session = open_torch_session(path, DEVICES[DEVICE])
    faces_per_second = {}
    for batch in BATCHES:
        pixels_N3SS = np.zeros((batch, 3, shape.side_pixels, shape.side_pixels), dtype=np.float32)
        seconds = _median_seconds(partial(session.run, None, {"input": pixels_N3SS}))
        faces_per_second[str(batch)] = round(batch / seconds, 1)
    matrix_rate = _matrix_flops()
    best = max(faces_per_second.values())
    return {
        "device": torch.cuda.get_device_name(),
        "faces_per_second": faces_per_second,
        "matrix_teraflops": round(matrix_rate / 1e12, 1),
        "share_of_matrix_rate": round(best * 2 * shape.multiply_adds() / matrix_rate, 4),
    }


def _matrix_flops() -> float:
    """Operations a second of a large product in 16 bits."""
    import torch

    first, second = (torch.randn(_MATRIX_SIDE, _MATRIX_SIDE, device="cuda", dtype=torch.float16) for _ in range(2))

    def multiply() -> None:
        torch.mm(first, second)
        torch.cuda.synchronize()

    return 2.0 * _MATRIX_SIDE**3 / _median_seconds(multiply)


def _median_seconds(run: Callable[[], object]) -> float:
    for _ in range(3):
        run()
    seconds = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
