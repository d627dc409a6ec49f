"""The coordinator as the gateway calls it: without waiting for it. In this process, or as an actor elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from coordinator.chunk_check import ChunkVerdict
from coordinator.commands import Command, CommandReply, execute
from coordinator.coordinator import Coordinator
from coordinator.status import FleetStatus
from dataset.record import StagedChunk
from protocol.frame import FrameRecord
from protocol.lease import Heartbeat, HeartbeatReply, LeaseReply, LeaseRequest, Report, ReportReply


class Coordination(Protocol):
    """The methods of `Coordinator`, which say what they do and raise."""

    async def lease(self, request: LeaseRequest) -> LeaseReply: ...

    async def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatReply: ...

    async def report(self, report: Report) -> ReportReply: ...

    async def check_chunk(self, lease_id: str, agent: str, records: Sequence[FrameRecord]) -> ChunkVerdict: ...

    async def judge_faces(self, lease_id: str, agent: str, faceless_steps: Sequence[int]) -> tuple[int, ...]: ...

    async def accept_chunk(self, lease_id: str, agent: str, staged: StagedChunk) -> bool: ...

    async def status(self) -> FleetStatus: ...

    async def execute(self, command: Command) -> CommandReply: ...


class LocalCoordination:
    """A coordinator in this process; its store may be slow, so it works on threads."""

    def __init__(self, coordinator: Coordinator) -> None:
        self._coordinator = coordinator

    async def lease(self, request: LeaseRequest) -> LeaseReply:
        return await asyncio.to_thread(self._coordinator.lease, request)

    async def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatReply:
        return await asyncio.to_thread(self._coordinator.heartbeat, heartbeat)

    async def report(self, report: Report) -> ReportReply:
        return await asyncio.to_thread(self._coordinator.report, report)

    async def check_chunk(self, lease_id: str, agent: str, records: Sequence[FrameRecord]) -> ChunkVerdict:
        return await asyncio.to_thread(self._coordinator.check_chunk, lease_id, agent, records)

    async def judge_faces(self, lease_id: str, agent: str, faceless_steps: Sequence[int]) -> tuple[int, ...]:
        return await asyncio.to_thread(self._coordinator.judge_faces, lease_id, agent, faceless_steps)

    async def accept_chunk(self, lease_id: str, agent: str, staged: StagedChunk) -> bool:
        return await asyncio.to_thread(self._coordinator.accept_chunk, lease_id, agent, staged)

    async def status(self) -> FleetStatus:
        return await asyncio.to_thread(self._coordinator.status)

    async def execute(self, command: Command) -> CommandReply:
        return await asyncio.to_thread(execute, command, self._coordinator.operations)
