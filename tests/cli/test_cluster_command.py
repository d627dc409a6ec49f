"""`lookalike cluster` says what is wrong before it starts anything; what it starts is tried in tests/infra."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.cluster.command import cluster_app
from cluster.errors import ClusterError, HeadError, NoClusterError, OtherClusterError
from cluster.head import HeadConfig, ensure_head
from cluster.record import ClusterRecord
from coordinator.errors import ListeningError, PortInUseError
from coordinator.tokens import TokenStore
from creator.errors import ProfileError
from protocol.errors import LookalikeError


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def say(*words: str) -> str:
    result = CliRunner().invoke(cluster_app, list(words))
    if isinstance(result.exception, LookalikeError):
        raise result.exception
    return f"{result.exit_code} {result.output} {result.stderr}"


def deployed(folder: Path, **changes: object) -> ClusterRecord:
    """Of a cluster that somebody else started, where nobody answers."""
    token = folder / "ray.token"
    token.parent.mkdir(exist_ok=True)
    token.touch(mode=0o600)
    token.write_text("x" * 64)
    settings = {"data": "/elsewhere", "profile": "small", "tokens": str(folder / "tokens.json"), **changes}
    record = ClusterRecord(address="127.0.0.1:1", token=str(token), url="http://127.0.0.1:8420", deployed=settings)
    record.write(folder)
    return record


def test_there_is_nothing_to_end_or_to_look_at_where_none_was_started() -> None:
    assert say("down").startswith("0 No cluster was started from")
    for words in (["status"], ["capture", "--agents", "1"]):
        with pytest.raises(NoClusterError, match="run lookalike cluster up"):
            say(*words)


def test_another_campaign_on_the_same_cluster_is_refused(desk: Path) -> None:
    deployed(desk / "cluster")
    with pytest.raises(OtherClusterError, match=r"was started with data '/elsewhere'.*lookalike cluster down first"):
        say("up", "--profile", "small", "--port", "28421")


def test_a_taken_gateway_port_is_named_before_ray_starts(desk: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"Port {port}"):
            say("up", "--profile", "small", "--port", str(port))
    assert not (desk / "cluster" / "cluster.json").exists()


def test_a_taken_port_of_rays_is_named(desk: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        with pytest.raises(HeadError, match=f"Port {port} cannot be used for Ray.*--ray-port"):
            ensure_head(HeadConfig(folder=desk / "cluster", port=port))


def test_a_folder_that_others_can_enter_or_that_is_too_deep_is_refused(desk: Path) -> None:
    (desk / "cluster").mkdir()
    shared = Path("/tmp") / f"lk-test-{desk.parent.name[-8:]}"
    shared.mkdir(exist_ok=True)
    shared.chmod(0o755)
    try:
        with pytest.raises(ClusterError, match="open to others"):
            ensure_head(HeadConfig(folder=desk / "cluster", place=shared))
    finally:
        shared.rmdir()
    with pytest.raises(ClusterError, match="too long"):
        ensure_head(HeadConfig(folder=desk / "cluster", place=desk / ("deep" * 20)))


def test_a_cluster_of_others_is_used_only_with_its_token(desk: Path) -> None:
    assert "needs --ray-token" in say("up", "--profile", "small", "--port", "28421", "--on", "10.0.0.5:6379")
    loose = desk / "ray.token"
    loose.write_text("x" * 64)
    loose.chmod(0o644)
    with pytest.raises(ClusterError, match="can be read by others"):
        say("up", "--profile", "small", "--port", "28421", "--on", "10.0.0.5:6379", "--ray-token", str(loose))


def test_a_gateway_on_a_cluster_of_others_listens_beyond_loopback_under_the_same_rules(desk: Path) -> None:
    """Agents on its other nodes reach the gateway no other way."""
    on = ("up", "--profile", "small", "--port", "28421", "--on", "10.0.0.5:6379", "--ray-token", "ray.token")
    certificate, key = desk / "tls.crt", desk / "tls.key"
    certificate.write_text("no certificate")
    key.write_text("no key")
    with pytest.raises(ListeningError, match=r"Listening on 10\.0\.0\.5 without TLS"):
        say(*on, "--host", "10.0.0.5")
    with pytest.raises(ListeningError, match="A certificate needs its key"):
        say(*on, "--host", "10.0.0.5", "--certificate", str(certificate))
    with pytest.raises(ListeningError, match="cannot be used"):
        say(*on, "--host", "10.0.0.5", "--certificate", str(certificate), "--key", str(key))
    with pytest.raises(ClusterError, match=r"ray\.token"):  # the address was fine with clear text asked for
        say(*on, "--host", "10.0.0.5", "--allow-clear-text")


def test_wrong_names_and_addresses_are_said_first() -> None:
    with pytest.raises(ProfileError, match="No profile 'nix'"):
        say("up", "--profile", "nix")
    with pytest.raises(ListeningError, match="without TLS"):
        say("up", "--profile", "small", "--host", "0.0.0.0")
    assert "agents must find it again" in say("up", "--profile", "small", "--port", "0")


def test_capture_is_for_what_linux_nodes_can_drive(desk: Path) -> None:
    deployed(desk / "cluster")
    with pytest.raises(LookalikeError, match="Ray's nodes run Linux"):
        say("capture", "--agents", "1", "--device", "windows")
    with pytest.raises(LookalikeError, match="needs --calibration"):
        say("capture", "--agents", "1", "--device", "x11")
    with pytest.raises(NoClusterError, match="No Ray cluster answers"):
        say("capture", "--agents", "1")
    assert not TokenStore(desk / "cluster" / "tokens.json").tokens()


def test_a_cluster_of_others_that_is_gone_is_forgotten(desk: Path) -> None:
    deployed(desk / "cluster")
    assert "The cluster is down" in say("down")
    assert not (desk / "cluster" / "cluster.json").exists()
