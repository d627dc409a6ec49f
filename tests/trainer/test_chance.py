"""The odds of a chance match, against the figures that are known exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trainer.chance import chances, log_cap


@pytest.mark.parametrize(("similarity", "one_in"), [(0.2, 4.0e5), (0.3, 5.1e11), (0.358, 3.4e16), (0.4, 5.1e20)])
def test_on_the_sphere_of_512_dimensions_the_odds_are_the_exact_ones(similarity: float, one_in: float) -> None:
    assert math.exp(-log_cap(similarity, 512)) == pytest.approx(one_in, rel=0.02)


def test_in_three_dimensions_the_cap_is_a_straight_share() -> None:
    assert math.exp(log_cap(0.5, 3)) == pytest.approx(0.25, rel=1e-4)
    assert math.exp(log_cap(-0.5, 3)) == pytest.approx(0.75, rel=1e-4)
    assert log_cap(1.0, 3) == -math.inf


def test_what_no_pair_reached_is_not_called_impossible() -> None:
    impostors_P = np.linspace(-0.5, 0.5, 1000).astype(np.float32)
    common, never = chances([0.25, 0.8], impostors_P, 128)
    assert common.measured == pytest.approx(0.25, abs=0.01)
    assert common.measured < common.measured_at_most < 0.29
    assert never.measured == 0
    assert 1e-3 < never.measured_at_most < 1e-2
    assert never.sphere < 1e-20
