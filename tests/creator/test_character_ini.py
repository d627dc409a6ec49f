"""The INI file is one that the public key-press tool walks to its end: read back here as that tool reads it."""

from __future__ import annotations

import configparser

import pytest

from creator.character import default_character
from creator.errors import CharacterError
from creator.ini import character_ini
from creator.profile_file import load_profile
from protocol.character import Character

DD2 = load_profile("dd2")


def read(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return parser


def test_sections_are_complete_up_to_the_last_captured_page_and_fields_have_the_tools_names() -> None:
    ini = read(character_ini(DD2, default_character(DD2, "male")))
    assert ini.sections() == [
        "info",
        "body_body",
        "body_head",
        "body_upper_body",
        "body_lower_body",
        "body_posture",
        "head_base_head",
        "head_skin",
        "head_brow",
        "head_eyes",
        "head_nose",
        "head_ears",
        "head_cheeks",
        "head_mouth",
        "head_jaw_chin",
    ]
    assert ini["head_eyes"]["eye_size"] == "-20"
    assert ini["head_ears"]["lobes"] == "0"
    assert list(ini["body_head"])[:2] == ["head_size", "head_length"]


def test_every_captured_row_but_the_gender_is_in_it() -> None:
    male = default_character(DD2, "male")
    ini = read(character_ini(DD2, Character("male", 0, 0, tuple(range(58)))))
    written = {name: int(value) for section in ini.sections()[1:] for name, value in ini[section].items()}
    assert len(written) == len(male.sliders) + 2
    assert written["chin_sharpness"] == 57


def test_a_choice_is_counted_in_presses_because_ids_have_holes() -> None:
    """From face 20 to 42 it is 19 presses: 30, 34 and 41 are missing."""
    sliders = default_character(DD2, "male").sliders
    ini = read(character_ini(DD2, Character("male", 42, 22, sliders)))
    assert ini["head_base_head"]["base_head"] == "39"


def test_the_skin_stands_where_either_of_the_tools_default_files_looks_for_it() -> None:
    ini = read(character_ini(DD2, default_character(DD2, "female")))
    assert ini["head_base_head"]["base_skin"] == ini["head_skin"]["base_skin"] == "23"


def test_a_name_cannot_break_the_file() -> None:
    ini = read(character_ini(DD2, default_character(DD2, "male"), 'a"]\n[body_head]\nhead_size = 100 %(x)s'))
    assert ini["body_head"]["head_size"] == "0"


def test_a_character_of_another_creator_is_refused() -> None:
    with pytest.raises(CharacterError):
        character_ini(DD2, Character("male", 30, 22, (0,) * 58))
