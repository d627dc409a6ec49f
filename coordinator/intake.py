"""A chunk's way from bytes to durable rows: read, check against the lease, embed, stage, write down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np

from coordinator.coordination import Coordination
from dataset.dataset import Dataset
from dataset.rows import FrameEmbeddings
from embedding import frames as embedded
from protocol.chunk import ChunkLimits, read_chunk
from protocol.frame import Frame
from protocol.lease import ChunkReply

Embed = Callable[[Sequence[bytes]], Awaitable[embedded.FrameEmbeddings]]
_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Intake:
    """`embed` takes encoded frames. Frames that are durable already are acknowledged again and change nothing."""

    coordination: Coordination
    embed: Embed
    dataset: Dataset
    limits: ChunkLimits | None = None

    async def take(self, lease_id: str, agent: str, data: bytes) -> ChunkReply:
        """Raises ChunkError, LeaseError."""
        await self.coordination.check_chunk(lease_id, agent, ())  # before anything is spent on a stranger's bytes
        frames = await asyncio.to_thread(read_chunk, data, self.limits)
        verdict = await self.coordination.check_chunk(lease_id, agent, [frame.record for frame in frames])
        rejected = dict(verdict.rejected)
        fresh = [frame for frame in frames if frame.record.step in set(verdict.fresh_steps)]
        if fresh:
            result = await self.embed([frame.image for frame in fresh])
            rejected |= await self._reject(lease_id, agent, fresh, result)
            if not await self._stage(lease_id, agent, fresh, result, rejected):
                return ChunkReply(False, _AGAIN_SECONDS, reason="Other frames of these steps came at the same time")
        reason = "; ".join(f"step {step}: {why}" for step, why in sorted(rejected.items())[:8])
        return ChunkReply(True, rejected_steps=tuple(sorted(rejected)), reason=reason)

    async def _reject(
        self, lease_id: str, agent: str, frames: Sequence[Frame], result: embedded.FrameEmbeddings
    ) -> dict[int, str]:
        """A picture that cannot be decoded is never taken; one without a face only after several tries."""
        outcomes = {frame.record.step: outcome for frame, outcome in zip(frames, result.outcomes, strict=True)}
        unreadable = {step for step, outcome in outcomes.items() if outcome is embedded.FrameOutcome.UNREADABLE}
        faceless = [
            step
            for step, outcome in outcomes.items()
            if step not in unreadable and outcome is not embedded.FrameOutcome.EMBEDDED
        ]
        again = await self.coordination.judge_faces(lease_id, agent, faceless) if faceless else ()
        return {step: f"the picture shows {outcomes[step].value.replace('_', ' ')}" for step in again} | dict.fromkeys(
            unreadable, "the picture cannot be decoded"
        )

    async def _stage(
        self,
        lease_id: str,
        agent: str,
        frames: Sequence[Frame],
        result: embedded.FrameEmbeddings,
        rejected: dict[int, str],
    ) -> bool:
        kept = [at for at, frame in enumerate(frames) if frame.record.step not in rejected]
        if not kept:
            return True
        rows = FrameEmbeddings(
            result.embeddings_ND[kept],
            result.norms_N[kept],
            np.where(result.is_embedded_N, result.scores_N, np.float32(np.nan))[kept],
        )
        chosen = [frames[at] for at in kept]
        staged = await asyncio.to_thread(self.dataset.stage, chosen, rows, str(result.recogniser))
        return await self.coordination.accept_chunk(lease_id, agent, staged)
