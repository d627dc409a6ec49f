"""A search that looks at drawn heads, held against what keys show."""

from __future__ import annotations

from cli.evaluate.drawn import CHECK_EVERY, CheckedMeasure
from creator.character import default_character
from creator.profile_file import load_profile
from protocol.character import Character

SMALL = load_profile("small")


def test_of_the_drawn_faces_one_in_a_hundred_is_set_by_keys() -> None:
    character = default_character(SMALL, SMALL.genders[0])
    set_by_keys: list[Character] = []

    def by_keys(asked: Character) -> float:
        set_by_keys.append(asked)
        return 0.5

    measure = CheckedMeasure(drawn=lambda _: 0.75, by_keys=by_keys)
    assert [measure(character) for _ in range(CHECK_EVERY + 1)] == [0.75] * (CHECK_EVERY + 1)
    assert set_by_keys == [character] * 2
    assert measure.differences == [0.25, 0.25]
