"""The embedder as a Ray Serve deployment: many callers, common runs of the network."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ray import serve

from embedding.batcher import Batcher
from embedding.embedder import Embedder
from embedding.frames import FrameEmbeddings, assemble, chips_of
from embedding.metrics import EmbeddingFigures
from embedding.open import open_recogniser
from telemetry.exporter import Exporter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding.recogniser import Box, RecogniserId
    from telemetry.exporter import Announce, ExporterConfig

DEPLOYMENT_NAME = "EmbeddingActor"


MAX_ONGOING_REQUESTS = 16
"""Chunks in one replica; further ones wait in front of it, so its memory stays bounded."""

HEALTH_CHECK_PERIOD_SECONDS = 10.0


class EmbeddingActor:
    """Takes work only after weights are loaded and the network has run once."""

    def __init__(
        self,
        recogniser_name: str = "dlib",
        num_threads: int = 1,
        figures: ExporterConfig | None = None,
        announce: Announce = lambda _: None,
    ) -> None:
        recogniser = open_recogniser(recogniser_name, num_threads=num_threads)
        self._embedder = Embedder(recogniser, num_threads=num_threads)
        self._figures = EmbeddingFigures()
        self._batcher = Batcher(self._figures.timed(recogniser.embed))
        self._figures.queue_length = lambda: self._batcher.num_waiting_chips
        self._embedder.warm_up()
        if figures is not None:
            Exporter("embedding", [self._figures], figures, announce)

    async def embed_chunk(self, frames: Sequence[bytes], expected_box: Box | None = None) -> FrameEmbeddings:
        """Embeddings of encoded frames, in their order. Never raises for a bad frame."""
        sightings = await asyncio.to_thread(self._embedder.sight, frames, expected_box)
        embeddings_ND = await self._batcher.submit(chips_of(sightings))
        self._figures.count_frames([sighting.outcome for sighting in sightings])
        return assemble(self._embedder.recogniser.identity, sightings, embeddings_ND)

    async def identity(self) -> RecogniserId:
        return self._embedder.recogniser.identity

    async def check_health(self) -> None:
        """Ray Serve replaces the replica when this raises or hangs."""
        await asyncio.to_thread(self._embedder.warm_up)


def embedding_app(
    recogniser_name: str = "dlib",
    *,
    num_threads: int = 1,
    num_replicas: int = 1,
    num_cpus: float = 1.0,
    figures: ExporterConfig | None = None,
    announce: Announce = lambda _: None,
) -> serve.Application:
    """The application to hand to `serve.run`, or to bind into another deployment. `announce` tells who scrapes where it is."""
    deployment = serve.deployment(
        name=DEPLOYMENT_NAME,
        num_replicas=num_replicas,
        ray_actor_options={"num_cpus": num_cpus},
        max_ongoing_requests=MAX_ONGOING_REQUESTS,
        health_check_period_s=HEALTH_CHECK_PERIOD_SECONDS,
    )(EmbeddingActor)
    application: serve.Application = deployment.bind(recogniser_name, num_threads, figures, announce)
    return application
