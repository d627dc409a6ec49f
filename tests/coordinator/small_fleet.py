"""A fleet in this process: real tables in a folder, a recogniser that sees colours, a gateway without a network."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from capturing import AGENT, ColourRecogniser, frame, small_sweep

from coordinator.backend import local_backend
from coordinator.coordinator import Coordinator
from coordinator.gateway import GatewayLimits, create_gateway
from coordinator.tokens import TokenStore
from creator.profile import Profile
from dataset.dataset import Dataset
from embedding.embedder import Embedder
from protocol.chunk import checksum, write_chunk
from protocol.frame import Frame
from protocol.lease import ChunkReply, LeaseGrant, LeaseReply, LeaseRequest, Report, ReportReply


class Fleet:
    """A coordinator, its gateway, and two enrolled agents."""

    def __init__(self, folder: Path, profile: Profile) -> None:
        self.profile = profile
        self.dataset = Dataset.open(folder / "data", profile)
        self.tokens = TokenStore(folder / "tokens.json")
        self.embedder = Embedder(ColourRecogniser())
        self.token = self.tokens.issue(AGENT, scopes=("capture", "status"))
        self.other = self.tokens.issue("agent-2")
        self.limits = GatewayLimits(max_message_bytes=10_000, max_chunk_bytes=200_000, max_chunks=2)
        self.backend: Any = None
        self.restart()

    def restart(self) -> None:
        self.coordinator = Coordinator.open(self.dataset)
        self.coordinator.operations.add_sweep(small_sweep())

    def client(self) -> httpx.AsyncClient:
        backend = self.backend or local_backend(self.coordinator, self.embedder, self.dataset)
        transport = httpx.ASGITransport(create_gateway(backend, self.tokens, self.limits))
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers)

    def request(self, **changes: Any) -> dict[str, Any]:
        return LeaseRequest(AGENT, self.profile.hash, "c", "1").to_json() | changes

    async def lease(self, client: httpx.AsyncClient) -> LeaseGrant:
        answer = await client.post("/v1/lease", json=self.request())
        grant = LeaseReply.from_json(answer.json()).grant
        assert grant is not None
        return grant


def run(fleet: Fleet, talk: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    async def talking() -> None:
        async with fleet.client() as client:
            await talk(client)

    asyncio.run(talking())


async def put(
    client: httpx.AsyncClient, lease_id: str, data: bytes, *, claimed: str | None = None, **options: Any
) -> httpx.Response:
    url = f"/v1/leases/{lease_id}/chunks?checksum={claimed or checksum(data)}"
    return await client.put(url, content=data, **options)


async def send(client: httpx.AsyncClient, grant: LeaseGrant, *frames: Frame) -> ChunkReply:
    answer = await put(client, grant.lease_id, write_chunk(frames))
    assert answer.status_code == 200, answer.text
    return ChunkReply.from_json(answer.json())


async def report(client: httpx.AsyncClient, grant: LeaseGrant, outcome: Any = "done") -> ReportReply:
    message = Report(grant.lease_id, AGENT, outcome, len(grant.shard.characters), "cannot")
    return ReportReply.from_json((await client.post("/v1/report", json=message.to_json())).json())


def all_frames(grant: LeaseGrant) -> list[Frame]:
    return [frame(grant, step) for step in range(len(grant.shard.characters))]


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()
