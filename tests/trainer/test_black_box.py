"""The yardstick without networks: it searches as well as it can with the captures that it has."""

from __future__ import annotations

import numpy as np

from creator.character import check_character
from creator.encoding import Encoding
from creator.profile import Profile
from protocol.character import Character
from trainer.black_box import SearchConfig, search


def test_it_finds_the_type_and_comes_near_the_sliders_within_its_captures(profile: Profile) -> None:
    encoding, seen = Encoding(profile), []
    wanted = encoding.character(profile.combinations[5], np.full(encoding.num_sliders, 0.5))
    wanted_S = encoding.sliders_NS([wanted])[0]

    def alike(character: Character) -> float:
        check_character(profile, character)
        seen.append(character)
        same = np.mean(encoding.choices_N3([character])[0] == encoding.choices_N3([wanted])[0])
        return float(same - np.mean((encoding.sliders_NS([character])[0] - wanted_S) ** 2))

    config = SearchConfig(num_captures=400, seed=3)
    found = search(alike, profile, config)
    assert len(seen) == len(found.course) == 400
    assert (found.character.gender, found.character.face, found.character.skin) == profile.combinations[5]
    assert found.similarity == alike(found.character) == found.course[-1]
    assert found.similarity > 0.95
    assert search(alike, profile, config) == found


def test_a_creator_that_shows_no_face_does_not_end_the_search(profile: Profile) -> None:
    found = search(lambda _: -1.0, profile, SearchConfig(num_captures=40))
    assert found.similarity == -1
    assert len(found.course) == 40
