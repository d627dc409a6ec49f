"""The imitator learns faces, says how well, repeats itself, and goes on where it was cut off."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from toy_faces import toy_snapshot
from train_until_killed import config as killed_config

from creator.profile import Profile
from creator.profile_file import load_profile
from dataset.snapshot import Snapshot
from trainer.curves import CurvePoint
from trainer.errors import CheckpointError, ModelMismatchError, TrainerConfigError, TrainingDataError
from trainer.fit import FitConfig
from trainer.imitator import Imitator, ImitatorConfig, load_imitator, train_imitator
from trainer.model_set import ModelSet
from trainer.rows import split_rows


def _ridge_r2(snapshot: Snapshot, profile: Profile) -> float:
    """What a straight line reaches: the best of several penalties, chosen on the very rows it is scored on."""
    training, held_out = split_rows(snapshot, profile)

    def features(rows: object) -> np.ndarray:
        choices_N3, sliders_NS = rows.choices_N3, rows.sliders_NS  # type: ignore[attr-defined]
        hot = [np.eye(int(snapshot.choices_N3[:, at].max()) + 1)[choices_N3[:, at]] for at in range(3)]
        return np.concatenate([sliders_NS, *hot, np.ones((len(sliders_NS), 1))], axis=1)

    known, asked = features(training), features(held_out)
    mean_D = training.embeddings_ND.mean(axis=0)
    total = np.sum((held_out.embeddings_ND - mean_D) ** 2)
    scores = []
    for penalty in (0.01, 0.1, 1.0, 10.0):
        gram = known.T @ known + penalty * np.eye(known.shape[1])
        predicted = asked @ np.linalg.solve(gram, known.T @ (training.embeddings_ND - mean_D)) + mean_D
        scores.append(1 - np.sum((predicted - held_out.embeddings_ND) ** 2) / total)
    return float(max(scores))


def test_it_predicts_unseen_faces_better_than_a_straight_line(
    models: ModelSet, snapshot: Snapshot, profile: Profile
) -> None:
    metrics = models.card.metrics["imitator"]
    assert metrics["centred_cosine"] > 0.9  # type: ignore[operator]
    assert metrics["r2"] > _ridge_r2(snapshot, profile) + 0.03  # type: ignore[operator]
    assert metrics["r2"] < metrics["noise_floor_r2"] < 1.0  # type: ignore[operator]


def test_expected_similarity_is_an_honest_forecast_for_faces_it_never_saw(
    imitator: Imitator, snapshot: Snapshot, profile: Profile
) -> None:
    _, held_out = split_rows(snapshot, profile)
    errors_N = imitator.expected_squared_errors(held_out.choices_N3, held_out.sliders_NS)
    predicted_ND = imitator.imitate(held_out.choices_N3, held_out.sliders_NS)
    actual_N = np.sum((predicted_ND - held_out.embeddings_ND) ** 2, axis=1) / imitator.space.scale**2
    assert errors_N.mean() == pytest.approx(actual_N.mean(), rel=0.05)
    assert np.corrcoef(errors_N, actual_N)[0, 1] > 0.1


def test_the_same_seed_gives_the_same_losses_to_the_last_bit(
    snapshot: Snapshot, profile: Profile, imitator_config: ImitatorConfig
) -> None:
    short = replace(imitator_config, fit=replace(imitator_config.fit, epochs=2))
    losses = [[point.training_loss for point in train_imitator(snapshot, profile, short).curve] for _ in range(2)]
    other = replace(short, fit=replace(short.fit, seed=1))
    assert losses[0] == losses[1]
    assert losses[0] != [point.training_loss for point in train_imitator(snapshot, profile, other).curve]


def test_a_training_that_was_killed_ends_where_an_uninterrupted_one_ends(
    snapshot: Snapshot, profile: Profile, imitator_config: ImitatorConfig, tmp_path: Path
) -> None:
    config = replace(imitator_config, fit=replace(imitator_config.fit, epochs=4))
    whole = train_imitator(snapshot, profile, config)

    def kill(point: CurvePoint) -> None:
        if point.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_imitator(snapshot, profile, config, on_epoch=kill, checkpoint=tmp_path / "state")
    epochs: list[int] = []
    resumed = train_imitator(
        snapshot, profile, config, on_epoch=lambda point: epochs.append(point.epoch), checkpoint=tmp_path / "state"
    )
    assert epochs == [3, 4]
    assert resumed.curve == whole.curve
    assert all(
        torch.equal(mine, its)
        for mine, its in zip(resumed.imitator.network.parameters(), whole.imitator.network.parameters(), strict=True)
    )


def test_a_process_that_was_killed_outright_goes_on_from_its_last_whole_epoch(profile: Profile, tmp_path: Path) -> None:
    epochs = 60
    command = [sys.executable, str(Path(__file__).with_name("train_until_killed.py")), str(tmp_path), str(epochs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = [int(next(process.stdout)) for _ in range(3)]
        process.kill()
    assert process.returncode == -signal.SIGKILL
    snapshot, config = toy_snapshot(profile, 600, noise=0.004), killed_config(epochs)
    resumed_from: list[int] = []
    resumed = train_imitator(
        snapshot,
        profile,
        config,
        on_epoch=lambda point: resumed_from.append(point.epoch),
        checkpoint=tmp_path / "state",
    )
    assert seen[-1] < resumed_from[0] <= epochs
    assert resumed.curve == train_imitator(snapshot, profile, config).curve


def test_a_checkpoint_of_another_training_is_refused(
    snapshot: Snapshot, profile: Profile, imitator_config: ImitatorConfig, tmp_path: Path
) -> None:
    config = replace(imitator_config, fit=replace(imitator_config.fit, epochs=1))
    train_imitator(snapshot, profile, config, checkpoint=tmp_path / "state")
    longer = replace(config, fit=replace(config.fit, epochs=2))
    with pytest.raises(CheckpointError, match="other data or settings"):
        train_imitator(snapshot, profile, longer, checkpoint=tmp_path / "state")
    (tmp_path / "state").write_bytes(b"not a checkpoint")
    with pytest.raises(CheckpointError, match="damaged"):
        train_imitator(snapshot, profile, config, checkpoint=tmp_path / "state")


def test_rows_without_a_face_are_left_out_and_too_few_rows_are_refused(
    snapshot: Snapshot, profile: Profile, imitator_config: ImitatorConfig
) -> None:
    embeddings_ND = snapshot.embeddings_ND.copy()
    embeddings_ND[::3] = np.nan
    config = replace(imitator_config, fit=replace(imitator_config.fit, epochs=1))
    trained = train_imitator(replace(snapshot, embeddings_ND=embeddings_ND), profile, config)
    assert np.isfinite(trained.curve[-1].training_loss)
    embeddings_ND[10:] = np.nan
    with pytest.raises(TrainingDataError, match="capture more"):
        train_imitator(replace(snapshot, embeddings_ND=embeddings_ND), profile, config)


def test_data_and_networks_of_another_profile_are_refused(
    snapshot: Snapshot, imitator_config: ImitatorConfig, trained_folder: Path
) -> None:
    with pytest.raises(TrainingDataError, match="small"):
        train_imitator(snapshot, load_profile("standin"), imitator_config)
    with pytest.raises(ModelMismatchError, match="lookalike train"):
        load_imitator(trained_folder / "imitator.pt", load_profile("standin"))


def test_a_setting_out_of_bounds_names_field_value_and_bound() -> None:
    with pytest.raises(TrainerConfigError, match=r"epochs is 0; it must be at least 1"):
        FitConfig(epochs=0, batch_rows=8, learning_rate=1e-3)
