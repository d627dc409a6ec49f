"""One small training that many tests look at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_faces import toy_snapshot

from creator.profile import Profile
from creator.profile_file import load_profile
from dataset.snapshot import Snapshot
from trainer.affinity import AffinityConfig
from trainer.fit import FitConfig
from trainer.imitator import Imitator, ImitatorConfig, load_imitator
from trainer.inversion import InversionConfig, PreparedImitator, Round, prepare
from trainer.model_set import ModelSet
from trainer.network import ImitatorNetworkConfig
from trainer.pipeline import train_all
from trainer.slider_network import SliderConfig
from trainer.stages import Progress, TrainingConfig
from trainer.targets import TargetConfig


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def profile() -> Profile:
    return load_profile("small")


@pytest.fixture(scope="session")
def snapshot(profile: Profile) -> Snapshot:
    return toy_snapshot(profile, 900, noise=0.004)


@pytest.fixture(scope="session")
def imitator_config() -> ImitatorConfig:
    network = ImitatorNetworkConfig(num_members=3, width=64, num_blocks=1, dropout=0.05)
    return ImitatorConfig(network=network, fit=FitConfig(epochs=30, batch_rows=32, learning_rate=4e-3))


@pytest.fixture(scope="session")
def config(imitator_config: ImitatorConfig) -> TrainingConfig:
    fit = FitConfig(epochs=10, batch_rows=32, learning_rate=3e-3)
    rounds = (Round(num_combinations=12, num_steps=6), Round(num_combinations=4, num_steps=12))
    return TrainingConfig(
        imitator=imitator_config,
        inversion=InversionConfig(rounds=rounds),
        targets=TargetConfig(num_targets=200, num_judges=24),
        num_inverted=48,
        affinity=AffinityConfig(rank=16, width=48, num_blocks=1, fit=fit),
        sliders=replace(SliderConfig(), width=48, num_blocks=1, num_favourites=8, fit=fit),
    )


@pytest.fixture(scope="session")
def progress() -> list[Progress]:
    """What `trained_folder` reported while it was made."""
    return []


@pytest.fixture(scope="session")
def trained_folder(
    tmp_path_factory: pytest.TempPathFactory,
    snapshot: Snapshot,
    profile: Profile,
    config: TrainingConfig,
    progress: list[Progress],
) -> Path:
    folder = tmp_path_factory.mktemp("models")
    train_all(snapshot, profile, config, folder, progress.append)
    return folder


@pytest.fixture(scope="session")
def models(trained_folder: Path) -> ModelSet:
    return ModelSet.open(trained_folder)


@pytest.fixture(scope="session")
def imitator(trained_folder: Path, profile: Profile) -> Imitator:
    return load_imitator(trained_folder / "imitator.pt", profile)


@pytest.fixture(scope="session")
def prepared(imitator: Imitator, profile: Profile) -> PreparedImitator:
    return prepare(imitator, profile)
