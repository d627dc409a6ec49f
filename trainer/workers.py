"""This process among the workers of a training. Alone, every call here is free.

Workers hold the same rows and draw the same batches; each computes its share of a batch and the gradients are averaged, so
that n workers take the steps that one would take.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, distributed


def num_workers() -> int:
    return distributed.get_world_size() if _is_shared() else 1


def worker_rank() -> int:
    return distributed.get_rank() if _is_shared() else 0


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Replaces each gradient by its mean over the workers, in one message."""
    if not _is_shared():
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= num_workers()
    start = 0
    for gradient in gradients:
        gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
        start += gradient.numel()


def mean_over_workers(value: float) -> float:
    if not _is_shared():
        return value
    total = torch.tensor([value], dtype=torch.float64)
    distributed.all_reduce(total)
    return float(total) / num_workers()


def wait_for_workers() -> None:
    if _is_shared():
        distributed.barrier()


def _is_shared() -> bool:
    return bool(distributed.is_available() and distributed.is_initialized())
