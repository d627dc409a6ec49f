"""Hands a training to a Ray cluster, once: the same data and settings are the same job, however often they are handed in."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from trainer.errors import TrainerError
from trainer.job_config import JobConfig

CONFIG_FILE = "job.toml"
Network = Literal["imitator", "affinity", "slider"]
_ALIVE = ("PENDING", "RUNNING", "SUCCEEDED")
_MODULES = {"imitator": "imitator_job", "affinity": "affinity_job", "slider": "slider_job"}


class Jobs(Protocol):
    """What is needed of `ray.job_submission.JobSubmissionClient`."""

    def submit_job(self, *, entrypoint: str, submission_id: str, runtime_env: dict[str, Any]) -> str: ...

    def list_jobs(self) -> list[Any]: ...

    def delete_job(self, job_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Submission:
    """`is_new` False: this very training is running there, or has been done. `state` is Ray's word."""

    submission_id: str
    is_new: bool
    state: str


def submission_id(network: Network, config: JobConfig, snapshot_identity: str) -> str:
    """The same for the same network, settings and rows."""
    content = json.dumps([network, config.to_json(), snapshot_identity], sort_keys=True)
    return f"lookalike-{network}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def submit(jobs: Jobs, network: Network, config: JobConfig, snapshot_identity: str) -> Submission:
    """Hands the job in unless it is there. One that failed or was stopped is handed in again and goes on from its checkpoint.

    lookalike has to be installed on the cluster; the configuration travels with the job. Raises TrainerError.
    """
    name = submission_id(network, config, snapshot_identity)
    state = next((str(job.status.value) for job in jobs.list_jobs() if job.submission_id == name), "")
    if state in _ALIVE:
        return Submission(name, is_new=False, state=state)
    if state:
        jobs.delete_job(name)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / CONFIG_FILE).write_text(config.to_toml(), encoding="utf-8")
        jobs.submit_job(
            entrypoint=f"python -m trainer.{_MODULES[network]} --config {CONFIG_FILE}",
            submission_id=name,
            runtime_env={"working_dir": folder},
        )
    return Submission(name, is_new=True, state="PENDING")


def cluster_jobs(address: str) -> Jobs:
    """The jobs of the cluster whose dashboard is at `address`. Raises TrainerError when nobody answers there."""
    from ray.job_submission import JobSubmissionClient

    try:
        jobs: Jobs = JobSubmissionClient(address)
    except (ConnectionError, RuntimeError) as error:
        raise TrainerError(
            f"No Ray cluster answers at {address}: {error}. Name its dashboard, as http://127.0.0.1:8265"
        ) from error
    return jobs
