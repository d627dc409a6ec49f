"""Where the creator can go and where it cannot."""

from __future__ import annotations

import numpy as np
import pytest

from dataset.snapshot import Snapshot
from trainer.coverage import Reach, coverage
from trainer.inversion import InversionConfig, PreparedImitator, Round

CONFIG = InversionConfig(rounds=(Round(num_combinations=12, num_steps=6), Round(num_combinations=4, num_steps=12)))


def test_its_own_faces_are_reached_and_random_directions_are_not(
    prepared: PreparedImitator, snapshot: Snapshot
) -> None:
    space = prepared.imitator.space
    reach = Reach.of(snapshot.embeddings_ND[~snapshot.is_held_out_N], space)
    own = coverage(prepared, reach, snapshot.embeddings_ND[snapshot.is_held_out_N][:40], CONFIG)
    anywhere = coverage(prepared, reach, reach.random_directions(40, seed=1), CONFIG)
    mixtures = coverage(prepared, reach, reach.random_mixtures(40, seed=1), CONFIG)
    assert own.reached_mean > mixtures.reached_mean > anywhere.reached_mean
    assert own.share_within > 0.9 > anywhere.share_within
    assert own.reached_p5 < own.reached_mean


def test_faces_that_differ_in_one_way_only_have_one_dimension(prepared: PreparedImitator) -> None:
    space = prepared.imitator.space
    line_ND = space.raw(np.outer(np.linspace(-1, 1, 50), np.ones(space.dimension)).astype(np.float32))
    assert Reach.of(line_ND, space).effective_dimensions == pytest.approx(1.0, abs=1e-3)
