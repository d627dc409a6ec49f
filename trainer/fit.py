"""The training loop that all three networks share: batches, steps, schedule, workers, checkpoints.

Every epoch draws its order and its noise from (seed, epoch, worker) alone, so a run that was killed and resumed takes the very
steps of one that was not. Shape letters: M members of an ensemble, B rows of a batch.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

import torch
from torch import Tensor, nn

from trainer.check import require
from trainer.checkpoint import load_state, save_state
from trainer.curves import CurvePoint
from trainer.errors import CheckpointError
from trainer.workers import Division, Network, divided, mean_over_workers, wait_for_workers, worker_rank

OnEpoch = Callable[[CurvePoint], None]
HeldOut = Callable[[], Mapping[str, float]]

BETAS = (0.9, 0.98)
GRADIENT_LIMIT = 5.0
"""Norm to which a step's gradient is clipped; only the first steps ever reach it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitConfig:
    """Steps of AdamW: a linear rise over `warmup_share` of all steps to `learning_rate`, then half a cosine down to nothing."""

    epochs: int
    batch_rows: int
    learning_rate: float
    weight_decay: float = 0.1
    warmup_share: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        require(self.epochs >= 1, "epochs", self.epochs, "at least 1")
        require(self.batch_rows >= 1, "batch_rows", self.batch_rows, "at least 1")
        require(0 < self.learning_rate < 1, "learning_rate", self.learning_rate, "between 0 and 1")
        require(self.weight_decay >= 0, "weight_decay", self.weight_decay, "0 or more")
        require(0 <= self.warmup_share < 1, "warmup_share", self.warmup_share, "at least 0 and below 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting(Generic[Network]):
    """One network and what it is trained on.

    `loss_of_batch` gets the network, or some members of it, and row numbers (M, B): one order a member. In a network of more
    than one member, all parameters have the members first. `identity` names everything that the result depends on beside
    `config`; a checkpoint of another identity is refused.
    """

    network: Network
    num_rows: int
    loss_of_batch: Callable[[Network, Tensor], Tensor]
    config: FitConfig
    identity: str
    num_members: int = 1
    held_out: HeldOut | None = None

    @property
    def steps_per_epoch(self) -> int:
        return max(1, self.num_rows // self.config.batch_rows)

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.identity}|{self.config}|{self.num_rows}".encode()).hexdigest()[:16]


def fit(
    fitting: Fitting[Network], *, on_epoch: OnEpoch | None = None, checkpoint: str | Path | None = None
) -> tuple[CurvePoint, ...]:
    """Trains the network in place and returns its learning curve. Resumes from `checkpoint` where the file exists."""
    division = divided(fitting.network, fitting.num_members)
    optimizer = _optimizer(division.network, fitting.config)
    curve = _resume(fitting, division, optimizer, checkpoint)
    for epoch in range(len(curve), fitting.config.epochs):
        loss = _train_epoch(fitting, division, optimizer, epoch)
        division.gather()
        curve.append(_curve_point(fitting, epoch, loss))
        if checkpoint is not None:
            _save(fitting, division, optimizer, curve, checkpoint)
        if on_epoch is not None:
            on_epoch(curve[-1])
    fitting.network.eval()
    return tuple(curve)


def _train_epoch(
    fitting: Fitting[Network], division: Division[Network], optimizer: torch.optim.Optimizer, epoch: int
) -> float:
    network = division.network.train()
    total = torch.zeros((), device=next(network.parameters()).device)
    first_step = epoch * fitting.steps_per_epoch
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_seed_of(fitting.config.seed, epoch, worker_rank()))
        for step, rows_MB in enumerate(_batches(fitting, epoch), start=first_step):
            _set_learning_rate(optimizer, _learning_rate(fitting, step))
            loss = fitting.loss_of_batch(network, division.own(rows_MB))
            optimizer.zero_grad(set_to_none=True)
            (loss * division.loss_share).backward()  # type: ignore[no-untyped-call]
            division.finish_gradients(GRADIENT_LIMIT)
            optimizer.step()
            total += loss.detach()
    return mean_over_workers(float(total) / fitting.steps_per_epoch)


def _batches(fitting: Fitting[Network], epoch: int) -> Iterator[Tensor]:
    """All workers draw the same order, from a generator of its own."""
    generator = torch.Generator().manual_seed(_seed_of(fitting.config.seed, epoch, -1))
    order_MN = torch.stack([torch.randperm(fitting.num_rows, generator=generator) for _ in range(fitting.num_members)])
    batch_rows = min(fitting.config.batch_rows, fitting.num_rows)
    for start in range(0, fitting.steps_per_epoch * batch_rows, batch_rows):
        yield order_MN[:, start : start + batch_rows]


def _seed_of(seed: int, epoch: int, rank: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{epoch}/{rank}".encode()).digest()[:7], "big")


def _optimizer(network: nn.Module, config: FitConfig) -> torch.optim.Optimizer:
    """Offsets and norms do not decay: they are few, and pulling them to zero moves the mean face."""
    matrices = [value for name, value in network.named_parameters() if "weight" in name.rsplit(".", 1)[-1]]
    others = [value for name, value in network.named_parameters() if "weight" not in name.rsplit(".", 1)[-1]]
    groups: list[dict[str, Any]] = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]], lr=config.learning_rate, betas=BETAS, fused=True
    )


def _learning_rate(fitting: Fitting[Network], step: int) -> float:
    num_steps = fitting.steps_per_epoch * fitting.config.epochs
    warmup = max(1.0, fitting.config.warmup_share * num_steps)
    if step < warmup:
        return fitting.config.learning_rate * (step + 1) / (warmup + 1)
    done = (step - warmup) / max(1.0, num_steps - warmup)
    return fitting.config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def _set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


def _curve_point(fitting: Fitting[Network], epoch: int, loss: float) -> CurvePoint:
    fitting.network.eval()
    held_out = {} if fitting.held_out is None else dict(fitting.held_out())
    rows = (epoch + 1) * fitting.steps_per_epoch * min(fitting.config.batch_rows, fitting.num_rows)
    return CurvePoint(epoch + 1, fitting.config.epochs, rows, loss, held_out)


def _resume(
    fitting: Fitting[Network],
    division: Division[Network],
    optimizer: torch.optim.Optimizer,
    checkpoint: str | Path | None,
) -> list[CurvePoint]:
    state = None if checkpoint is None else load_state(checkpoint)
    if state is None:
        return []
    if state.get("fingerprint") != fitting.fingerprint:
        raise CheckpointError(
            f"{checkpoint} is the checkpoint of a training with other data or settings; "
            "delete it to start anew, or name another place"
        )
    fitting.network.load_state_dict(state["network"])
    optimizer.load_state_dict(division.own_state(state["optimizer"]))
    return [CurvePoint(**point) for point in state["curve"]]


def _save(
    fitting: Fitting[Network],
    division: Division[Network],
    optimizer: torch.optim.Optimizer,
    curve: list[CurvePoint],
    checkpoint: str | Path,
) -> None:
    optimizer_state = division.gathered(optimizer.state_dict())
    if worker_rank() == 0:
        state = {
            "fingerprint": fitting.fingerprint,
            "network": fitting.network.state_dict(),
            "optimizer": optimizer_state,
            "curve": [point.to_json() for point in curve],
        }
        save_state(checkpoint, state)
    wait_for_workers()
