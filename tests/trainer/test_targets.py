"""Targets come from where they may come from."""

from __future__ import annotations

import numpy as np
import pytest

from creator.encoding import Encoding
from creator.profile import Profile
from dataset.snapshot import Snapshot
from trainer.errors import TrainingDataError
from trainer.rows import split_rows
from trainer.space import EmbeddingSpace
from trainer.targets import KnownFaces, TargetConfig, judging_targets, training_targets


def _row_set(embeddings_ND: np.ndarray) -> set[bytes]:
    return {row.tobytes() for row in embeddings_ND}


def test_no_held_out_face_is_ever_a_training_target_and_judges_are_all_held_out(
    snapshot: Snapshot, profile: Profile
) -> None:
    training, held_out = split_rows(snapshot, profile)
    space, config = EmbeddingSpace.of(training.embeddings_ND), TargetConfig(num_targets=900, mixture_share=0.2)
    targets_TD = training_targets(training, space, config)
    own, foreign = _row_set(training.embeddings_ND), _row_set(held_out.embeddings_ND)
    drawn = _row_set(targets_TD)
    assert len(targets_TD) == 900
    assert not drawn & foreign
    assert len(drawn & own) >= 0.75 * len(own)
    assert _row_set(judging_targets(held_out, config)) <= foreign
    sets = [set(snapshot.slider_sets_N[snapshot.is_held_out_N == side]) for side in (False, True)]
    assert not sets[0] & sets[1]


def test_a_captured_face_is_known_by_the_number_of_its_combination(snapshot: Snapshot, profile: Profile) -> None:
    training, _ = split_rows(snapshot, profile)
    faces, encoding = KnownFaces.of(training, profile), Encoding(profile)
    assert len(faces) == len(training)
    assert [profile.combinations[number] for number in faces.combinations_N] == [
        encoding.combination(choices_3) for choices_3 in training.choices_N3
    ]


def test_photos_take_their_place_among_the_targets_and_foreign_ones_are_refused(
    snapshot: Snapshot, profile: Profile
) -> None:
    training, _ = split_rows(snapshot, profile)
    space = EmbeddingSpace.of(training.embeddings_ND)
    photos_XD = np.random.default_rng(0).normal(size=(5, space.dimension)).astype(np.float32)
    targets_TD = training_targets(training, space, TargetConfig(num_targets=100), photos_XD)
    assert _row_set(photos_XD) <= _row_set(targets_TD)
    with pytest.raises(TrainingDataError, match="Extra targets"):
        training_targets(training, space, TargetConfig(), photos_XD[:, 1:])
