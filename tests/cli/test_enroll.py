"""`lookalike enroll`: whoever gets a token has it, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from coordinator.tokens import TokenStore

Lookalike = Callable[..., Any]


def test_a_token_that_could_not_be_written_is_not_valid(lookalike: Lookalike, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    kept = TokenStore(tokens).issue("pc-1")
    blocked = tmp_path / "file"
    blocked.write_text("no folder", encoding="utf-8")

    outcome = lookalike("enroll", "pc-1", "--tokens", tokens, "--to", blocked / "pc-1.token")

    assert outcome.code == 1
    assert "cannot be written" in outcome.err
    assert [token.token_id for token in TokenStore(tokens).tokens()] == [kept.split("_")[1]]
