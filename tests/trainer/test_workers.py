"""Several workers take the steps that one takes, however they divide a network."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import distributed
from toy_faces import toy_snapshot

from cluster.ports import free_ports
from creator.profile_file import load_profile
from trainer.curves import CurvePoint
from trainer.fit import FitConfig
from trainer.imitator import ImitatorConfig, TrainedImitator, save_imitator, train_imitator
from trainer.network import ImitatorNetworkConfig
from trainer.workers import divided

EPOCHS = 4


def config(num_members: int) -> ImitatorConfig:
    """Without dropout, which each worker draws for itself."""
    network = ImitatorNetworkConfig(num_members=num_members, width=32, num_blocks=2, dropout=0.0)
    return ImitatorConfig(network=network, fit=FitConfig(epochs=EPOCHS, batch_rows=32, learning_rate=4e-3))


def train(num_members: int, checkpoint: Path | None = None, stop_after: int = EPOCHS) -> TrainedImitator:
    """A run that stops leaves its checkpoint."""
    profile = load_profile("small")

    def stop(point: CurvePoint) -> None:
        if point.epoch == stop_after < EPOCHS:
            raise InterruptedError

    return train_imitator(
        toy_snapshot(profile, 400, noise=0.004),
        profile,
        config(num_members),
        on_epoch=stop,
        checkpoint=checkpoint,
        noise_variance=0.0,
    )


def join_group(rank: int, num_workers: int, port: int) -> None:
    method = f"tcp://127.0.0.1:{port}"
    distributed.init_process_group("gloo", init_method=method, rank=rank, world_size=num_workers)


def work(rank: int, num_workers: int, port: int, num_members: int, folder: Path, stop_after: int) -> None:
    torch.set_num_threads(1)
    join_group(rank, num_workers, port)
    try:
        trained = train(num_members, folder / "state", stop_after)
    except InterruptedError:
        return
    if rank == 0:
        save_imitator(trained.imitator, folder / "imitator")
        torch.save([point.training_loss for point in trained.curve], folder / "losses")


def run(target: Callable[..., None], num_workers: int, *arguments: object) -> None:
    context, (port,) = multiprocessing.get_context("spawn"), free_ports(1)
    workers = [
        context.Process(target=target, args=(rank, num_workers, port, *arguments), daemon=True)
        for rank in range(num_workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=240)
    assert [worker.exitcode for worker in workers] == [0] * num_workers


def run_workers(num_workers: int, num_members: int, folder: Path, stop_after: int = EPOCHS) -> None:
    run(work, num_workers, num_members, folder, stop_after)


@pytest.mark.parametrize("num_members", [2, 3], ids=["divided by members", "divided by rows"])
def test_two_workers_learn_what_one_learns(num_members: int, tmp_path: Path) -> None:
    alone = train(num_members)
    run_workers(2, num_members, tmp_path)
    assert torch.load(tmp_path / "losses") == pytest.approx([point.training_loss for point in alone.curve], rel=2e-3)
    saved = torch.load(tmp_path / "imitator")["network"]
    for name, values in alone.imitator.network.state_dict().items():
        for member, other in zip(
            values, saved[name], strict=True
        ):  # steps move weights by a third of their size and more
            assert (member - other).norm() <= 0.05 * member.norm()


def test_what_two_workers_began_one_can_finish_and_the_other_way_round(tmp_path: Path) -> None:
    alone = [point.training_loss for point in train(2).curve]
    for name in ("two first", "one first"):
        (tmp_path / name).mkdir()
    run_workers(2, 2, tmp_path / "two first", stop_after=2)
    finished = train(2, tmp_path / "two first/state").curve
    assert [point.training_loss for point in finished] == pytest.approx(alone, rel=2e-3)
    with pytest.raises(InterruptedError):
        train(2, tmp_path / "one first/state", stop_after=2)
    run_workers(2, 2, tmp_path / "one first")
    assert torch.load(tmp_path / "one first/losses") == pytest.approx(alone, rel=2e-3)


def clip(rank: int, num_workers: int, port: int, folder: Path) -> None:
    join_group(rank, num_workers, port)
    network = torch.nn.Linear(3, 4, bias=False)
    division = divided(network, num_members=4)
    division.network.weight.grad = torch.full((2, 3), 1.0 + rank)
    division.finish_gradients(0.5)
    torch.save(division.network.weight.grad, folder / str(rank))


def test_the_length_of_the_gradient_is_that_of_all_members(tmp_path: Path) -> None:
    run(clip, 2, tmp_path)
    gradient = torch.cat([torch.load(tmp_path / str(rank)) for rank in range(2)])
    assert gradient.norm() == pytest.approx(0.5, rel=1e-4)
    assert gradient[3, 0] == pytest.approx(2 * gradient[0, 0].item())


def test_a_group_of_one_divides_nothing() -> None:
    """As Ray Train's, where a job has a single worker."""
    (port,) = free_ports(1)
    join_group(0, 1, port)
    try:
        network = torch.nn.Linear(3, 4)
        assert divided(network, num_members=1).network is network
    finally:
        distributed.destroy_process_group()
