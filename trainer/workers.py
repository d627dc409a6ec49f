"""How workers divide a training among them. Alone, every call here is free.

All workers call alike, hold the same rows and draw the same batches. An ensemble whose members they can share out evenly is
divided by members: each trains its own, and nothing but the length of the gradient goes over the wire until an epoch ends.
Anything else is divided by rows: each computes its share of a batch, and the gradients are averaged. Either way n workers take
the steps that one would take, but for what each draws for itself, as dropout.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, distributed, nn

Network = TypeVar("Network", bound=nn.Module)


def num_workers() -> int:
    return distributed.get_world_size() if _is_shared() else 1


def worker_rank() -> int:
    return distributed.get_rank() if _is_shared() else 0


class Division(ABC, Generic[Network]):
    """This worker's part of a training. `network` is what it trains; `loss_share` is what its loss counts in the whole."""

    network: Network
    loss_share = 1.0

    @abstractmethod
    def own(self, rows_MB: Tensor) -> Tensor:
        """Of a batch of every member."""

    @abstractmethod
    def finish_gradients(self, most: float) -> None:
        """After this, gradients are those of the whole step, and the norm of the whole step's is at most `most`."""

    @abstractmethod
    def gather(self) -> None:
        """Brings what the others have trained into the whole network."""

    @abstractmethod
    def gathered(self, optimizer_state: dict[str, Any]) -> dict[str, Any]:
        """As one worker's would be, had it trained everything."""

    @abstractmethod
    def own_state(self, optimizer_state: dict[str, Any]) -> dict[str, Any]:
        """The inverse of `gathered`."""


class ByRows(Division[Network]):
    """Also for a single worker."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def own(self, rows_MB: Tensor) -> Tensor:
        return rows_MB[:, worker_rank() :: num_workers()]

    def finish_gradients(self, most: float) -> None:
        if _is_shared():
            _average(_gradients(self.network))
        nn.utils.clip_grad_norm_(self.network.parameters(), most)

    def gather(self) -> None:
        pass

    def gathered(self, optimizer_state: dict[str, Any]) -> dict[str, Any]:
        return optimizer_state

    def own_state(self, optimizer_state: dict[str, Any]) -> dict[str, Any]:
        return optimizer_state


class ByMembers(Division[Network]):
    """The network's parameters have its members first. What is trained are views of them: the whole network knows at once."""

    def __init__(self, network: Network, num_members: int) -> None:
        self._whole, self._count = network, num_members // num_workers()
        self._members = self._members_of(worker_rank())
        self.loss_share = self._count / num_members
        self.network = copy.deepcopy(network)
        for part, whole in zip(self.network.parameters(), network.parameters(), strict=True):
            part.data = whole.data[self._members]

    def own(self, rows_MB: Tensor) -> Tensor:
        return rows_MB[self._members]

    def finish_gradients(self, most: float) -> None:
        parameters = list(self.network.parameters())
        squared = nn.utils.get_total_norm(_gradients(self.network)).square()
        distributed.all_reduce(squared)
        nn.utils.clip_grads_with_norm_(parameters, most, squared.sqrt())

    def gather(self) -> None:
        for whole in self._whole.parameters():
            for rank in range(num_workers()):
                distributed.broadcast(whole.data[self._members_of(rank)], src=rank)

    def gathered(self, optimizer_state: dict[str, Any]) -> dict[str, Any]:
        return _with_moments(optimizer_state, self._gathered_moment)

    def own_state(self, optimizer_state: dict[str, Any]) -> dict[str, Any]:
        return _with_moments(optimizer_state, lambda moment: moment[self._members].clone())

    def _gathered_moment(self, moment: Tensor) -> Tensor:
        parts = [torch.empty_like(moment) for _ in range(num_workers())]
        distributed.all_gather(parts, moment)
        return torch.cat(parts)

    def _members_of(self, rank: int) -> slice:
        return slice(rank * self._count, (rank + 1) * self._count)


def divided(network: Network, num_members: int) -> Division[Network]:
    """By members where every worker gets as many, else by rows. Ray's single worker is a group, too, of one."""
    is_even = num_workers() > 1 and num_members % num_workers() == 0
    return ByMembers(network, num_members) if is_even else ByRows(network)


def mean_over_workers(value: float) -> float:
    if not _is_shared():
        return value
    total = torch.tensor([value], dtype=torch.float64)
    distributed.all_reduce(total)
    return float(total) / num_workers()


def wait_for_workers() -> None:
    if _is_shared():
        distributed.barrier()


def _gradients(network: nn.Module) -> list[Tensor]:
    return [parameter.grad for parameter in network.parameters() if parameter.grad is not None]


def _average(gradients: Iterable[Tensor]) -> None:
    """In one message."""
    gradients = list(gradients)
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= num_workers()
    start = 0
    for gradient in gradients:
        gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
        start += gradient.numel()


def _with_moments(optimizer_state: dict[str, Any], change: Callable[[Tensor], Tensor]) -> dict[str, Any]:
    """Numbers, as of steps, are the same for all members."""
    changed = {
        place: {name: change(value) if value.ndim else value for name, value in values.items()}
        for place, values in optimizer_state["state"].items()
    }
    return optimizer_state | {"state": changed}


def _is_shared() -> bool:
    return bool(distributed.is_available() and distributed.is_initialized())
