"""Ray's token is its owner's alone, and the environment that locks Ray is put back afterwards."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cluster.errors import ClusterError
from cluster.lock import checked_token, environment, is_loopback, locked_environment, make_token


def test_a_token_is_readable_by_its_owner_alone_and_stays_the_same(tmp_path: Path) -> None:
    first = make_token(tmp_path / "cluster" / "ray.token").read_text()
    again = make_token(tmp_path / "cluster" / "ray.token").read_text()

    assert len(first) == 64
    assert again == first
    assert stat.S_IMODE((tmp_path / "cluster" / "ray.token").stat().st_mode) == 0o600


@pytest.mark.parametrize(("content", "mode", "said"), [("x" * 64, 0o644, "read by others"), ("", 0o600, "empty")])
def test_a_token_that_is_open_or_empty_is_refused(tmp_path: Path, content: str, mode: int, said: str) -> None:
    path = tmp_path / "ray.token"
    path.write_text(content)
    path.chmod(mode)

    with pytest.raises(ClusterError, match=said):
        checked_token(path)


def test_a_missing_token_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"nothing\.token cannot be read"):
        checked_token(tmp_path / "nothing.token")


def test_the_file_wins_over_a_token_in_the_environment_and_all_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "somebody else's")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    before = dict(os.environ)

    with environment(locked_environment(tmp_path / "ray.token")):
        assert "RAY_AUTH_TOKEN" not in os.environ
        assert os.environ["RAY_AUTH_MODE"] == "token"
        assert os.environ["RAY_AUTH_TOKEN_PATH"] == str(tmp_path / "ray.token")

    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1:6379", True), ("[::1]:6379", True), ("10.0.0.5:6379", False), ("head.lab:6379", False)],
)
def test_only_loopback_is_taken_for_this_machine(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected
