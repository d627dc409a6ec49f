"""`lookalike train`: from tables to a model set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import out


def train(
    data: Annotated[str, typer.Option(help="The tables: a folder or s3://bucket/prefix.")] = "campaign/data",
    profile: Annotated[str, typer.Option(help="The creator's profile: a name or a file.")] = "standin",
    to: Annotated[Path, typer.Option(help="The folder that takes the model set.")] = Path("models"),
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same networks.")] = 0,
    metrics: Annotated[Path | None, typer.Option(help="The folder for Prometheus, as the coordinator's.")] = None,
    held_out: Annotated[float, typer.Option(min=0.01, max=0.5, help="Share of slider sets kept for measuring.")] = 0.1,
) -> None:
    """Export a snapshot of the tables and train imitator, affinity and slider networks on it."""
    from cli.learning import train_with_progress  # torch takes seconds to import
    from creator.profile_file import load_profile
    from dataset.dataset import Dataset
    from dataset.export import export_snapshot

    described = load_profile(profile)
    snapshot = export_snapshot(Dataset.open(data, described), to / "snapshot", held_out_share=held_out, seed=seed)
    models = train_with_progress(snapshot, described, to, seed=seed, metrics=metrics)
    out.print(f"Model set in {to}, trained on {snapshot.info.num_rows:,} rows of {snapshot.info.dataset_version}")
    for network, figures in models.card.metrics.items():
        out.print(
            f"{network}: " + ", ".join(f"{name} {value:.3f}" for name, value in figures.items() if value is not None)
        )
