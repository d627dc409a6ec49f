"""The embedder as a Ray Serve deployment: many callers, common runs of the network."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ray import serve

from embedding.batcher import Batcher
from embedding.embedder import Embedder
from embedding.frames import FrameEmbeddings, assemble, chips_of
from embedding.metrics import EmbeddingFigures
from embedding.open import open_recogniser
from telemetry.exporter import Exporter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embedding.actor_config import EmbeddingConfig
    from embedding.recogniser import RecogniserId
    from telemetry.exporter import Announce, ExporterConfig

DEPLOYMENT_NAME = "EmbeddingActor"
_SIGHTS_AT_ONCE = 2  # chunks: one decodes while another is at the detector, which takes one at a time


class EmbeddingActor:
    """Takes work only after weights are loaded and the network has run once."""

    def __init__(
        self,
        config: EmbeddingConfig,
        figures: ExporterConfig | None = None,
        announce: Announce = lambda _: None,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        prepare()
        recogniser = open_recogniser(config.recogniser, device=config.device, num_threads=config.num_threads)
        self._embedder = Embedder(recogniser, place=config.place, num_threads=config.num_threads)
        self._figures = EmbeddingFigures()
        self._batcher = Batcher(
            self._figures.timed(self._embedder.embed),
            max_chips=config.max_batch_faces,
            max_wait_seconds=config.max_wait_seconds,
        )
        self._sights = ThreadPoolExecutor(_SIGHTS_AT_ONCE, "sight")  # waiting ones leave network and health check alone
        self._figures.queue_length = lambda: self._batcher.num_waiting_chips
        self._embedder.warm_up(config.max_batch_faces)
        if figures is not None:
            Exporter("embedding", [self._figures], figures, announce)

    async def embed_chunk(self, frames: Sequence[bytes]) -> FrameEmbeddings:
        """Embeddings of encoded frames, in their order. Never raises for a bad frame."""
        sightings = await asyncio.get_running_loop().run_in_executor(self._sights, self._embedder.sight, frames)
        embeddings_ND = await self._batcher.submit(chips_of(sightings))
        self._figures.count_frames([sighting.outcome for sighting in sightings])
        return assemble(self._embedder.recogniser.identity, sightings, embeddings_ND)

    async def identity(self) -> RecogniserId:
        return self._embedder.recogniser.identity

    async def check_health(self) -> None:
        """Ray Serve replaces the replica when this raises or hangs."""
        await asyncio.to_thread(self._embedder.warm_up)


def embedding_app(
    config: EmbeddingConfig,
    *,
    figures: ExporterConfig | None = None,
    announce: Announce = lambda _: None,
    prepare: Callable[[], None] = lambda: None,
) -> serve.Application:
    """The application to hand to `serve.run`, or to bind into another deployment. `announce` tells who scrapes where it is,
    `prepare` is called first in every replica."""
    deployment = serve.deployment(name=DEPLOYMENT_NAME, **config.serve_options)(EmbeddingActor)
    application: serve.Application = deployment.bind(config, figures, announce, prepare)
    return application
