"""Several workers take the steps that one takes, however they divide a network."""

from __future__ import annotations

import multiprocessing
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


def work(rank: int, num_workers: int, port: int, num_members: int, folder: Path, stop_after: int) -> None:
    torch.set_num_threads(1)
    method = f"tcp://127.0.0.1:{port}"
    distributed.init_process_group("gloo", init_method=method, rank=rank, world_size=num_workers)
    try:
        trained = train(num_members, folder / "state", stop_after)
    except InterruptedError:
        return
    if rank == 0:
        save_imitator(trained.imitator, folder / "imitator")
        torch.save([point.training_loss for point in trained.curve], folder / "losses")


def run_workers(num_workers: int, num_members: int, folder: Path, stop_after: int = EPOCHS) -> None:
    context, (port,) = multiprocessing.get_context("spawn"), free_ports(1)
    arguments = (num_workers, port, num_members, folder, stop_after)
    workers = [context.Process(target=work, args=(rank, *arguments)) for rank in range(num_workers)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * num_workers


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


def test_what_two_workers_began_one_or_two_can_finish(tmp_path: Path) -> None:
    alone = [point.training_loss for point in train(2).curve]
    run_workers(2, 2, tmp_path, stop_after=2)
    checkpoint = (tmp_path / "state").read_bytes()
    assert [point.training_loss for point in train(2, tmp_path / "state").curve] == pytest.approx(alone, rel=2e-3)
    (tmp_path / "state").write_bytes(checkpoint)
    run_workers(2, 2, tmp_path)
    assert torch.load(tmp_path / "losses") == pytest.approx(alone, rel=2e-3)
