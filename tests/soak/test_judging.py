"""The judges of the soak see what they are to see."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from tests.soak.lives import Growth, Life, Sample, Span, grown_files, growth, robust_slope
from tests.soak.truth import COMMITTED, IN_SWEEPS, calm_lies, counted, lies_of_coordinators
from tests.soak.watching import Figures, figures_of

WARM_UP = Span(hours=0.2, minutes=10)
SHORTEST = Span(hours=2, minutes=20)


def life(percent_an_hour: float, *, files_an_hour: float = 0.0, minutes: float = 45.0, sway: float = 0.0) -> Life:
    """Ten hours of game time and more in 45 minutes: 100 MB with peaks of 30 MB in every tenth sample, a steep start of eight
    minutes, and a slow `sway` in megabytes."""
    chance, samples, swayed = random.Random(1), list[Sample](), 0.0
    for step in range(int(minutes * 30)):
        seconds = 2.0 * step
        hours = seconds / 240
        swayed = 0.99 * swayed + chance.gauss(0, 0.14 * sway)
        memory = 100 * min(1.0, 0.5 + seconds / 960) + percent_an_hour * hours + 30 * (chance.random() < 0.1) + swayed
        samples.append(Sample(hours, seconds, int(1e6 * memory), 20 + chance.randrange(3) + int(files_an_hour * hours)))
    return Life("gateway", 1, samples)


@pytest.mark.parametrize("percent", [0.0, 0.5, 3.0])
def test_growth_is_told_through_peaks_and_without_the_start(percent: float) -> None:
    found = growth(life(percent), WARM_UP, SHORTEST)
    assert found is not None
    assert found.percent_an_hour == pytest.approx(percent, rel=0.2, abs=0.05)  # of a median that grows as well
    assert grown_files(life(percent), WARM_UP, SHORTEST) == 0


def test_slopes_of_what_sways_slowly_lie_within_their_interval() -> None:
    chance, at, inside = np.random.default_rng(1), np.arange(40) / 4, 0
    for _ in range(60):
        swaying = np.zeros(40)
        for step in range(1, 40):
            swaying[step] = 0.7 * swaying[step - 1] + chance.normal()
        _, least, most = robust_slope(at, 1.5 * at + swaying)
        inside += least <= 1.5 <= most
    assert inside >= 52


def test_what_sways_gets_a_wider_interval() -> None:
    still, swaying = growth(life(0.0), WARM_UP, SHORTEST), growth(life(0.0, sway=3.0), WARM_UP, SHORTEST)
    assert still is not None
    assert swaying is not None
    assert width(swaying) > 3 * width(still)


def test_what_sways_too_slowly_for_an_interval_is_bounded_by_how_far_it_went() -> None:
    rising_late = life(0.0, minutes=60.0)
    for number, sample in enumerate(rising_late.samples):
        step = 5_000_000 if number > len(rising_late.samples) / 2 else 0
        rising_late.samples[number] = replace(sample, memory_bytes=sample.memory_bytes + step)
    found = growth(rising_late, WARM_UP, SHORTEST)
    assert found is not None
    assert found.percent_an_hour <= found.most_percent_an_hour < 1.0  # five percent in twelve hours
    assert found.least_percent_an_hour <= found.percent_an_hour


def width(found: Growth) -> float:
    return found.most_percent_an_hour - found.least_percent_an_hour


def test_files_that_stay_open_are_counted() -> None:
    grown = grown_files(life(0.0, files_an_hour=2), WARM_UP, SHORTEST)
    assert grown is not None
    assert grown >= 8


def test_a_life_that_ended_soon_after_its_warm_up_is_not_judged() -> None:
    """On the clock of the game it would have been long enough."""
    assert growth(life(0.0, minutes=25), WARM_UP, SHORTEST) is None
    assert grown_files(life(0.0, minutes=9), WARM_UP, SHORTEST) is None


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
