"""`lookalike reembed`: stored frames through another recognition network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import out, progress_bars
from protocol.errors import LookalikeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dataset.reembedding import Reembedding
    from embedding.actor_config import EmbeddingConfig
    from embedding.recogniser import Recogniser, RecogniserId


def reembed(
    recogniser: Annotated[str, typer.Option(help="The network: see `lookalike models list`, or a folder.")],
    data: Annotated[str, typer.Option(help="The tables: a folder or s3://bucket/prefix.")] = "campaign/data",
    profile: Annotated[str, typer.Option(help="The creator's profile: a name or a file.")] = "standin",
    workers: Annotated[int, typer.Option(min=0, help="Ray actors; 0: in this process, without a cluster.")] = 0,
    device: Annotated[
        str, typer.Option(help="cpu, cuda, tensorrt, torch-cpu, torch-cuda; torch's with -half too.")
    ] = "cpu",
    gpus: Annotated[float, typer.Option(min=0, help="Share of a GPU for each worker.")] = 0.0,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Embed all stored frames again, into a table of their own.

    A run that was stopped goes on where it was. The table appears when all frames are done.
    """
    from creator.profile_file import load_profile
    from dataset.dataset import Dataset
    from dataset.reembedding import Reembedding
    from embedding.actor_config import EmbeddingConfig
    from embedding.open import open_recogniser
    from embedding.place import place_in_frames
    from embedding.reembed import reembed_all

    described = load_profile(profile)
    network = open_recogniser(recogniser, device=device)
    if "://" not in data and not Path(data).is_dir():  # opening would create it
        raise LookalikeError(f"There is no folder {data}. Name a campaign's tables with --data.")
    config = EmbeddingConfig(
        recogniser=recogniser,
        device=device,
        place=place_in_frames(described),
        num_gpus=gpus,
        max_replicas=max(1, workers),
    )
    run = Reembedding(Dataset.open(data, described), str(network.identity), network.identity.dimension)
    with progress_bars(is_quiet=quiet) as bars:
        task = bars.add_task("Embedding", total=0, unit="frames")

        def on_shard(num_rows: int) -> None:
            bars.advance(task, num_rows)

        def embed_shards(shard_ids: Sequence[str]) -> None:
            bars.update(task, total=(bars.tasks[task].total or 0) + _num_rows(run, shard_ids))
            if workers:
                _with_ray(data, profile, config, network.identity, shard_ids, on_shard)
            else:
                _here(run, network, config, shard_ids, on_shard)

        num_rows, late_shards = reembed_all(run, embed_shards)
    if late_shards:
        out.print(f"{len(late_shards)} shards came meanwhile. Run this again when the campaign rests.", soft_wrap=True)
    done = f"{num_rows:,} frames embedded by" if num_rows else "No frame is left that was not embedded by"
    out.print(
        f"{done} {run.recogniser}. Export them: lookalike data export --recogniser {run.recogniser}",
        soft_wrap=True,
    )


def _num_rows(run: Reembedding, shard_ids: Sequence[str]) -> int:
    rows = run.dataset.committed_shards()
    return sum(rows[shard_id] for shard_id in shard_ids)


def _here(
    run: Reembedding,
    network: Recogniser,
    config: EmbeddingConfig,
    shard_ids: Sequence[str],
    on_shard: Callable[[int], None],
) -> None:
    from embedding.embedder import Embedder
    from embedding.reembed import reembed_here

    with Embedder(network, place=config.place, num_threads=config.num_threads) as embedder:
        reembed_here(run, embedder, shard_ids, on_shard)


def _with_ray(
    data: str,
    profile: str,
    config: EmbeddingConfig,
    wanted: RecogniserId,
    shard_ids: Sequence[str],
    on_shard: Callable[[int], None],
) -> None:
    from embedding.reembed_job import ReembedConfig, reembed_with_ray  # ray takes seconds to import

    job = ReembedConfig(data_url=data, profile=profile, recogniser=wanted, embedding=config)
    reembed_with_ray(job, shard_ids, on_shard)
