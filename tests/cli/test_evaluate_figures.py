"""The figures of an evaluation, from trials whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cli.evaluate import figures, persons
from cli.evaluate.finders import Found, Method
from cli.evaluate.several import SeveralPhotos
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
    first, second = persons.persons(trials, MEAN_D)
    assert (first["num_persons"], first["methods"]["refined"]["rank"]) == (3, 1)
    assert second["methods"]["refined"]["rank"] == 2
    assert first["methods"]["refined"]["measured_on_others"] == pytest.approx(0.45)
    assert first["photos_alike"] == pytest.approx(0)
    lineup = np.stack([AXES[0], AXES[1]])
    assert persons.rank_in(lineup, 0, np.full(3, np.nan, np.float32), MEAN_D) == 2


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


def test_several_photos_are_compared_with_single_ones_on_photos_that_nobody_fitted() -> None:
    found = SeveralPhotos(
        target_D=AXES[0],
        together_KD=np.stack([AXES[0] + AXES[1], AXES[0] + 0.1 * AXES[1]]),
        single_ND=np.stack([AXES[1], AXES[0], np.full(3, np.nan, np.float32)]),
        clearest=2,
    ).on(AXES[1][None], MEAN_D)
    assert found["all"] == pytest.approx(0.5**0.5)
    assert found["verified"] == pytest.approx(0.1 / 1.01**0.5), "the one that is most like the fitted photos"
    assert found["best_fair"] == pytest.approx(0), "it looks best on the fitted photos"
    assert found["best"] == pytest.approx(1), "nobody can know that"
    assert found["single"] == pytest.approx(1 / 3), "a picture without a face counts as nothing alike"
    assert found["clearest"] == 0


def test_a_summary_tells_ranks_and_what_several_photos_give() -> None:
    shown = SeveralPhotos(target_D=AXES[0], together_KD=AXES[:1], single_ND=AXES[:2], clearest=1)
    people = persons.persons(
        [
            replace(_person("first", AXES[2], AXES[0], _trial(Method.REFINED, 0.8)), several=shown),
            _person("second", AXES[2], AXES[1], _trial(Method.REFINED, float("nan"))),
        ],
        MEAN_D,
    )
    found = persons.summary(people)
    assert (found["num_persons"], found["num_in_lineup"]) == (2, 2)
    assert found["methods"]["refined"] == pytest.approx(
        {"measured": 0.4, "measured_on_others": 0.2, "mean_rank": 1.5, "first": 0.5}
    )
    assert found["several_photos"]["num_persons"] == 1
    assert found["several_photos"]["gain_over_best_fair"] == pytest.approx(0)
    assert persons.summary([]) == {}


def test_a_pass_is_compared_with_inversion_by_their_median_times() -> None:
    slow, quick = _trial(Method.INVERSION, 1.0), _trial(Method.SINGLE_PASS, 1.0)
    quick = replace(quick, found=replace(quick.found, seconds=0.01))
    assert figures.headline([_face(slow, quick)], None)["inversion_seconds_over_single_pass"] == pytest.approx(50)
