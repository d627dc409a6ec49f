from __future__ import annotations

import numpy as np
from prometheus_client.core import Metric

from embedding.frames import FrameOutcome
from embedding.metrics import EmbeddingFigures


def values(figures: EmbeddingFigures) -> dict[str, float]:
    families: list[Metric] = list(figures.collect())
    return {
        sample.name + "".join(sample.labels.values()): sample.value for found in families for sample in found.samples
    }


def test_batches_are_measured_and_the_network_answers_as_before() -> None:
    clock = iter([0.0, 0.25])
    figures = EmbeddingFigures(clock=lambda: next(clock))
    embed = figures.timed(lambda chips: np.full((len(chips), 3), 7.0, np.float32))

    embeddings_ND = embed([np.zeros((2, 2, 3), np.uint8)] * 5)

    found = values(figures)
    assert embeddings_ND.shape == (5, 3)
    assert found["lookalike_embedding_batch_faces_sum"] == 5
    assert found["lookalike_embedding_batch_seconds_sum"] == 0.25


def test_frames_without_a_face_and_waiting_faces_are_told() -> None:
    figures = EmbeddingFigures()
    figures.queue_length = lambda: 9
    figures.count_frames([FrameOutcome.EMBEDDED, FrameOutcome.NO_FACE, FrameOutcome.EMBEDDED])

    found = values(figures)
    assert found["lookalike_embedding_queue_faces"] == 9
    assert found["lookalike_embedding_frames_totalembedded"] == 2
    assert found["lookalike_embedding_frames_totalno_face"] == 1
