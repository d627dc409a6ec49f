"""Re-embedding with Ray Data: shards flow through a pool of actors, each with its own network.

The pictures are read by the actor that embeds them, so nothing large passes between processes, and each shard is durable
before the next one begins.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ray
import ray.data

from cluster.ray_session import private_ray
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from embedding.actor_config import EmbeddingConfig
from embedding.embedder import Embedder
from embedding.open import open_recogniser
from embedding.recogniser import RecogniserId
from embedding.reembed import reembed_shard, reembedding_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RAY_ADDRESS_VARIABLE = "RAY_ADDRESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReembedConfig:
    """`profile` is a name or a path that every node can open; `embedding.max_replicas` is the size of the pool.

    `recogniser` is whose embeddings are wanted: a name may mean other weights on another node.
    """

    data_url: str
    profile: str
    recogniser: RecogniserId
    embedding: EmbeddingConfig = field(default_factory=EmbeddingConfig)


class ReembedActor:
    """One of the pool; takes names of shards and answers with the rows that it staged."""

    def __init__(self, config: ReembedConfig) -> None:
        chosen = config.embedding
        recogniser = open_recogniser(chosen.recogniser, device=chosen.device, num_threads=chosen.num_threads)
        config.recogniser.require(recogniser.identity)
        self._embedder = Embedder(recogniser, place=chosen.place, num_threads=chosen.num_threads)
        self._embedder.warm_up()
        self._reembedding = reembedding_of(Dataset.open(config.data_url, load_profile(config.profile)), self._embedder)

    def __call__(self, batch: dict[str, NDArray[np.str_]]) -> dict[str, Any]:
        shard_ids = [str(shard_id) for shard_id in batch["shard_id"]]
        num_rows = [reembed_shard(self._reembedding, self._embedder, shard_id) for shard_id in shard_ids]
        return {"shard_id": shard_ids, "num_rows": num_rows}


def reembed_with_ray(
    config: ReembedConfig, shard_ids: Sequence[str], on_shard: Callable[[int], None] = lambda num_rows: None
) -> None:
    """Stages the shards on the cluster that RAY_ADDRESS names, or on one of this machine; a failed actor is replaced."""
    with contextlib.nullcontext() if ray.is_initialized() else _ray(config):
        for row in _pipeline(config, shard_ids).iter_rows():
            on_shard(int(row["num_rows"]))


def _pipeline(config: ReembedConfig, shard_ids: Sequence[str]) -> ray.data.Dataset:
    chosen = config.embedding
    ray.data.DataContext.get_current().enable_progress_bars = False  # the command has its own
    shards = ray.data.from_items([{"shard_id": shard_id} for shard_id in shard_ids], override_num_blocks=len(shard_ids))
    return shards.map_batches(
        ReembedActor,
        fn_constructor_args=(config,),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(
            min_size=min(chosen.min_replicas, len(shard_ids)), max_size=chosen.max_replicas
        ),
        num_cpus=chosen.num_cpus,
        num_gpus=chosen.num_gpus or None,
        max_restarts=3,
        max_task_retries=3,
    )


@contextlib.contextmanager
def _ray(config: ReembedConfig) -> Iterator[None]:
    if os.environ.get(RAY_ADDRESS_VARIABLE):
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
        try:
            yield
        finally:
            ray.shutdown()
        return
    with private_ray(num_cpus=math.ceil(config.embedding.num_cpus * config.embedding.max_replicas) + 1):
        yield
