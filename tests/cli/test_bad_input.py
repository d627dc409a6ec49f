"""Whatever is wrong with what a user says ends in one clear line that names the thing and the remedy."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Lookalike = Callable[..., Any]


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a command makes before it sees what is wrong is made there."""
    monkeypatch.chdir(tmp_path)


def test_an_unknown_profile_is_named_with_those_that_ship(lookalike: Lookalike) -> None:
    outcome = lookalike("profile", "check", "skyrim")
    assert outcome.code == 1
    assert "Error: No profile 'skyrim'" in outcome.err
    assert "standin" in outcome.err


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("[screen]\nrow_height = 200\n", "rows overlap"),
        ("[[couplings]]\nparent = 'nose'\nchildren = []\n", "'nose'"),
        ("timing = 3\n", "timing: expected a table"),
        ("pages = [3]\n", "pages: each is a table"),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(
    lookalike: Lookalike, tmp_path: Path, change: str, named: str
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(f'extends = "small"\nname = "bad"\n{change}')
    outcome = lookalike("profile", "check", path)
    assert outcome.code == 1
    assert named in outcome.err


def test_an_impossible_range_names_the_slider(lookalike: Lookalike, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(
        'extends = "small"\nname = "bad"\ncouplings = []\n[[pages]]\nname = "head"\n[[pages.sections]]\nname = "nose"\n'
        'rows = [{ slider = "nose_length", range = [50, -50] }]\n'
    )
    outcome = lookalike("profile", "check", path)
    assert outcome.code == 1
    assert "nose_length" in outcome.err
    assert "impossible" in outcome.err


def test_a_folder_that_cannot_be_written_is_named(lookalike: Lookalike, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    outcome = lookalike("demo", "--out", file / "demo")
    assert outcome.code == 1
    assert str(file / "demo") in outcome.err
    assert "--out" in outcome.err


def test_a_folder_of_something_else_is_left_alone_even_when_fresh(lookalike: Lookalike, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("dear diary")
    outcome = lookalike("demo", "--out", tmp_path, "--fresh")
    assert outcome.code == 1
    assert (tmp_path / "diary.txt").read_text() == "dear diary"


def test_too_few_frames_and_unknown_faults_are_refused_before_anything_is_made(
    lookalike: Lookalike, tmp_path: Path
) -> None:
    few = lookalike("demo", "--out", tmp_path / "demo", "--frames", 3)
    unknown = lookalike("demo", "--out", tmp_path / "demo", "--faults", "gremlins=1")
    assert (few.code, unknown.code) == (1, 1)
    assert "--frames 3" in few.err
    assert "gremlins" in unknown.err
    assert not (tmp_path / "demo").exists()


def test_a_port_in_use_is_named(lookalike: Lookalike, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        outcome = lookalike("coordinator", "--port", port, "--data", tmp_path / "data", "--profile", "small")
    assert outcome.code == 1
    assert f"Port {port}" in outcome.err
    assert "another" in outcome.err


def test_wrong_usage_ends_with_code_two(lookalike: Lookalike) -> None:
    assert lookalike("profile", "check").code == 2
    assert lookalike("dance").code == 2


def test_nobody_answering_is_said_with_the_address(lookalike: Lookalike, tmp_path: Path) -> None:
    token = tmp_path / "watch.token"
    token.touch(mode=0o600)
    token.write_text("secret")
    outcome = lookalike("status", "--url", "http://127.0.0.1:9", "--token-file", token)
    assert outcome.code == 1
    assert "http://127.0.0.1:9" in outcome.err
    assert "secret" not in outcome.err


def test_a_token_that_others_can_read_is_refused(lookalike: Lookalike, tmp_path: Path) -> None:
    token = tmp_path / "watch.token"
    token.write_text("secret")
    token.chmod(0o644)
    outcome = lookalike("status", "--token-file", token)
    assert outcome.code == 1
    assert "chmod 600" in outcome.err
