"""What stands behind the gateway. The local one needs no cluster: tests and small set-ups run on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from coordinator.commands import Command, CommandReply
from coordinator.coordination import Coordination, LocalCoordination
from coordinator.coordinator import Coordinator
from coordinator.intake import Embed, Intake
from coordinator.status import FleetStatus
from dataset.dataset import Dataset
from embedding.embedder import Embedder
from embedding.frames import FrameEmbeddings
from protocol.lease import (
    ChunkReply,
    Heartbeat,
    HeartbeatReply,
    LeaseReply,
    LeaseRequest,
    Report,
    ReportReply,
)


class Backend:
    """The gateway's `GatewayBackend`, from its three parts."""

    def __init__(self, coordination: Coordination, embed: Embed, dataset: Dataset) -> None:
        self._coordination = coordination
        self._intake = Intake(coordination, embed, dataset)

    async def lease(self, request: LeaseRequest) -> LeaseReply:
        return await self._coordination.lease(request)

    async def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatReply:
        return await self._coordination.heartbeat(heartbeat)

    async def report(self, report: Report) -> ReportReply:
        return await self._coordination.report(report)

    async def put_chunk(self, lease_id: str, agent: str, data: bytes) -> ChunkReply:
        return await self._intake.take(lease_id, agent, data)

    async def status(self) -> FleetStatus:
        return await self._coordination.status()

    async def execute(self, command: Command) -> CommandReply:
        return await self._coordination.execute(command)


def local_backend(coordinator: Coordinator, embedder: Embedder, dataset: Dataset) -> Backend:
    """Everything in this process; one chunk is embedded at a time."""
    lock = asyncio.Lock()

    async def embed(images: Sequence[bytes]) -> FrameEmbeddings:
        async with lock:
            return await asyncio.to_thread(embedder.embed_encoded, images)

    return Backend(LocalCoordination(coordinator), embed, dataset)
