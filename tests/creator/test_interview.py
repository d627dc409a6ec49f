"""Writing a creator down: a person's answers become a profile that loads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from creator.errors import ProfileError
from creator.explain import explain
from creator.interview import interview
from creator.profile import Profile
from creator.profile_file import load_profile
from creator.row_line import row_toml

ANSWERS = """tavern
Tavern of Heroes
1.2
man, woman
looks
who
choice gender gender 2 = 0/1
preset reset

face
slider nose_length -50..50 = 10/-10
slider brow
slider brow_inner
choice base_head face 3,5,9 = 5
choice skin skin 4
toggle wink : squint
slider squint 0..10 open



brow : brow_inner

""".splitlines()


def answered(answers: list[str]) -> tuple[str, list[str]]:
    """The profile's text and what was remarked; whatever is asked beyond these answers is left as offered."""
    given: Iterator[str] = iter(answers)
    remarks: list[str] = []
    text = interview(lambda _, default: next(given, "") or default, remarks.append, load_profile("standin").screen)
    return text, remarks


def written(tmp_path: Path, text: str) -> Profile:
    path = tmp_path / "tavern.toml"
    path.write_text(text, encoding="utf-8")
    return load_profile(path)


def test_answers_become_a_profile_that_loads(tmp_path: Path) -> None:
    profile = written(tmp_path, answered(ANSWERS)[0])

    assert (profile.name, profile.title, profile.genders) == ("tavern", "Tavern of Heroes", ("man", "woman"))
    assert [row.name for row in profile.sliders] == ["nose_length", "brow", "brow_inner"]
    assert len(profile.combinations) == 2 * 3 * 4
    assert profile.ids("face", "woman") == (3, 5, 9)
    assert profile.rows["nose_length"].defaults == {"man": 10, "woman": -10}
    assert profile.children == {"brow": ("brow_inner",)}
    assert not profile.rows["squint"].is_captured
    assert (profile.screen.width, profile.screen.height) == (1920, 1080)
    assert profile.open_points


def test_a_wrong_answer_is_explained_and_asked_for_again(tmp_path: Path) -> None:
    answers = list(ANSWERS)
    answers.insert(answers.index("slider brow"), "slyder brow")
    answers.insert(answers.index("slider brow_inner"), "slider brow 0..10")
    answers.insert(0, "Tavern!")

    text, remarks = answered(answers)

    assert written(tmp_path, text).name == "tavern"
    assert any("'Tavern!'" in remark and "small letters" in remark for remark in remarks)
    assert any("a row 'brow' already" in remark for remark in remarks)
    assert any("slyder" in remark and "slider" in remark for remark in remarks)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("slider nose", '{ slider = "nose" }'),
        ("slider nose 0..100 open", '{ slider = "nose", range = [0, 100], captured = false }'),
        ("choice beard - 8 = 2", '{ choice = "beard", ids = 8, default = { a = 2, b = 2 } }'),
        ("preset body", '{ preset = "body" }'),
    ],
)
def test_a_row_is_one_line(line: str, expected: str) -> None:
    assert row_toml(line, ("a", "b")) == expected


@pytest.mark.parametrize(
    "line",
    ["", "slider", "slider Nose", "slider nose 5", "choice head", "choice head hat 3", "choice head face x", "toggle a b",
     "preset a b", "slider nose = 1/2/3", "slider nose = x", "slider nose 9..-9", "slider nose 0..50 = 10/70",
     "slider nose = 101"],
)  # fmt: skip
def test_a_row_that_makes_no_sense_is_refused_with_what_was_expected(line: str) -> None:
    with pytest.raises(ProfileError, match=r"expected|stand|has|are|goes|lies"):
        row_toml(line, ("a", "b"))


def test_a_profile_is_explained_in_sentences(tmp_path: Path) -> None:
    text = "\n".join(explain(written(tmp_path, answered(ANSWERS)[0])))

    assert "24 combinations" in text
    assert "agents set brow before them" in text
    assert "squint" in text
    assert "Never touched, because they overwrite other rows: reset" in text
    assert "Not confirmed yet" in text
