"""`lookalike train`: from tables to a model set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import out
from telemetry.log import log_to

if TYPE_CHECKING:
    from dataset.snapshot import Snapshot
    from trainer.job_config import JobConfig


def train(
    data: Annotated[str, typer.Option(help="The tables: a folder or s3://bucket/prefix.")] = "campaign/data",
    profile: Annotated[str, typer.Option(help="The creator's profile: a name or a file.")] = "standin",
    to: Annotated[Path, typer.Option(help="The folder that takes the model set.")] = Path("models"),
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same networks.")] = 0,
    metrics: Annotated[Path | None, typer.Option(help="The folder for Prometheus, as the coordinator's.")] = None,
    log: Annotated[Path | None, typer.Option(help="Its log, one JSON object a line; none unless told.")] = None,
    held_out: Annotated[float, typer.Option(min=0.01, max=0.5, help="Share of slider sets kept for measuring.")] = 0.1,
    submit: Annotated[
        str | None, typer.Option(help="Train on the Ray cluster with this dashboard, as http://127.0.0.1:8265.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="With --submit: how many workers.")] = 1,
    gpu: Annotated[bool, typer.Option("--gpu", help="With --submit: one GPU for each worker.")] = False,
) -> None:
    """Export a snapshot of the tables and train imitator, affinity and slider networks on it.

    With --submit the training is handed to a cluster, which has to see --to under the same path. The same data and settings are
    handed in once; what has failed goes on from its checkpoint.
    """
    from cli.learning import train_with_progress  # torch takes seconds to import
    from creator.profile_file import load_profile
    from dataset.dataset import Dataset
    from dataset.export import export_snapshot

    described = load_profile(profile)
    snapshot = export_snapshot(Dataset.open(data, described), to / "snapshot", held_out_share=held_out, seed=seed)
    if submit is not None:
        from trainer.job_config import JobConfig
        from trainer.rows import identity_of

        job = JobConfig(
            snapshot=str((to / "snapshot").resolve()),
            profile=str(Path(profile).resolve()) if Path(profile).is_file() else profile,
            storage=str((to / "training" / f"{identity_of(snapshot)}-{seed}").resolve()),
            models=str(to.resolve()),
            workers=workers,
            seed=seed,
            use_gpu=gpu,
            metrics="" if metrics is None else str(metrics.resolve()),
            log="" if log is None else str(log.resolve()),
        )
        _hand_in(submit, job, snapshot)
        return
    if log is not None:
        log_to(log, process="training")
    models = train_with_progress(snapshot, described, to, seed=seed, metrics=metrics)
    out.print(f"Model set in {to}, trained on {snapshot.info.num_rows:,} rows of {snapshot.info.dataset_version}")
    for network, figures in models.card.metrics.items():
        out.print(
            f"{network}: " + ", ".join(f"{name} {value:.3f}" for name, value in figures.items() if value is not None)
        )


def _hand_in(address: str, job: JobConfig, snapshot: Snapshot) -> None:
    from trainer.rows import identity_of
    from trainer.submit_job import cluster_jobs, submit

    submission = submit(cluster_jobs(address), "slider", job, identity_of(snapshot))
    told = "handed in" if submission.is_new else f"there already ({submission.state.lower()})"
    out.print(f"{submission.submission_id} is {told}. Follow it: ray job logs --follow {submission.submission_id}")
    out.print(f"How it goes: {job.storage}/training.json; the model set comes to {job.models}")
