from __future__ import annotations

import stat
from pathlib import Path

import pytest

from coordinator.errors import TokenError
from coordinator.tokens import TokenStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "tokens.json"


def test_an_issued_token_names_its_agent(path: Path) -> None:
    token = TokenStore(path).issue("pc-1")

    known = TokenStore(path).authenticate(token)

    assert known is not None
    assert known.agent == "pc-1"
    assert known.allows("capture")
    assert not known.allows("status")


def test_the_file_holds_no_token_and_only_its_owner_reads_it(path: Path) -> None:
    token = TokenStore(path).issue("pc-1")

    assert token.rpartition("_")[2] not in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", ["", "lk_", "x" * 100, "lk_" + "0" * 12 + "_" + "0" * 64])
def test_what_was_never_issued_is_refused(path: Path, damage: str) -> None:
    store = TokenStore(path)
    store.issue("pc-1")

    assert store.authenticate(damage) is None


def test_a_right_id_with_a_wrong_secret_is_refused(path: Path) -> None:
    store = TokenStore(path)
    token = store.issue("pc-1")

    assert store.authenticate(token[:-1] + ("0" if token[-1] != "0" else "1")) is None


def test_a_token_ends_when_it_expires(path: Path) -> None:
    now = [0.0]
    store = TokenStore(path, clock=lambda: now[0])
    token = store.issue("pc-1", expires_in_days=1)

    now[0] = 86_399.0
    assert store.authenticate(token) is not None
    now[0] = 86_400.0
    assert store.authenticate(token) is None


def test_a_revoked_agent_is_refused_by_a_gateway_that_runs_already(path: Path) -> None:
    gateway = TokenStore(path)
    tokens = [TokenStore(path).issue("pc-1") for _ in range(2)]
    other = TokenStore(path).issue("pc-2")
    assert all(gateway.authenticate(token) for token in tokens)

    assert TokenStore(path).revoke("pc-1") == 2

    assert not any(gateway.authenticate(token) for token in tokens)
    assert gateway.authenticate(other)
    assert [token.agent for token in gateway.tokens()] == ["pc-2"]


def test_a_file_that_others_can_read_is_refused(path: Path) -> None:
    token = TokenStore(path).issue("pc-1")
    path.chmod(0o644)

    with pytest.raises(TokenError, match="chmod 600"):
        TokenStore(path).authenticate(token)


@pytest.mark.parametrize("agent", ["", "../pc", "a" * 65, "pc 1"])
def test_an_agent_needs_a_plain_name(path: Path, agent: str) -> None:
    with pytest.raises(TokenError, match="Agent name"):
        TokenStore(path).issue(agent)


def test_a_damaged_file_is_named(path: Path) -> None:
    TokenStore(path).issue("pc-1")
    path.write_text("{", encoding="utf-8")

    with pytest.raises(TokenError, match=r"tokens\.json cannot be read .*: restore a copy, or .* enroll"):
        TokenStore(path).tokens()
