"""Inversion finds settings that look like the target, inside what the creator offers."""

from __future__ import annotations

import numpy as np
import pytest
from toy_faces import ToyFaces

from creator.character import check_character
from creator.encoding import Encoding
from creator.errors import CharacterError
from creator.profile import Profile
from dataset.snapshot import Snapshot
from trainer.errors import TrainerConfigError, TrainingDataError
from trainer.inversion import Constraints, InversionConfig, PreparedImitator, Round, invert
from trainer.rows import split_rows
from trainer.space import cosines


@pytest.fixture(scope="module")
def targets_TD(snapshot: Snapshot, profile: Profile) -> np.ndarray:
    return split_rows(snapshot, profile)[1].embeddings_ND[:30]


CONFIG = InversionConfig(rounds=(Round(num_combinations=12, num_steps=8), Round(num_combinations=4, num_steps=25)))


def test_what_it_finds_is_nearer_to_the_target_than_any_captured_character(
    prepared: PreparedImitator, profile: Profile, snapshot: Snapshot, targets_TD: np.ndarray
) -> None:
    found = invert(prepared, targets_TD, profile, CONFIG)
    characters = [found.character(profile, target) for target in range(len(targets_TD))]
    encoding, mean_D = Encoding(profile), prepared.imitator.space.mean_D
    real_TD = ToyFaces(profile).embed(encoding.choices_N3(characters), encoding.sliders_NS(characters))
    reached_T = cosines(real_TD - mean_D, targets_TD - mean_D)
    captured_ND = split_rows(snapshot, profile)[0].embeddings_ND - mean_D
    nearest_T = [float(cosines(captured_ND, np.broadcast_to(t - mean_D, captured_ND.shape)).max()) for t in targets_TD]
    assert reached_T.mean() > 0.9
    assert reached_T.mean() > np.mean(nearest_T) + 0.02
    for character in characters:
        check_character(profile, character)


def test_halving_the_field_loses_almost_nothing_against_improving_every_combination(
    prepared: PreparedImitator, profile: Profile, targets_TD: np.ndarray
) -> None:
    everything = InversionConfig(rounds=(Round(num_combinations=24, num_steps=60),))
    full = invert(prepared, targets_TD, profile, everything)
    halved = invert(prepared, targets_TD, profile, CONFIG)
    assert halved.top_similarities_TF[:, 0].mean() > 0.99 * full.top_similarities_TF[:, 0].mean()
    best_C = np.array([full.similarities_TC[t, halved.top_TF[t, 0]] for t in range(len(targets_TD))])
    assert (full.similarities_TC.max(axis=1) - best_C).mean() < 0.01


def test_early_losers_are_estimated_near_what_they_would_have_reached(
    prepared: PreparedImitator, profile: Profile, targets_TD: np.ndarray
) -> None:
    everything = InversionConfig(rounds=(Round(num_combinations=24, num_steps=60),))
    full = invert(prepared, targets_TD, profile, everything)
    halved = invert(prepared, targets_TD, profile, CONFIG)
    is_estimate_TC = halved.num_steps_TC == 0
    assert is_estimate_TC.any(axis=1).all()
    differences = (halved.similarities_TC - full.similarities_TC)[is_estimate_TC]
    assert np.abs(differences).mean() < 0.1
    assert np.corrcoef(halved.similarities_TC.ravel(), full.similarities_TC.ravel())[0, 1] > 0.9


def test_the_same_call_gives_the_same_answer_and_neighbours_do_not_matter(
    prepared: PreparedImitator, profile: Profile, targets_TD: np.ndarray
) -> None:
    first, second = (invert(prepared, targets_TD, profile, CONFIG) for _ in range(2))
    alone = invert(prepared, targets_TD[20:21], profile, CONFIG)
    assert np.array_equal(first.top_sliders_TFS, second.top_sliders_TFS)
    assert alone.top_similarities_TF[0, 0] == pytest.approx(first.top_similarities_TF[20, 0], abs=0.01)


def test_constraints_and_margins_hold_and_impossible_ones_are_refused(
    prepared: PreparedImitator, profile: Profile, targets_TD: np.ndarray
) -> None:
    gender = profile.genders[1]
    face = profile.ids("face", gender)[2]
    found = invert(prepared, targets_TD, profile, CONFIG, constraints=Constraints(gender=gender, face=face, margin=0.3))
    characters = [found.character(profile, target) for target in range(len(targets_TD))]
    assert {(character.gender, character.face) for character in characters} == {(gender, face)}
    assert np.abs(found.top_sliders_TFS).max() <= 0.7 + 1e-5
    assert (found.similarities_TC[:, 0] == -1).all()
    with pytest.raises(CharacterError, match="no combination"):
        invert(prepared, targets_TD, profile, CONFIG, constraints=Constraints(face=987))


def test_targets_that_cannot_be_meant_are_refused(prepared: PreparedImitator, profile: Profile) -> None:
    with pytest.raises(TrainingDataError, match="expected"):
        invert(prepared, np.zeros((2, 7), np.float32), profile, CONFIG)
    with pytest.raises(TrainingDataError, match="without a face"):
        invert(prepared, np.full((2, prepared.imitator.space.dimension), np.nan, np.float32), profile, CONFIG)
    with pytest.raises(TrainerConfigError, match="never grow"):
        InversionConfig(rounds=(Round(num_combinations=4, num_steps=1), Round(num_combinations=8, num_steps=1)))
