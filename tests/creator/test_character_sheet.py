"""The character sheet: complete, in menu order, and readable again; characters that do not fit are refused."""

from __future__ import annotations

import json

import pytest
from drawn_characters import characters
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from creator.character import check_character, default_character, nearest_character
from creator.errors import CharacterError
from creator.profile_file import load_profile
from creator.sheet import sheet_character, sheet_json, sheet_rows, sheet_schema
from protocol.character import Character
from protocol.errors import LookalikeError

PROFILES = {name: load_profile(name) for name in ("standin", "small")}
SMALL = PROFILES["small"]


@pytest.mark.parametrize("name", PROFILES)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_sheet_that_was_a_file_gives_its_character_back(name: str, data: st.DataObject) -> None:
    profile = PROFILES[name]
    character = data.draw(characters(profile))
    sheet = json.loads(json.dumps(sheet_json(profile, character)))
    assert sheet_character(profile, sheet) == character


def test_rows_stand_in_menu_order_with_labels_ids_and_list_positions() -> None:
    male = default_character(SMALL, "male")
    rows = sheet_rows(SMALL, Character("female", 22, 9, male.sliders), current=male)
    assert [row.row for row in rows] == [row.name for row in SMALL.rows.values() if row.is_captured]
    by_name = {row.row: row for row in rows}
    assert (by_name["base_head"].value, by_name["base_head"].position, by_name["base_head"].before) == (22, 4, 20)
    assert (by_name["gender"].value, by_name["gender"].position) == ("female", 2)
    assert (by_name["wrinkles"].page, by_name["wrinkles"].section, by_name["wrinkles"].label) == (
        "Head",
        "Skin",
        "Wrinkles",
    )


def test_steps_count_presses_from_where_the_rows_stand() -> None:
    male = default_character(SMALL, "male")
    to_male = {row.row: row for row in sheet_rows(SMALL, Character("male", 35, 4, (-7, *male.sliders[1:])), male)}
    assert (to_male["head_width"].steps, to_male["base_head"].steps, to_male["base_skin"].steps) == (-7, 2, -1)
    assert (to_male["base_head"].position, to_male["base_head"].count) == (4, 4)
    to_female = {row.row: row for row in sheet_rows(SMALL, default_character(SMALL, "female"), male)}
    assert to_female["base_head"].steps is None  # another list: nobody can count


@pytest.mark.parametrize("name", PROFILES)
def test_sheets_are_of_the_published_form(name: str) -> None:
    profile = PROFILES[name]
    checker = Draft202012Validator(sheet_schema())
    for current in (None, default_character(profile, "male")):
        checker.validate(sheet_json(profile, default_character(profile, "male"), current))
    broken = sheet_json(profile, default_character(profile, "male"))
    broken["rows"][0]["position"] = 0
    with pytest.raises(ValidationError):
        checker.validate(broken)


@pytest.mark.parametrize("gender", ["male", "female"])
def test_the_defaults_of_a_gender_are_a_character_of_the_creator(gender: str) -> None:
    for profile in PROFILES.values():
        check_character(profile, default_character(profile, gender))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"gender": "elf"}, "male, female"),
        ({"face": 4}, "3, 20, 21, 35"),
        ({"skin": 5}, "4, 22, 30"),
        ({"sliders": [0] * 11}, "12 sliders"),
        ({"sliders": [101, *[0] * 11]}, "head_width"),
        ({"sliders": [0, 0, -1, *[0] * 9]}, "wrinkles"),
    ],
)
def test_a_character_that_does_not_fit_is_refused_with_what_is_offered(change: dict[str, object], named: str) -> None:
    good = {"gender": "male", "face": 3, "skin": 4, "sliders": [0] * 12}
    with pytest.raises(CharacterError, match=named):
        check_character(SMALL, Character.from_json({**good, **change}))


@pytest.mark.parametrize(
    "change",
    [
        {"sheet_version": 2},
        {"sheet_version": None},
        {"profile_hash": "0" * 16},
        {"character": {}},
        {"character": None},
        {"character": [1, 2]},
        {"character": {"gender": "male", "face": 3, "skin": 4, "sliders": "many"}},
        {"character": {"gender": "male", "face": 3.5, "skin": 4, "sliders": [0] * 12}},
        {"character": {"gender": "male", "face": True, "skin": 4, "sliders": [0] * 12}},
        {"character": {"gender": "male", "face": 77, "skin": 4, "sliders": [0] * 12}},
    ],
)
def test_a_sheet_of_another_kind_is_refused(change: dict[str, object]) -> None:
    sheet = sheet_json(SMALL, default_character(SMALL, "male"))
    with pytest.raises(LookalikeError):
        sheet_character(SMALL, {**sheet, **change})


def test_a_sheet_of_another_profile_is_refused() -> None:
    sheet = sheet_json(PROFILES["standin"], default_character(PROFILES["standin"], "male"))
    with pytest.raises(CharacterError, match="standin"):
        sheet_character(SMALL, sheet)


def test_the_nearest_character_is_one_that_the_creator_offers() -> None:
    far = Character("male", 3, 4, (500, -500, 7, *[0] * 9))
    near = nearest_character(SMALL, far)
    assert near.sliders == (100, -100, 7, *[0] * 9)
    check_character(SMALL, near)
