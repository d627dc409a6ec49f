"""Trains a toy imitator with a checkpoint, for a test that kills it. Arguments: folder, epochs."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from toy_faces import toy_snapshot

from creator.profile_file import load_profile
from trainer.curves import CurvePoint
from trainer.fit import FitConfig
from trainer.imitator import ImitatorConfig, train_imitator
from trainer.network import ImitatorNetworkConfig


def config(epochs: int) -> ImitatorConfig:
    network = ImitatorNetworkConfig(num_members=2, width=48, num_blocks=1, dropout=0.05)
    return ImitatorConfig(network=network, fit=FitConfig(epochs=epochs, batch_rows=32, learning_rate=4e-3))


def main() -> None:
    torch.set_num_threads(1)
    folder, epochs = Path(sys.argv[1]), int(sys.argv[2])
    profile = load_profile("small")

    def tell(point: CurvePoint) -> None:
        print(point.epoch, flush=True)

    train_imitator(
        toy_snapshot(profile, 600, noise=0.004), profile, config(epochs), on_epoch=tell, checkpoint=folder / "state"
    )


if __name__ == "__main__":
    main()
