"""What training leaves behind runs without torch, computes the same, and is refused where it does not belong."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from creator.encoding import Encoding
from creator.profile import Profile
from dataset.snapshot import Snapshot
from trainer.errors import ModelMismatchError, ModelSetError
from trainer.export import export_model_set
from trainer.model_set import ModelCard, ModelSet
from trainer.pipeline import STEPS, train_all
from trainer.rows import split_rows
from trainer.stages import Progress, Training, TrainingConfig, affinity_step, imitator_step, inversion_step, slider_step


def test_a_player_without_torch_can_open_it(trained_folder: Path) -> None:
    code = (
        "import sys; from trainer.model_set import ModelSet; ModelSet.open(sys.argv[1]); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(trained_folder)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_exported_networks_compute_what_torch_computes(
    snapshot: Snapshot, profile: Profile, config: TrainingConfig, tmp_path: Path
) -> None:
    training = Training(snapshot, profile, config, str(tmp_path / "steps"))
    imitator = imitator_step(training)
    lessons = inversion_step(training, imitator)
    affinity, examples = affinity_step(training, lessons)
    sliders = slider_step(training, lessons, examples)
    card = ModelCard(
        profile_name=profile.name,
        profile_hash=profile.hash,
        recogniser=snapshot.info.recogniser,
        dataset_version=snapshot.info.dataset_version,
        embedding_mean=tuple(float(v) for v in imitator.imitator.space.mean_D),
    )
    models = export_model_set(tmp_path / "models", card, imitator.imitator, affinity.network, sliders.network)
    rows = split_rows(snapshot, profile)[1]
    own_ND = imitator.imitator.imitate(rows.choices_N3, rows.sliders_NS)
    embeddings, choices = torch.from_numpy(rows.embeddings_ND), torch.from_numpy(rows.choices_N3)
    assert models.imitate(rows.choices_N3, rows.sliders_NS) == pytest.approx(own_ND, abs=1e-5)
    for answer_NC, expected_NC in zip(models.affinity(rows.embeddings_ND), affinity.network(embeddings), strict=True):
        assert answer_NC == pytest.approx(expected_NC.detach().numpy(), abs=1e-4)
    exported_NS = models.slider(rows.embeddings_ND, rows.choices_N3)
    assert exported_NS == pytest.approx(sliders.network(embeddings, choices).detach().numpy(), abs=1e-5)
    assert np.abs(exported_NS).max() <= 1


def test_the_networks_together_find_a_face_that_was_held_out(
    models: ModelSet, snapshot: Snapshot, profile: Profile
) -> None:
    rows = split_rows(snapshot, profile)[1]
    targets_TD = rows.embeddings_ND[:40]
    similarities_TC, likelihoods_TC = models.affinity(targets_TD)
    favourites_T = (similarities_TC + 0.005 * likelihoods_TC).argmax(axis=1)
    choices_T3 = Encoding(profile).combinations_C3()[favourites_T]
    sliders_TS = models.slider(targets_TD, choices_T3)
    promised_T = models.expected_similarity(choices_T3, sliders_TS, targets_TD)
    assert promised_T.mean() > 0.8
    assert (choices_T3[:, 0] == rows.choices_N3[:40, 0]).mean() > 0.8
    assert models.card.metrics["slider"]["share_of_inversion"] > 0.9  # type: ignore[operator]
    assert models.card.metrics["affinity"]["top8_regret"] < 0.02  # type: ignore[operator]


def test_of_what_a_held_out_face_was_made_is_told_better_by_what_captured_faces_showed_than_by_how_alike_one_comes(
    models: ModelSet, snapshot: Snapshot, profile: Profile
) -> None:
    rows = split_rows(snapshot, profile)[1]
    combinations_C3 = Encoding(profile).combinations_C3()
    by_likeness, by_likelihood = (
        (combinations_C3[answer_NC.argmax(axis=1)][:, :2] == rows.choices_N3[:, :2]).all(axis=1).mean()
        for answer_NC in models.affinity(rows.embeddings_ND)
    )
    assert by_likelihood > max(by_likeness, 0.8)


def test_the_card_says_where_the_models_come_from_and_how_they_learned(models: ModelSet, snapshot: Snapshot) -> None:
    card = models.card
    assert (card.recogniser, card.dataset_version) == (snapshot.info.recogniser, snapshot.info.dataset_version)
    assert set(card.metrics) == set(card.learning_curves) == {"imitator", "affinity", "slider"}
    points = card.learning_curves["imitator"]
    assert [point["epoch"] for point in points] == list(range(1, len(points) + 1))
    assert points[-1]["held_out"]["r2"] > points[0]["held_out"]["r2"]  # type: ignore[index]
    assert snapshot.info.recogniser in card.licence
    assert card.impostor_similarities["p50"] < card.impostor_similarities["p99"]


def test_it_is_refused_for_another_profile_recogniser_or_schema(trained_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMismatchError, match=r"profile .* is in use\. Train models for it with `lookalike train`"):
        ModelSet.open(trained_folder, profile_hash="0123")
    with pytest.raises(ModelMismatchError, match="recogniser"):
        ModelSet.open(trained_folder, recogniser="arcface-1-512")
    copy = tmp_path / "copy"
    shutil.copytree(trained_folder, copy)
    card = json.loads((copy / "model_card.json").read_text())
    (copy / "model_card.json").write_text(json.dumps({**card, "schema_version": 99}))
    with pytest.raises(ModelMismatchError, match="schema version"):
        ModelSet.open(copy)


def test_a_damaged_or_half_copied_folder_is_a_clear_error(trained_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelSetError, match="no model set"):
        ModelSet.open(tmp_path)
    copy = tmp_path / "copy"
    shutil.copytree(trained_folder, copy)
    (copy / "affinity.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelSetError, match=r"affinity\.onnx is not the network that model_card\.json describes"):
        ModelSet.open(copy)
    card = json.loads((copy / "model_card.json").read_text())
    (copy / "model_card.json").write_text(json.dumps({**card, "checksums": {}}))  # as an older release wrote it
    with pytest.raises(ModelSetError, match=r"affinity\.onnx is no network"):
        ModelSet.open(copy)
    (copy / "affinity.onnx").unlink()
    with pytest.raises(ModelSetError, match="missing"):
        ModelSet.open(copy)


def test_progress_names_every_step_in_order_and_reaches_its_end(trained_folder: Path, progress: list[Progress]) -> None:
    assert tuple(dict.fromkeys(entry.step for entry in progress)) == STEPS
    last = {entry.step: entry for entry in progress}
    assert all(entry.done == entry.total for entry in last.values())


def test_a_pipeline_that_was_killed_goes_on_and_ends_the_same(
    snapshot: Snapshot, profile: Profile, config: TrainingConfig, models: ModelSet, tmp_path: Path
) -> None:
    def kill(entry: Progress) -> None:
        if entry.step == "affinity" and entry.done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_all(snapshot, profile, config, tmp_path, kill)
    steps: list[str] = []
    resumed = train_all(snapshot, profile, config, tmp_path, lambda entry: steps.append(f"{entry.step} {entry.done}"))
    assert "imitator 1" not in steps
    assert not any(step.startswith("inversion") for step in steps)
    assert "affinity 4" not in steps
    assert "affinity 5" in steps
    assert resumed.card.metrics == models.card.metrics
