"""`lookalike reembed` says what it did, and what is wrong with what it was told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_tables_without_frames_have_nothing_to_embed(lookalike: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()

    done = lookalike("reembed", "--recogniser", "dlib", "--data", tmp_path / "data", "--profile", "small", "--quiet")

    assert done.code == 0
    assert "No frame is left that was not embedded by dlib-" in done.out


def test_tables_that_are_not_there_are_not_made(lookalike: Callable[..., Any], tmp_path: Path) -> None:
    done = lookalike("reembed", "--recogniser", "dlib", "--data", tmp_path / "data", "--profile", "small")

    assert done.code == 1
    assert "There is no folder" in done.err
    assert not (tmp_path / "data").exists()


def test_a_network_that_is_not_there_is_named(lookalike: Callable[..., Any], tmp_path: Path) -> None:
    done = lookalike("reembed", "--recogniser", "facebook", "--data", tmp_path / "data")

    assert done.code == 1
    assert "no recogniser 'facebook'" in done.err
    assert not (tmp_path / "data").exists()
