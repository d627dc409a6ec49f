from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ANSWERS = """# a creator with one slider
tavern
Tavern of Heroes

man
looks
who
choice gender gender 1
choice head face 2
choice skin skin 2
slider nose



"""


def test_a_profile_is_written_from_a_file_of_answers_and_checked(lookalike: Callable[..., Any], tmp_path: Path) -> None:
    answers = tmp_path / "answers.txt"
    answers.write_text(ANSWERS + "\n" * 30)

    outcome = lookalike("profile", "new", tmp_path / "tavern.toml", "--answers", answers)
    again = lookalike("profile", "new", tmp_path / "tavern.toml", "--answers", answers)

    assert outcome.code == 0, outcome.err
    assert "is sound" in outcome.out
    assert lookalike("profile", "explain", tmp_path / "tavern.toml").code == 0
    assert again.code == 1
    assert "exists" in again.err


def test_answers_that_end_too_early_name_the_question(lookalike: Callable[..., Any], tmp_path: Path) -> None:
    answers = tmp_path / "answers.txt"
    answers.write_text("tavern\n")

    outcome = lookalike("profile", "new", tmp_path / "tavern.toml", "--answers", answers)

    assert outcome.code == 1
    assert "Title of its window" in outcome.err
    assert not (tmp_path / "tavern.toml").exists()


def test_who_breaks_off_goes_on_with_the_answers_so_far(
    lookalike: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile, kept = tmp_path / "tavern.toml", tmp_path / "tavern.answers"
    monkeypatch.setattr("sys.stdin", io.StringIO("Tavern!\ntavern\n"))  # the first is refused; then Ctrl-D

    broken_off = lookalike("profile", "new", profile)

    assert broken_off.code == 1
    assert f"--answers {kept}" in broken_off.err
    assert kept.read_text() == "Tavern!\ntavern\n"
    with kept.open("a") as answers:
        answers.write(ANSWERS.split("tavern\n")[1] + "\n" * 30)
    assert "is sound" in lookalike("profile", "new", profile, "--answers", kept).out
