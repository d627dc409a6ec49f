"""What mildness gives and takes is visible before a user chooses."""

from __future__ import annotations

import numpy as np
from toy_models import ToyModels

from creator.profile_file import load_profile
from matcher.matcher import Matcher
from matcher.trade import trade_off

SMALL = load_profile("small")
MODELS = ToyModels(SMALL)
MATCHER = Matcher(MODELS, SMALL)


def target(seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return (MODELS.mean_D + generator.normal(0, 1, MODELS.dimension)).astype(np.float32)


def test_milder_characters_are_less_extreme_and_less_alike() -> None:
    for seed in range(4):
        trades = trade_off(MATCHER, target(seed))
        assert [trade.mildness for trade in trades] == sorted(trade.mildness for trade in trades)
        assert trades[0].similarity_predicted >= trades[-1].similarity_predicted
        assert trades[0].extremeness > trades[-1].extremeness


def test_the_default_is_milder_than_what_is_most_alike_and_hardly_less_alike() -> None:
    most, usual = [], []
    for seed in range(10):
        most.append(MATCHER.match(target(seed), mildness=0))
        usual.append(MATCHER.match(target(seed)))
    extremeness = [np.mean([match.extremeness for match in matches]) for matches in (most, usual)]
    similarity = [np.mean([match.similarity_predicted for match in matches]) for matches in (most, usual)]
    assert extremeness[1] < 0.85 * extremeness[0]
    assert similarity[1] > similarity[0] - 0.06
