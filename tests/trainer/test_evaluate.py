"""The figures that others quote."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.evaluate import (
    imitation_metrics,
    impostor_pairs,
    impostor_similarities,
    rank_correlation,
    repeat_noise_variance,
)
from trainer.space import EmbeddingSpace


def test_a_constant_prediction_scores_nothing_although_its_raw_cosine_flatters() -> None:
    rng = np.random.default_rng(0)
    measured_ND = (rng.normal(0, 0.1, (500, 16)) + 1.0).astype(np.float32)
    mean_D = measured_ND.mean(axis=0)
    metrics = imitation_metrics(np.tile(mean_D, (500, 1)), measured_ND, mean_D)
    assert metrics.raw_cosine > 0.99
    assert metrics.centred_cosine == pytest.approx(0, abs=1e-3)
    assert metrics.r2 == pytest.approx(0, abs=1e-6)
    assert metrics.squared_distance_per_vector == pytest.approx(16 * metrics.squared_distance_per_dimension)


def test_the_noise_of_repeated_captures_is_found_whatever_the_characters_are() -> None:
    rng = np.random.default_rng(1)
    choices_N3 = np.repeat(rng.integers(0, 3, (400, 3)), 3, axis=0)
    sliders_NS = np.repeat(rng.uniform(-1, 1, (400, 5)), 3, axis=0).astype(np.float32)
    faces_ND = np.repeat(rng.normal(0, 1, (400, 8)), 3, axis=0)
    embeddings_ND = (faces_ND + rng.normal(0, 0.1, faces_ND.shape)).astype(np.float32)
    found = repeat_noise_variance(choices_N3, sliders_NS, embeddings_ND)
    assert found is not None
    assert found[0] == pytest.approx(8 * 0.1**2, rel=0.1)
    assert found[1] == 800
    assert repeat_noise_variance(choices_N3[::3], sliders_NS[::3], embeddings_ND[::3]) is None


def test_impostors_of_a_round_cloud_are_as_often_alike_as_opposite() -> None:
    embeddings_ND = np.random.default_rng(2).normal(5, 1, (400, 32)).astype(np.float32)
    sliders_NS = np.random.default_rng(3).normal(size=(400, 6)).astype(np.float32)
    found = impostor_similarities(embeddings_ND, sliders_NS, EmbeddingSpace.of(embeddings_ND))
    assert found["p50"] == pytest.approx(0, abs=0.02)
    assert found["p5"] < -0.2 < 0.2 < found["p95"] < found["p99.9"] < 1


def test_captures_that_share_most_sliders_are_no_strangers() -> None:
    rng = np.random.default_rng(4)
    faces_ND = np.repeat(rng.normal(size=(40, 32)), 10, axis=0)
    captures_ND = (faces_ND + 0.1 * rng.normal(size=faces_ND.shape)).astype(np.float32)
    sliders_NS = np.repeat(rng.normal(size=(40, 6)), 10, axis=0).astype(np.float32)
    sliders_NS[:, :2] = rng.normal(size=(400, 2))
    space = EmbeddingSpace.of(captures_ND)
    assert impostor_pairs(captures_ND, sliders_NS, space).max() < 0.8
    alike = impostor_pairs(captures_ND[:10], sliders_NS[:10], space)
    assert alike.min() > 0.8, "where all share them, they are all there is"


def test_ranks_alike_and_ranks_reversed() -> None:
    values = np.random.default_rng(3).normal(size=50).astype(np.float32)
    assert rank_correlation(values, values**3) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)
