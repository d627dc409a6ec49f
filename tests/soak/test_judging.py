"""The judges of the soak see what they are to see."""

from __future__ import annotations

import random

import pytest

from tests.soak.lives import Life, Sample, growth
from tests.soak.truth import COMMITTED, IN_SWEEPS, calm_lies, counted, lies_of_coordinators
from tests.soak.watching import Figures, figures_of


def life(bytes_an_hour: float, *, files_an_hour: float = 0.0, hours: float = 2.0) -> Life:
    """100 MB with peaks of 30 MB in every tenth sample, and a steep start of a tenth of an hour."""
    chance = random.Random(1)
    samples = [
        Sample(
            at := step / 1000 * hours,
            at * 1000,
            int(100e6 * min(1.0, 0.5 + at * 5) + bytes_an_hour * at + 30e6 * (chance.random() < 0.1)),
            20 + chance.randrange(3) + int(files_an_hour * at),
        )
        for step in range(1000)
    ]
    return Life("gateway", 1, samples)


@pytest.mark.parametrize("percent", [0.0, 0.5, 3.0])
def test_growth_is_told_through_peaks_and_without_the_start(percent: float) -> None:
    found = growth(life(percent * 1e6), 0.2)
    assert found is not None
    assert found.percent_an_hour == pytest.approx(percent, abs=0.2)  # of a median that grows as well
    assert found.files == 0


def test_files_that_stay_open_are_counted() -> None:
    found = growth(life(0.0, files_an_hour=10), 0.2)
    assert found is not None
    assert found.files >= 8


def test_a_life_that_ended_while_it_warmed_up_has_no_growth() -> None:
    assert growth(life(0.0, hours=0.1), 0.2) is None


def figures(at_start: float, since: float) -> Figures:
    return {IN_SWEEPS: at_start + since, COMMITTED: since}


def test_lives_of_a_coordinator_that_tell_the_truth() -> None:
    lives = [[figures(0, 0), figures(0, 40)], [figures(60, 0), figures(60, 20)]]
    assert lies_of_coordinators(lives, 80) == []


@pytest.mark.parametrize(
    "lives",
    [
        [[figures(0, 0), figures(20, 40)]],  # 20 rows were committed and not counted
        [[figures(0, 60)], [figures(20, 40)]],  # fewer rows than before
        [[figures(0, 40), figures(20, 20), figures(0, 60)]],
        [[figures(0, 40)]],  # not what is in the tables
    ],
)
def test_lies_of_a_coordinator_are_found(lives: list[list[Figures]]) -> None:
    assert lies_of_coordinators(lives, 60) != []


def test_a_counter_that_misses_a_row_is_named() -> None:
    before = {("coordinator", "a"): {COMMITTED: 100.0}}
    after = {("coordinator", "a"): {COMMITTED: 163.0}}
    assert any("grew by 63" in lie for lie in calm_lies(counted(before, after), 64, 4))


def test_series_are_found_by_each_label_and_as_a_sum() -> None:
    text = '# TYPE a_total counter\na_total{x="1",y="2"} 3\na_total{x="1",y="3"} 4\n'
    assert figures_of(text) == {"a_total": 7, 'a_total{x="1"}': 7, 'a_total{y="2"}': 3, 'a_total{y="3"}': 4}
