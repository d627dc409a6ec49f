"""Embeds stored frames anew, a shard at a time. What is staged stays: a run that was stopped goes on where it was.

Shape letters: N frames; D dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dataset.reembedding import Reembedding
from dataset.rows import FrameEmbeddings

if TYPE_CHECKING:
    from dataset.dataset import Dataset
    from embedding import frames as embedded
    from embedding.embedder import Embedder

MOST_PASSES = 5
"""A campaign that runs on commits shards as fast as they are embedded; then another run is the user's to choose."""

FRAMES_AT_ONCE = 64
"""Chips in memory; a shard may hold thousands of frames."""


def reembedding_of(dataset: Dataset, embedder: Embedder) -> Reembedding:
    identity = embedder.recogniser.identity
    return Reembedding(dataset, str(identity), identity.dimension)


def reembed_all(
    reembedding: Reembedding, embed_shards: Callable[[Sequence[str]], None], most_passes: int = MOST_PASSES
) -> tuple[int, list[str]]:
    """Embeds what is missing and makes it count, again for shards that were committed meanwhile.

    Returns the rows that came to count, and the shards that came after the last pass.
    """
    num_rows = reembedding.commit()  # what a run staged that was stopped before this
    for _ in range(most_passes):
        shard_ids = reembedding.missing_shards()
        if not shard_ids:
            return num_rows, []
        embed_shards(shard_ids)
        num_rows += reembedding.commit()
    return num_rows, reembedding.missing_shards()


def reembed_shard(reembedding: Reembedding, embedder: Embedder, shard_id: str) -> int:
    """Returns the rows that were staged; 0 when another was quicker."""
    pictures = reembedding.pictures(shard_id)
    parts = [
        embedder.embed_encoded(pictures.images[start : start + FRAMES_AT_ONCE])
        for start in range(0, len(pictures.images), FRAMES_AT_ONCE)
    ]
    return len(pictures.images) if reembedding.stage(pictures, _joined(parts)) else 0


def reembed_here(
    reembedding: Reembedding,
    embedder: Embedder,
    shard_ids: Iterable[str],
    on_shard: Callable[[int], None] = lambda num_rows: None,
) -> None:
    """All of it in this process, without a cluster."""
    for shard_id in shard_ids:
        on_shard(reembed_shard(reembedding, embedder, shard_id))


def _joined(parts: list[embedded.FrameEmbeddings]) -> FrameEmbeddings:
    embeddings_ND = np.concatenate([part.embeddings_ND for part in parts])
    scores_N = np.concatenate([np.where(part.is_embedded_N, part.scores_N, np.float32(np.nan)) for part in parts])
    return FrameEmbeddings(embeddings_ND, np.concatenate([part.norms_N for part in parts]), scores_N)
