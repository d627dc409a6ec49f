"""Characters become arrays and come back unchanged."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_characters import characters
from hypothesis import given, settings
from hypothesis import strategies as st

from creator.encoding import Encoding
from creator.profile_file import load_profile
from protocol.character import Character

ENCODINGS = {name: Encoding(load_profile(name)) for name in ("standin", "small")}


@pytest.mark.parametrize("name", ENCODINGS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_character_survives_the_way_to_numbers_and_back(name: str, data: st.DataObject) -> None:
    encoding = ENCODINGS[name]
    character = data.draw(characters(encoding.profile))
    sliders_S = encoding.sliders_NS([character])[0]
    assert encoding.character((character.gender, character.face, character.skin), sliders_S) == character


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_ends_of_a_range_are_minus_one_and_one(name: str) -> None:
    encoding = ENCODINGS[name]
    low_S, high_S = encoding.ranges_S2.T
    assert (encoding.scale(low_S[None]) == -1).all()
    assert (encoding.scale(high_S[None]) == 1).all()


@pytest.mark.parametrize("name", ENCODINGS)
def test_combinations_stand_in_the_profiles_order_as_positions(name: str) -> None:
    encoding = ENCODINGS[name]
    profile, combinations_C3 = encoding.profile, encoding.combinations_C3()
    assert combinations_C3.shape == (len(profile.combinations), 3)
    assert (combinations_C3.max(axis=0) + 1 == encoding.choice_counts).all()
    for (gender, face, skin), row in zip(profile.combinations, combinations_C3, strict=True):
        assert profile.genders[row[0]] == gender
        assert profile.ids("face", gender)[row[1]] == face
        assert profile.ids("skin", gender)[row[2]] == skin


@given(values=st.lists(st.floats(-3, 3), min_size=12, max_size=12))
@settings(deadline=None)
def test_whatever_a_network_says_becomes_values_that_the_creator_offers(values: list[float]) -> None:
    encoding = ENCODINGS["small"]
    character = encoding.character(("male", 20, 22), np.array(values, np.float32))
    for row, value in zip(encoding.profile.sliders, character.sliders, strict=True):
        assert row.minimum <= value <= row.maximum
    stepped_NS = encoding.on_steps(np.array([values], np.float32))
    assert np.array_equal(stepped_NS, encoding.sliders_NS([character]))


def test_no_characters_give_empty_arrays_of_the_right_width() -> None:
    encoding = ENCODINGS["small"]
    assert encoding.choices_N3([]).shape == (0, 3)
    assert encoding.sliders_NS([]).shape == (0, 12)


def test_an_id_is_not_a_list_position() -> None:
    encoding = ENCODINGS["small"]
    assert encoding.choices_N3([Character("female", 18, 31, (0,) * 12)]).tolist() == [[1, 2, 2]]
