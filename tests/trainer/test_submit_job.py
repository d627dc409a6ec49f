"""A training that is handed in twice is one job; one that failed is handed in again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from trainer.job_config import JobConfig
from trainer.submit_job import CONFIG_FILE, submit

CONFIG = JobConfig(snapshot="/data/snapshot", profile="small", storage="/data/training", models="/data/models")


@dataclass
class ClusterInMemory:
    """Jobs by their id, with Ray's words for how they stand, and the settings that travelled with them."""

    states: dict[str, str] = field(default_factory=dict)
    configs: list[JobConfig] = field(default_factory=list)

    def submit_job(self, *, entrypoint: str, submission_id: str, runtime_env: dict[str, Any]) -> str:
        assert submission_id not in self.states, "Ray refuses an id that it knows"
        assert entrypoint == f"python -m trainer.slider_job --config {CONFIG_FILE}"
        self.configs.append(JobConfig.read(Path(runtime_env["working_dir"]) / CONFIG_FILE))
        self.states[submission_id] = "PENDING"
        return submission_id

    def list_jobs(self) -> list[Any]:
        return [SimpleNamespace(submission_id=i, status=SimpleNamespace(value=s)) for i, s in self.states.items()]

    def delete_job(self, job_id: str) -> bool:
        return bool(self.states.pop(job_id))


def test_the_same_training_is_handed_in_once_and_its_settings_travel_with_it() -> None:
    cluster = ClusterInMemory()
    first = submit(cluster, "slider", CONFIG, "rows-1")
    again = submit(cluster, "slider", CONFIG, "rows-1")
    assert (first.is_new, again.is_new) == (True, False)
    assert first.submission_id == again.submission_id
    assert cluster.configs == [CONFIG]
    cluster.states[first.submission_id] = "SUCCEEDED"
    assert submit(cluster, "slider", CONFIG, "rows-1").state == "SUCCEEDED"


def test_other_rows_or_settings_are_another_job() -> None:
    cluster = ClusterInMemory()
    ids = {
        submit(cluster, "slider", CONFIG, "rows-1").submission_id,
        submit(cluster, "slider", CONFIG, "rows-2").submission_id,
        submit(cluster, "slider", replace(CONFIG, seed=1), "rows-1").submission_id,
    }
    assert len(ids) == len(cluster.states) == 3


def test_one_that_failed_is_handed_in_again_under_its_name() -> None:
    cluster = ClusterInMemory()
    first = submit(cluster, "slider", CONFIG, "rows-1")
    cluster.states[first.submission_id] = "FAILED"
    again = submit(cluster, "slider", CONFIG, "rows-1")
    assert again.is_new
    assert again.submission_id == first.submission_id
    assert cluster.states == {first.submission_id: "PENDING"}
