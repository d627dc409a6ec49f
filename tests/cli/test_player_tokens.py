"""Players' tokens: enrolled like agents', good for the service alone, revoked while it runs."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.serve import EnrolledPlayers
from coordinator.tokens import TokenStore

Lookalike = Callable[..., Any]


@pytest.fixture
def enrol(lookalike: Lookalike, tmp_path: Path) -> Callable[..., str]:
    def enrol(name: str, *options: str) -> str:
        outcome = lookalike(
            "enroll", name, "--tokens", tmp_path / "t.json", "--to", tmp_path / f"{name}.token", *options
        )
        assert outcome.code == 0, outcome.err
        return (tmp_path / f"{name}.token").read_text().strip()

    return enrol


def test_a_player_is_let_in_and_nobody_else(enrol: Callable[..., str], tmp_path: Path) -> None:
    anna, agent, trainer = enrol("anna", "--player"), enrol("pc-1"), enrol("lab", "--trainer")

    players = pickle.loads(pickle.dumps(EnrolledPlayers(tmp_path / "t.json")))  # as a replica gets it

    assert players(anna) == "anna"
    assert [players(token) for token in (agent, trainer, anna[:-1] + "x", "", "anna")] == [None] * 5


def test_players_change_their_token_while_the_service_runs(enrol: Callable[..., str], tmp_path: Path) -> None:
    old = enrol("anna", "--player")
    players = EnrolledPlayers(tmp_path / "t.json")
    assert players(old) == "anna"

    new = enrol("anna", "--player")
    assert (players(old), players(new)) == ("anna", "anna")

    TokenStore(tmp_path / "t.json").revoke(old.split("_")[1])
    assert (players(old), players(new)) == (None, "anna")


def test_a_token_is_of_one_sort(lookalike: Lookalike, tmp_path: Path) -> None:
    outcome = lookalike("enroll", "anna", "--player", "--operator", "--tokens", tmp_path / "t.json")
    assert outcome.code != 0
    assert not (tmp_path / "t.json").exists()
