"""Figures of an embedding actor: batches, the queue before them, what frames show."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from telemetry.family import Count, Histogram, family

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from prometheus_client.core import Metric

    from embedding.frames import FrameOutcome

    Embed = Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.float32]]


class EmbeddingFigures:
    """`queue_length` tells how many faces wait; it is asked at scrape time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._faces = Histogram("lookalike_embedding_batch_faces")
        self._seconds = Histogram("lookalike_embedding_batch_seconds")
        self._frames = Count("lookalike_embedding_frames_total")
        self.queue_length: Callable[[], int] = lambda: 0

    def timed(self, embed: Embed) -> Embed:
        """The same network, measured."""

        def embed_timed(chips_SS3: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
            started = self._clock()
            embeddings_ND = embed(chips_SS3)
            self._seconds.observe(self._clock() - started)
            self._faces.observe(len(chips_SS3))
            return embeddings_ND

        return embed_timed

    def count_frames(self, outcomes: Sequence[FrameOutcome]) -> None:
        for outcome in outcomes:
            self._frames.add(1.0, outcome.value)

    def collect(self) -> Iterator[Metric]:
        for part in (self._faces, self._seconds, self._frames):
            yield from part.collect()
        yield family("lookalike_embedding_queue_faces", self.queue_length())
