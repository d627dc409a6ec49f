"""Profiles that ship load; impossible ones are refused by a sentence that names the place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from creator.errors import ProfileError
from creator.profile_file import load_profile, profile_names

MINIMAL = """
name = "tiny"
title = "Tiny"
game_version = "1"
genders = ["female"]

[keys]
increase = "d"
decrease = "a"
next_row = "s"
previous_row = "w"
enter = "space"
leave = "esc"
next_page = "e"
previous_page = "q"
confirm = "enter"

[screen]
width = 200
height = 100
face = [100, 0, 100, 100]
tabs = [0, 0, 100, 10]
title = [0, 10, 100, 10]
list = [0, 20, 100, 80]
row_height = 10
name_left = 0
name_right = 50
value_left = 70
value_right = 100

[[pages]]
name = "only"

  [[pages.sections]]
  name = "all"
  rows = [
    { choice = "gender", role = "gender", ids = [0] },
    { choice = "head", role = "face", ids = [4, 2] },
    { choice = "tone", role = "skin", ids = [7] },
    { slider = "nose", range = [-10, 10] },
    { slider = "nose_tip" },
    { toggle = "wink", inserts = ["squint"] },
    { slider = "squint", captured = false },
  ]
"""

COUPLING = """
[[couplings]]
parent = "{}"
children = [{}]
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a profile file and returns its path."""

    def write_text(text: str) -> Path:
        path = tmp_path / "profile.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


def replaced(before: str, after: str) -> str:
    assert before in MINIMAL
    return MINIMAL.replace(before, after)


@pytest.mark.parametrize("name", ["dd2", "standin", "small"])
def test_every_shipped_profile_loads(name: str) -> None:
    assert load_profile(name).name == name
    assert name in profile_names()


@pytest.mark.parametrize(("name", "num_sliders", "num_combinations"), [("standin", 58, 3040), ("small", 12, 24)])
def test_shipped_profiles_have_the_published_size(name: str, num_sliders: int, num_combinations: int) -> None:
    profile = load_profile(name)
    assert len(profile.sliders) == num_sliders
    assert len(profile.combinations) == len(set(profile.combinations)) == num_combinations


def test_a_profile_of_the_users_own_is_read_from_its_file(write: Write) -> None:
    profile = load_profile(write(MINIMAL))
    assert profile.combinations == (("female", 4, 7), ("female", 2, 7))
    assert [row.name for row in profile.sliders] == ["nose", "nose_tip"]


def test_a_profile_that_extends_another_keeps_what_it_does_not_name(write: Write) -> None:
    profile = load_profile(write('extends = "small"\nname = "mine"\n[timing]\npage_frames = 30\n'))
    small = load_profile("small")
    assert profile.timing.page_frames == 30
    assert profile.timing.section_frames == small.timing.section_frames
    assert profile.pages == small.pages


def test_looks_and_timing_do_not_change_the_hash_but_rows_do(write: Write) -> None:
    hashes = [
        load_profile(write(text)).hash
        for text in (
            MINIMAL,
            replaced("row_height = 10", "row_height = 9"),
            MINIMAL + "\n[timing]\npage_frames = 3\n",
            replaced("range = [-10, 10]", "range = [-10, 11]"),
            replaced("ids = [4, 2]", "ids = [2, 4]"),
        )
    ]
    assert hashes[0] == hashes[1] == hashes[2]
    assert len(set(hashes)) == 3


IMPOSSIBLE = {
    "an unknown name": (None, "neither shipped"),
    "no TOML": ("name = ", "not valid TOML"),
    "a missing field": (replaced('title = "Tiny"', ""), "title"),
    "an unknown key": (replaced("[keys]", '[keys]\njump = "x"'), "jump"),
    "an unknown field of the screen": (replaced("row_height", "row_hight"), "row_hight"),
    "a region of three numbers": (replaced("tabs = [0, 0, 100, 10]", "tabs = [0, 0, 100]"), "screen.tabs"),
    "a row of two kinds": (replaced('{ slider = "nose"', '{ toggle = "x", slider = "nose"'), "exactly one of"),
    "an unknown field of a row": (replaced("range = [-10, 10]", "rnge = [-10, 10]"), "'nose': unknown field 'rnge'"),
    "a range upside down": (replaced("range = [-10, 10]", "range = [10, -10]"), "'nose': range 10 to -10"),
    "an empty range": (replaced("range = [-10, 10]", "range = [5, 5], default = 5"), "'nose': range 5 to 5"),
    "a step of zero": (replaced("range = [-10, 10]", "range = [-10, 10], step = 0"), "'nose'"),
    "steps that miss the end": (replaced("range = [-10, 10]", "range = [-10, 10], step = 3"), "'nose': steps of 3"),
    "half steps where whole ones are kept": (replaced("range = [-10, 10]", "range = [-10, 10], step = 0.5"), "'nose'"),
    "a range that is no pair": (replaced("range = [-10, 10]", "range = [-10, 0, 10]"), "'nose'"),
    "a range in words": (replaced("range = [-10, 10]", 'range = ["low", "high"]'), "'nose'"),
    "a default outside the range": (replaced("range = [-10, 10]", "range = [-10, 10], default = 11"), "'nose': default 11"),
    "a default between the steps": (
        replaced("range = [-10, 10]", "range = [-10, 10], step = 4, default = 1"),
        "'nose': default 1",
    ),
    "a captured slider with a broken default": (
        replaced("range = [-10, 10]", "range = [-10, 10], default = 0.5"),
        "'nose': default 0.5",
    ),
    "two rows of one name": (replaced('"nose_tip"', '"nose"'), "row 'nose': the name stands twice"),
    "two sections of one name": (
        MINIMAL + '\n  [[pages.sections]]\n  name = "all"\n  rows = [{ slider = "chin" }]\n',
        "section 'only.all': the name stands twice",
    ),
    "two pages of one name": (MINIMAL + '\n[[pages]]\nname = "only"\nsections = []\n', "page 'only'"),
    "a page without sections": (MINIMAL + '\n[[pages]]\nname = "empty"\nsections = []\n', "page 'empty'"),
    "a section without rows": (
        MINIMAL + '\n  [[pages.sections]]\n  name = "empty"\n  rows = []\n',
        "section 'only.empty'",
    ),
    "ids twice": (replaced("ids = [4, 2]", "ids = [4, 4]"), "'head': needs ids for female"),
    "no ids": (replaced("ids = [4, 2]", "ids = []"), "'head'"),
    "ids that are no numbers": (replaced("ids = [4, 2]", 'ids = ["a", "b"]'), "'head'"),
    "ids for another gender only": (replaced("ids = [4, 2]", "ids = { male = [1] }"), "female"),
    "a default that is no id": (replaced("ids = [4, 2]", "ids = [4, 2], default = 9"), "'head': default 9"),
    "no row for the skin": (replaced(', role = "skin"', ""), "exactly one choice each"),
    "two rows for the skin": (replaced('"head", role = "face"', '"head", role = "skin"'), "exactly one choice each"),
    "an unknown role": (replaced('role = "skin"', 'role = "hat"'), "exactly one choice each"),
    "no captured slider": (
        replaced('{ slider = "nose", range = [-10, 10] },\n    { slider = "nose_tip" },', ""),
        "at least one is needed",
    ),
    "no gender": (replaced('genders = ["female"]', "genders = []"), "genders"),
    "one gender twice": (replaced('genders = ["female"]', 'genders = ["female", "female"]'), "gender"),
    "gender ids that are not positions": (replaced('role = "gender", ids = [0]', 'role = "gender", ids = [3]'), "'gender'"),
    "an inserted row that does not follow": (replaced('inserts = ["squint"]', 'inserts = ["nose"]'), "toggle 'wink'"),
    "rows inserted by no toggle": (replaced("\"nose_tip\"", "\"nose_tip\", inserts = [\"wink\"]"), "nose_tip"),
    "a captured row that is hidden": (replaced('"squint", captured = false', '"squint"'), "'squint'"),
    "a coupling of an unknown parent": (MINIMAL + COUPLING.format("ghost", '"nose"'), "'ghost' is no captured slider"),
    "a coupling of a choice": (MINIMAL + COUPLING.format("nose", '"head"'), "'head' is no captured slider"),
    "a slider coupled to itself": (MINIMAL + COUPLING.format("nose", '"nose"'), "'nose' already takes part"),
    "a loop of couplings": (
        MINIMAL + COUPLING.format("nose", '"nose_tip"') + COUPLING.format("nose_tip", '"nose"'),
        "already takes part",
    ),
    "a child twice": (MINIMAL + COUPLING.format("nose", '"nose_tip", "nose_tip"'), "already takes part"),
    "a parent twice": (
        replaced('{ toggle = "wink"', '{ slider = "chin" },\n    { toggle = "wink"')
        + COUPLING.format("nose", '"nose_tip"')
        + COUPLING.format("nose", '"chin"'),
        "'nose' stands as parent twice",
    ),
    "two actions on one key": (replaced('decrease = "a"', 'decrease = "d"'), "two actions share a key"),
    "a region outside the screen": (replaced("face = [100, 0, 100, 100]", "face = [101, 0, 100, 100]"), "screen.face"),
    "a region without area": (replaced("face = [100, 0, 100, 100]", "face = [100, 0, 0, 100]"), "screen.face"),
    "names over values": (replaced("name_right = 50", "name_right = 80"), "names and values overlap"),
    "values outside the list": (replaced("value_right = 100", "value_right = 101"), "screen.value"),
    "rows that overlap": (replaced("row_height = 10", "row_height = 14"), "7 rows overlap: the list shows only 5"),
    "rows without height": (replaced("row_height = 10", "row_height = 0"), "row_height"),
    "a clock that stands": (MINIMAL + "\n[timing]\nframes_per_second = 0\n", "frames_per_second"),
    "loads that end before they start": (MINIMAL + "\n[timing]\nload_frames = [8, 3]\n", "load_frames"),
    "a share above one": (MINIMAL + "\n[timing]\nlong_load_share = 1.5\n", "long_load_share"),
    "genders in one word": (replaced('genders = ["female"]', 'genders = "female"'), "genders"),
}  # fmt: skip


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_an_impossible_profile_is_refused_by_a_sentence_that_names_the_place(case: str, write: Write) -> None:
    text, named = IMPOSSIBLE[case]
    source = "no-such-profile" if text is None else write(text)
    with pytest.raises(ProfileError) as caught:
        load_profile(source)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_profile_that_extends_itself_is_refused(tmp_path: Path) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text(f'extends = "{second.as_posix()}"\n')
    second.write_text(f'extends = "{first.as_posix()}"\n')
    with pytest.raises(ProfileError, match="extends itself"):
        load_profile(first)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "profile.toml"
    path.write_bytes(b"\xff\xfe\x00picture")
    with pytest.raises(ProfileError, match="not valid TOML"):
        load_profile(path)


@pytest.mark.parametrize("name", ["dd2", "standin", "small"])
@pytest.mark.parametrize("role", ["face", "skin"])
def test_an_id_is_no_list_position_for_either_gender(name: str, role: str) -> None:
    profile = load_profile(name)

    for gender in profile.genders:
        ids = profile.ids(role, gender)
        assert list(ids) == sorted(set(ids)), gender
        assert list(ids) != list(range(ids[0], ids[0] + len(ids))), gender
