from __future__ import annotations

import pytest

from matcher.errors import ConstraintError
from matcher.metrics import MatchFigures


def test_matches_and_failures_are_told_apart() -> None:
    clock = iter([0.0, 0.5, 1.0, 2.0])
    figures = MatchFigures(clock=lambda: next(clock))
    with figures.match() as done:
        done(0.72)
    with pytest.raises(ConstraintError), figures.match():
        raise ConstraintError("no such face")
    with pytest.raises(ZeroDivisionError), figures.match():
        _ = 1 / 0

    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in figures.collect()
        for sample in family.samples
    }
    assert found["lookalike_match_seconds_sum",] == 0.5
    assert found["lookalike_match_similarity_ratio_bucket", "0.7"] == 0
    assert found["lookalike_match_similarity_ratio_bucket", "0.8"] == 1
    assert found["lookalike_match_failures_total", "refused"] == 1
    assert found["lookalike_match_failures_total", "error"] == 1
