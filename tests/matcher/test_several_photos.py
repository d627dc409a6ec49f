"""Several photos of one person: averaged, with those that are unlike the others counting little."""

from __future__ import annotations

import numpy as np
from sample_report import random_character
from toy_models import ToyModels

from creator.encoding import Floats
from creator.profile_file import load_profile
from matcher.matcher import Matcher
from matcher.photos import SEVERAL_PEOPLE
from protocol.character import Character

SMALL = load_profile("small")
MODELS = ToyModels(SMALL)
MATCHER = Matcher(MODELS, SMALL)


def target(seed: int) -> Floats:
    face_D = MODELS.face_of(random_character(SMALL, np.random.default_rng(seed)))
    return np.asarray(face_D, dtype=np.float32)


def likeness(character: Character, face_D: Floats) -> float:
    """What a recogniser would say of the character and the face themselves."""
    seen_D, wanted_D = MODELS.face_of(character) - MODELS.mean_D, face_D - MODELS.mean_D
    return float(seen_D @ wanted_D / np.linalg.norm(seen_D) / np.linalg.norm(wanted_D))


def test_several_embeddings_are_averaged() -> None:
    first_D, second_D = target(1), target(2)
    both = MATCHER.match([first_D, second_D])
    assert both.target.num_photos == 2
    np.testing.assert_allclose(both.target.embedding_D, (first_D + second_D) / 2, rtol=1e-6)


def test_a_photo_of_somebody_else_among_several_hardly_counts() -> None:
    person_D = target(1)
    generator = np.random.default_rng(0)
    photos = [np.asarray(person_D + generator.normal(0, 0.1, person_D.shape), np.float32) for _ in range(5)]
    among_D = MATCHER.read_target([*photos, target(2)]).embedding_D
    plain_D = np.mean([*photos, target(2)], axis=0)
    assert np.linalg.norm(among_D - person_D) < 0.3 * np.linalg.norm(plain_D - person_D)


def test_photos_of_different_people_are_told_and_photos_of_one_are_not() -> None:
    generator = np.random.default_rng(0)
    photos = [np.asarray(target(1) + generator.normal(0, 0.1, target(1).shape), np.float32) for _ in range(3)]
    assert MATCHER.read_target(photos).remarks == ()
    assert MATCHER.read_target([target(1), target(2)]).remarks == (SEVERAL_PEOPLE,)
    assert MATCHER.read_target([*photos, target(2)]).remarks == (SEVERAL_PEOPLE,)


def test_several_photos_show_the_person_at_least_as_well_as_the_best_single_one_on_average() -> None:
    """Photos are the face with some error each; what counts is how alike the matched character is to the face itself."""
    together, best = [], []
    for seed in range(8):
        person = random_character(SMALL, np.random.default_rng(seed))
        face_D = MODELS.face_of(person)
        generator = np.random.default_rng(seed + 100)
        photos = [np.asarray(face_D + generator.normal(0, 0.6, face_D.shape), np.float32) for _ in range(8)]
        together.append(likeness(MATCHER.match(photos).character, face_D))
        best.append(max(likeness(MATCHER.match(photo).character, face_D) for photo in photos))
    assert np.mean(together) >= np.mean(best)
