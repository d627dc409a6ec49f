"""The figures of an evaluation, from trials whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from cli.evaluate import figures
from cli.evaluate.finders import Found, Method
from cli.evaluate.subject import Subject, SubjectKind
from cli.evaluate.trial import Trial, Trials
from protocol.character import Character

TRUE = Character("male", 1, 2, (0,))
MEAN_D = np.zeros(3, np.float32)
AXES = np.eye(3, dtype=np.float32)


def _trial(method: Method, measured: float, character: Character = TRUE, embedding_D: np.ndarray = AXES[0]) -> Trial:
    found = Found(method, character, 0.9, 0.5)
    on_others = measured / 2 if np.isfinite(measured) else measured
    return Trial(found=found, measured=measured, percentile=99.0, embedding_D=embedding_D, measured_on_others=on_others)


def _face(*trials: Trial) -> Trials:
    subject = Subject(name="frame", kind=SubjectKind.FACE, target_D=AXES[0], truth=TRUE)
    return Trials(subject=subject, trials=trials)


def _person(name: str, target_D: np.ndarray, others_D: np.ndarray | None, *trials: Trial) -> Trials:
    subject = Subject(name=name, kind=SubjectKind.PHOTO, target_D=target_D, others_D=others_D, num_others=1)
    return Trials(subject=subject, trials=trials)


def test_the_headline_counts_what_was_measured_and_types_that_were_named_right() -> None:
    other = Character("male", 1, 3, (0,))
    woman = Character("female", 1, 2, (0,))
    trials = [
        _face(_trial(Method.SINGLE_PASS, 0.8), _trial(Method.REFINED, 0.9), _trial(Method.INVERSION, 1.0)),
        _face(_trial(Method.SINGLE_PASS, 0.6, other), _trial(Method.REFINED, 0.7), _trial(Method.INVERSION, 1.0)),
        _face(_trial(Method.SINGLE_PASS, 0.4, woman), _trial(Method.REFINED, 0.5), _trial(Method.INVERSION, 1.0)),
    ]
    found = figures.headline(trials, None)
    assert found["round_trip_single_pass"] == pytest.approx(0.6)
    assert found["round_trip_refined"] == pytest.approx(0.7)
    assert found["single_pass_over_inversion"] == pytest.approx(0.6)
    assert found["gender_right"] == found["face_right"] == pytest.approx(2 / 3)
    assert found["skin_right"] == pytest.approx(1 / 3)
    assert found["imitator_r2"] is None
    assert set(found) == set(figures.GOALS)


def test_a_picture_without_a_face_counts_as_nothing_alike() -> None:
    trials = [_face(_trial(Method.SINGLE_PASS, 0.8)), _face(_trial(Method.SINGLE_PASS, float("nan")))]
    assert figures.headline(trials, None)["round_trip_single_pass"] == pytest.approx(0.4)
    assert trials[1].to_json()["trials"][0]["measured"] is None


def test_people_are_ranked_by_the_photos_that_were_kept_back() -> None:
    near_first = (AXES[0] + 0.5 * AXES[1]).astype(np.float32)
    trials = [
        _person("first", AXES[2], AXES[0], _trial(Method.REFINED, 0.9, embedding_D=near_first)),
        _person("second", AXES[2], AXES[1], _trial(Method.REFINED, 0.9, embedding_D=near_first)),
        _person("one photo", AXES[2], None, _trial(Method.REFINED, 0.9)),
    ]
    first, second = figures.persons(trials, MEAN_D)
    assert (first["num_persons"], first["methods"]["refined"]["rank"]) == (3, 1)
    assert second["methods"]["refined"]["rank"] == 2
    assert first["methods"]["refined"]["measured_on_others"] == pytest.approx(0.45)
    assert first["photos_alike"] == pytest.approx(0)
    lineup = np.stack([AXES[0], AXES[1]])
    assert figures.rank_in(lineup, 0, np.full(3, np.nan, np.float32), MEAN_D) == 2


def test_the_search_is_compared_on_the_subjects_that_it_searched() -> None:
    trials = [
        _face(_trial(Method.SINGLE_PASS, 0.8), _trial(Method.BLACK_BOX, 0.5)),
        _face(_trial(Method.SINGLE_PASS, 0.2), _trial(Method.BLACK_BOX, 0.6)),
        _face(_trial(Method.SINGLE_PASS, 0.0)),
    ]
    found = figures.against_search(trials)
    assert (found["num_subjects"], found["single_pass_wins"]) == (2, 0.5)
    assert found["single_pass"] == pytest.approx(0.5)
    assert figures.against_search(trials[2:]) == {}
