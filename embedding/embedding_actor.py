"""The embedder as a Ray Serve deployment: many callers, common runs of the network."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ray import serve

from embedding.batcher import Batcher
from embedding.embedder import Embedder
from embedding.frames import FrameEmbeddings, assemble, chips_of
from embedding.open import open_recogniser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding.recogniser import Box, RecogniserId

DEPLOYMENT_NAME = "EmbeddingActor"


MAX_ONGOING_REQUESTS = 16
"""Chunks in one replica; further ones wait in front of it, so its memory stays bounded."""

HEALTH_CHECK_PERIOD_SECONDS = 10.0


class EmbeddingActor:
    """Takes work only after weights are loaded and the network has run once."""

    def __init__(self, recogniser_name: str = "dlib", num_threads: int = 1) -> None:
        recogniser = open_recogniser(recogniser_name, num_threads=num_threads)
        self._embedder = Embedder(recogniser, num_threads=num_threads)
        self._batcher = Batcher(recogniser.embed)
        self._embedder.warm_up()

    async def embed_chunk(self, frames: Sequence[bytes], expected_box: Box | None = None) -> FrameEmbeddings:
        """Embeddings of encoded frames, in their order. Never raises for a bad frame."""
        sightings = await asyncio.to_thread(self._embedder.sight, frames, expected_box)
        embeddings_ND = await self._batcher.submit(chips_of(sightings))
        return assemble(self._embedder.recogniser.identity, sightings, embeddings_ND)

    async def identity(self) -> RecogniserId:
        return self._embedder.recogniser.identity

    async def check_health(self) -> None:
        """Ray Serve replaces the replica when this raises or hangs."""
        await asyncio.to_thread(self._embedder.warm_up)


def embedding_app(
    recogniser_name: str = "dlib", *, num_threads: int = 1, num_replicas: int = 1, num_cpus: float = 1.0
) -> serve.Application:
    """The application to hand to `serve.run`, or to bind into another deployment."""
    deployment = serve.deployment(
        name=DEPLOYMENT_NAME,
        num_replicas=num_replicas,
        ray_actor_options={"num_cpus": num_cpus},
        max_ongoing_requests=MAX_ONGOING_REQUESTS,
        health_check_period_s=HEALTH_CHECK_PERIOD_SECONDS,
    )(EmbeddingActor)
    application: serve.Application = deployment.bind(recogniser_name, num_threads)
    return application
