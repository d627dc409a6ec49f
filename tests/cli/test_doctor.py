"""The doctor sees what is wrong and says what to do; it changes nothing."""

from __future__ import annotations

import importlib.metadata
import json
import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.doctor.check import Check
from cli.doctor.files import check_modes, check_token_store, secret_files
from cli.doctor.machine import check_disk, check_gpu, check_python, check_roles
from cli.doctor.network import check_gateway, port_check
from coordinator.tokens import TokenStore
from protocol.message import PROTOCOL_VERSION


def test_an_old_python_is_named_with_the_one_that_is_needed() -> None:
    assert check_python((3, 11, 2)).verdict == "ok"
    old = check_python((3, 10, 4))
    assert old.verdict == "failure"
    assert "3.11" in old.remedy


def test_a_package_that_is_missing_or_too_old_is_named_with_the_role_that_wants_it() -> None:
    versions = {"ray": "2.59.0", "pyarrow": "26.0.1", "torch": "2.13.0+cpu"}

    def installed(name: str) -> str:
        if name not in versions:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    wanted = [
        'ray[default,serve]==2.60.0; extra == "coordinator"',
        'pyarrow>=19; extra == "coordinator"',
        'torch==2.13.0; extra == "trainer"',
        'mss>=10.2; extra == "agent"',
        'pydirectinput-rgx>=2; sys_platform == "win32" and extra == "agent"',
    ]
    found = {check.name: check for check in check_roles(wanted, installed)}

    assert found["role coordinator"].finding == "ray is 2.59.0, expected 2.60.0"
    assert found["role trainer"].verdict == "ok"
    assert found["role agent"].finding == "mss is missing"
    assert "lookalike[agent]" in found["role agent"].remedy


@pytest.mark.parametrize(("free", "verdict"), [(5e8, "failure"), (2e9, "warning"), (5e10, "ok")])
def test_a_disk_that_fills_is_seen_before_it_is_full(tmp_path: Path, free: float, verdict: str) -> None:
    assert check_disk(tmp_path / "not" / "made" / "yet", lambda _: free).verdict == verdict


def test_a_gpu_that_goes_unused_is_seen() -> None:
    found = check_gpu(has_gpu=True)
    assert found.verdict == "warning"
    assert "onnxruntime-gpu" in found.remedy


def test_secrets_that_others_can_read_are_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / ".ray").mkdir()
    (tmp_path / "secrets").mkdir()
    for name, mode in {"pc-1.token": 0o600, "secrets/pc-2.token": 0o640, ".ray/auth_token": 0o644}.items():
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)

    found = check_modes(secret_files([tmp_path], home=tmp_path))

    assert found.verdict == "failure"
    assert "pc-2.token" in found.finding
    assert "auth_token" in found.remedy
    assert "pc-1.token" not in found.remedy


def test_a_token_that_ends_soon_is_seen(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    store.issue("pc-1", expires_in_days=3)
    store.issue("pc-2", expires_in_days=90)

    (found,) = check_token_store(tmp_path / "tokens.json")

    assert found.verdict == "warning"
    assert "pc-1 in 3 days" in found.finding
    assert "pc-2" not in found.finding


def gateway(
    tmp_path: Path, *, version: int = PROTOCOL_VERSION, seconds_ahead: float = 0.0, knows_token: bool = True
) -> dict[str, Check]:
    """What is said of a coordinator that answers like this."""
    token = tmp_path / "watch.token"
    token.touch(mode=0o600)
    token.write_text("lk_x")

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"date": formatdate(time.time() + seconds_ahead, usegmt=True)}
        if request.url.path == "/v1/health":
            return httpx.Response(200, json={"status": "ok", "version": version}, headers=headers)
        is_right = knows_token and request.headers["authorization"] == "Bearer lk_x"
        return httpx.Response(200 if is_right else 401, json={}, headers=headers)

    client = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://coordinator")
    return {check.name: check for check in check_gateway("http://coordinator", token, client)}


def test_a_coordinator_that_is_well_passes(tmp_path: Path) -> None:
    assert {check.verdict for check in gateway(tmp_path).values()} == {"ok"}


def test_a_clock_that_is_wrong_a_release_that_is_old_and_a_token_that_ended_are_seen(tmp_path: Path) -> None:
    found = gateway(tmp_path, version=99, seconds_ahead=120.0, knows_token=False)

    assert "same release" in found["coordinator"].remedy
    assert "time server" in found["clock"].remedy
    assert found["clock"].finding.startswith("-1")
    assert "401" in found["token"].finding


def test_a_port_that_something_else_holds_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        held = port_check("127.0.0.1", port)
    free = port_check("127.0.0.1", port)

    assert held.verdict == "failure"
    assert str(port) in held.remedy
    assert free.verdict == "skipped"


def test_the_command_looks_at_everything_and_a_failure_ends_with_code_one(
    lookalike: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    url = f"http://127.0.0.1:{free_port()}"

    well = lookalike("doctor", "--url", url, "--data", tmp_path / "data", "--json")
    (tmp_path / "pc.token").write_text("open")
    ill = lookalike("doctor", "--url", url, "--json")

    checks = {check["name"]: check for check in json.loads(well.out)}
    assert well.code == 0
    assert checks["store"]["verdict"] == "ok"
    assert checks["secrets"]["verdict"] == "skipped"
    assert ill.code == 1
    assert "chmod 600" in ill.out


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
