"""Real Ray, real Serve, real tables; one client speaks as an agent does."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import socket
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
from capturing import AGENT, frame, small_sweep
from test_listening import make_certificate

from coordinator.coordinator_actor import ACTOR_NAME, NAMESPACE, CoordinatorConfig
from coordinator.errors import PortInUseError
from coordinator.listening import Listening
from coordinator.serve_app import RunningCluster, ServeConfig, start_local
from coordinator.tokens import TokenStore
from creator.errors import ProfileError
from creator.profile import Profile
from dataset.dataset import Dataset
from protocol.chunk import checksum, write_chunk
from protocol.lease import ChunkReply, LeaseReply, LeaseRequest, Report, ReportReply


def config(folder: Path, port: int = 0, profile: str = "small", *, tls: bool = False) -> ServeConfig:
    sweep = small_sweep(num_frames=8)
    certificate, key = make_certificate(folder) if tls else (None, None)
    return ServeConfig(
        coordinator=CoordinatorConfig(data_url=str(folder / "data"), profile=profile, sweeps=(sweep,)),
        tokens_path=str(folder / "tokens.json"),
        listening=Listening(port=port, certificate=certificate, key=key),
        num_gateways=2,
    )


def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]

        with pytest.raises(PortInUseError, match=f"Port {port} on 127.0.0.1"):
            start_local(config(tmp_path, port))


def test_an_unknown_profile_is_named_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="No profile 'nix'"):
        start_local(config(tmp_path, profile="nix"))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("embedder_batch_faces", 0, "max_batch_faces = 0"),
        ("embedder_wait_seconds", -1.0, "max_wait_seconds = -1.0"),
        ("embedder_wait_seconds", float("nan"), "max_wait_seconds = nan"),
        ("embedder_chunks", 0, "max_chunks = 0"),
        ("num_embedders", 0, "min_replicas = 0"),
        ("embedder_gpus", -0.5, "num_gpus = -0.5"),
    ],
)
def test_embedding_actors_that_could_not_work_are_named_before_anything_starts(
    tmp_path: Path, field: str, value: float, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        dataclasses.replace(config(tmp_path), **{field: value})


def test_limits_of_batches_reach_the_embedding_actors(tmp_path: Path) -> None:
    chosen = dataclasses.replace(
        config(tmp_path), embedder_batch_faces=128, embedder_wait_seconds=0.02, embedder_chunks=4, max_embedders=3
    )

    embedding = chosen.embedding(place=None)

    assert (embedding.max_batch_faces, embedding.max_wait_seconds, embedding.max_chunks) == (128, 0.02, 4)
    assert (embedding.min_replicas, embedding.max_replicas) == (1, 3)


def capture_one_shard(client: httpx.Client, profile: Profile) -> ReportReply:
    """Black pictures: dlib sees no face in them, so each is refused twice and taken the third time."""
    request = LeaseRequest(AGENT, profile.hash, "c", "1")
    grant = LeaseReply.from_json(client.post("/v1/lease", json=request.to_json()).json()).grant
    assert grant is not None
    steps = range(len(grant.shard.characters))
    data = write_chunk([frame(grant, step) for step in steps])
    for expected in (tuple(steps), tuple(steps), ()):
        answer = client.put(f"/v1/leases/{grant.lease_id}/chunks?checksum={checksum(data)}", content=data)
        assert answer.status_code == 200, answer.text
        assert ChunkReply.from_json(answer.json()).rejected_steps == expected
    report = Report(grant.lease_id, AGENT, "done", len(steps))
    return ReportReply.from_json(client.post("/v1/report", json=report.to_json()).json())


def kill_coordinator() -> None:
    import ray

    ray.kill(ray.get_actor(ACTOR_NAME, namespace=NAMESPACE), no_restart=False)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_an_agent_works_through_ray_and_serve_and_survives_the_coordinators_death(
    tmp_path: Path, profile: Profile
) -> None:
    token = TokenStore(tmp_path / "tokens.json").issue(AGENT, scopes=("capture", "status"))
    before = dict(os.environ)

    with start_local(config(tmp_path, tls=True)) as cluster:
        assert cluster.url.startswith("https://")
        assert listening_elsewhere() == []
        headers = {"Authorization": f"Bearer {token}"}
        trusted = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        transport = httpx.HTTPTransport(retries=3, verify=trusted)
        with httpx.Client(base_url=cluster.url, headers=headers, timeout=30, transport=transport) as client:
            assert_a_huge_body_is_cut_off(client)
            assert capture_one_shard(client, profile).is_committed
            kill_coordinator()
            assert status_after_restart(client)["sweeps"][0]["committed_rows"] == 4
            assert capture_one_shard(client, profile).is_committed
            assert httpx.get(f"{cluster.url}/v1/status", verify=trusted).status_code == 401
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"{cluster.url}/v1/health")  # nobody vouches for the certificate
        assert cluster.status().is_finished

    assert Dataset.open(tmp_path / "data", profile).num_rows() == 8
    assert dict(os.environ) == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{cluster.url}/v1/health")


def processes(name: str = "") -> list[Any]:
    """Ray's, started by this test."""
    import psutil  # on the path once Ray is imported

    return [child for child in psutil.Process().children(recursive=True) if name in " ".join(child.cmdline())]


def listening_elsewhere() -> list[Any]:
    """Ports of the cluster that other machines could reach."""
    found = [(child, connection) for child in processes() for connection in child.net_connections("tcp")]
    return [
        (child.cmdline()[0], open_port.laddr)
        for child, open_port in found
        if open_port.status == "LISTEN" and open_port.laddr.ip not in ("127.0.0.1", "::1", "::ffff:127.0.0.1")
    ]


def assert_a_huge_body_is_cut_off(client: httpx.Client) -> None:
    """Neither the gateway nor the proxy before it, which would read all of it, grows."""
    watched = processes("ProxyActor") + processes("Gateway")
    before = sum(process.memory_info().rss for process in watched)
    body = (b"x" * 1_000_000 for _ in range(1000))
    with contextlib.suppress(httpx.WriteError):  # closed while we send: as good an answer
        assert client.put("/v1/leases/x/chunks?checksum=x", content=body).status_code == 413
    assert sum(process.memory_info().rss for process in watched) - before < 150_000_000


def status_after_restart(client: httpx.Client) -> dict[str, list[dict[str, int]]]:
    """Until the actor is up again the gateway says when to come back."""
    for _ in range(120):
        answer = client.get("/v1/status")
        if answer.status_code == 200:
            body: dict[str, list[dict[str, int]]] = answer.json()
            return body
        assert answer.status_code == 503
        assert float(answer.headers["Retry-After"]) > 0
    raise AssertionError("the coordinator did not come back")


def test_a_cluster_that_was_stopped_can_be_stopped_again(tmp_path: Path) -> None:
    from contextlib import ExitStack

    stopped: list[int] = []
    undo = ExitStack()
    undo.callback(stopped.append, 1)
    cluster = RunningCluster("http://127.0.0.1:1", config(tmp_path), None, undo)

    cluster.stop()
    cluster.stop()

    assert stopped == [1]
