"""Ray Train around the steps of `trainer.stages`: n workers, gloo on CPUs, checkpoints and results in one place.

`python -m trainer.imitator_job --config FILE` runs on the cluster that RAY_ADDRESS names, as in a job that was handed in; without
one, or with "local", on a Ray of its own on this machine.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
import ray.train
import ray.train.torch
import torch
from ray.train.torch import TorchConfig, TorchTrainer

from cluster.ray_session import private_ray
from creator.profile_file import load_profile
from dataset.snapshot import Snapshot
from protocol.errors import LookalikeError
from protocol.object_file import place_in
from telemetry.folder import exported
from telemetry.log import log_to
from trainer.errors import TrainerError
from trainer.job_config import JobConfig
from trainer.metrics import RECORD_FILE, TrainingRecord
from trainer.rows import sweeps_of
from trainer.stages import (
    Progress,
    Training,
    TrainingConfig,
    affinity_step,
    export_step,
    imitator_step,
    inversion_step,
    slider_step,
)
from trainer.submit_job import Network
from trainer.workers import worker_rank

_PATIENCE = {"RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "300"}  # of 60, which a crowded machine does not always keep


def run_job(network: Network, config: JobConfig) -> dict[str, Any]:
    """Trains one network and returns the last figures that it reported. Raises TrainerError when workers keep failing."""
    trainer = TorchTrainer(
        _train_worker,
        train_loop_config={"network": network, "config": config.to_json()},
        torch_config=TorchConfig(backend="cpu:gloo,cuda:nccl" if config.use_gpu else "gloo"),
        scaling_config=ray.train.ScalingConfig(num_workers=config.workers, use_gpu=config.use_gpu),
        run_config=ray.train.RunConfig(
            name=f"{network}-training",
            storage_path=f"{config.storage.rstrip('/')}/ray",
            failure_config=ray.train.FailureConfig(max_failures=config.max_failures),
        ),
    )
    result = trainer.fit()
    if result.error is not None:
        raise TrainerError(
            f"The {network} job failed: {result.error}. It goes on from its checkpoint when started again"
        )
    return dict(result.metrics or {})


def main(network: Network, arguments: list[str] | None = None) -> None:
    """The command line of a job."""
    parser = argparse.ArgumentParser(description=f"Trains the {network} network with Ray Train.")
    parser.add_argument("--config", required=True, type=Path, help="TOML file; its fields: trainer/job_config.py")
    options = parser.parse_args(arguments)
    try:
        config = JobConfig.read(options.config)
        with _ray_for(config):
            figures = run_job(network, config)
    except LookalikeError as error:
        sys.exit(f"{network}_job: {error}")
    print(f"{network}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))


def _ray_for(config: JobConfig) -> contextlib.AbstractContextManager[None]:
    if os.environ.get("RAY_ADDRESS", "local") != "local":
        return contextlib.nullcontext()  # Ray Train finds it
    return private_ray(num_cpus=config.workers, shows_workers=True, extra=_PATIENCE)


def _train_worker(loop: dict[str, Any]) -> None:
    """On every worker: the process group stands already. The first one tells how it goes."""
    config, network = JobConfig(**loop["config"]), loop["network"]
    is_first = worker_rank() == 0
    place = Path(config.log) if config.log and is_first else None
    log_to(place, level=logging.WARNING, process="training", worker=str(worker_rank()))
    logging.getLogger("trainer").setLevel(logging.INFO)  # Ray Train has two lines an epoch of its own
    if config.threads:
        torch.set_num_threads(config.threads)
    snapshot, profile = Snapshot.open(config.snapshot), load_profile(config.profile)
    num_rows = int((~snapshot.is_held_out_N).sum())
    version = snapshot.info.dataset_version
    about = {"network": network, "rows": num_rows, "sweeps": sweeps_of(snapshot), "dataset_version": version}
    record = TrainingRecord(place_in(config.storage, RECORD_FILE), about | config.to_json())
    report = _reporter(network)

    def on_progress(progress: Progress) -> None:
        if is_first:
            record.show(progress)
        report(progress)

    training = Training(
        snapshot,
        profile,
        TrainingConfig.for_rows(num_rows, seed=config.seed),
        config.storage,
        on_progress=on_progress,
        device=str(ray.train.torch.get_device()) if config.use_gpu else "cpu",
    )
    metrics = Path(config.metrics) if config.metrics and is_first else None
    with exported("training", record.figures, metrics), record.kept() if is_first else contextlib.nullcontext():
        _train(training, network, config)


def _train(training: Training, network: Network, config: JobConfig) -> None:
    """Each job finds in the storage what the ones before it made, and makes what is missing."""
    imitator = imitator_step(training)
    if network == "imitator":
        return
    lessons = inversion_step(training, imitator)
    _, examples = affinity_step(training, lessons)
    if network == "affinity":
        return
    slider_step(training, lessons, examples)
    if config.models and worker_rank() == 0:
        export_step(training, imitator, config.models)


def _reporter(network: Network) -> Callable[[Progress], None]:
    """Epochs go to Ray Train, which wants every worker to report alike; other steps only show in each worker's own pace."""
    epochs_of = {"slider": "sliders"}.get(network, network)

    def report(progress: Progress) -> None:
        if progress.step == epochs_of:
            ray.train.report({"epoch": progress.done, "epochs": progress.total, **progress.figures})

    return report
