"""What a device multiplies at most: the measure of what a network makes of it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_RUNS = 20


def matrix_flops(torch_device: str, dtype: torch.dtype, side: int) -> float:
    """Operations a second of a product of two large matrices of `side` rows; an addition and a multiplication are two."""
    import torch

    first, second = (torch.randn(side, side, device=torch_device).to(dtype) for _ in range(2))

    def multiply() -> None:
        torch.mm(first, second)
        if torch_device.startswith("cuda"):
            torch.cuda.synchronize()

    return 2.0 * side**3 / median_seconds(multiply)


def median_seconds(run: Callable[[], object]) -> float:
    """Of some runs, after three that warm up."""
    for _ in range(3):
        run()
    seconds = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
