"""The Ray Train jobs, on Ray on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from toy_faces import toy_snapshot

from creator.profile import Profile
from trainer.errors import TrainerConfigError
from trainer.job_config import JobConfig
from trainer.model_set import ModelSet


def test_a_job_file_with_a_mistake_names_the_field(tmp_path: Path) -> None:
    path = tmp_path / "job.toml"
    path.write_text('snapshot = "a"\nprofile = "small"\nstorage = "b"\nworkerz = 2\n')
    with pytest.raises(TrainerConfigError, match="workerz"):
        JobConfig.read(path)
    path.write_text('snapshot = "a"\nprofile = "small"\nstorage = "b"\nworkers = 0\n')
    with pytest.raises(TrainerConfigError, match=r"workers is 0; it must be a whole number, 1 or more"):
        JobConfig.read(path)


@pytest.mark.slow
@pytest.mark.timeout(3700)
def test_two_workers_train_all_three_networks_and_leave_a_model_set(profile: Profile, tmp_path: Path) -> None:
    toy_snapshot(profile, 600, noise=0.004).save(tmp_path / "snapshot")
    job = {"snapshot": "snapshot", "storage": "storage", "models": "models", "log": "training.log"}
    lines = [f"{name} = {json.dumps(str(tmp_path / place))}" for name, place in job.items()]
    (tmp_path / "job.toml").write_text("\n".join([*lines, 'profile = "small"', "workers = 2", "threads = 1"]))
    for network in ("imitator", "slider"):
        command = [sys.executable, "-m", f"trainer.{network}_job", "--config", str(tmp_path / "job.toml")]
        environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_ADDRESS": "local"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=1800)
        assert done.returncode == 0, done.stderr[-3000:]
    lines = (tmp_path / "training.log").read_text().splitlines()
    told = [line for line in map(json.loads, lines) if line["event"] == "trained"]
    assert {"imitator", "affinity", "sliders"} <= {line["step"] for line in told}
    assert all(
        (line["process"], line["worker"], line["attempt"]) == ("training", "0", 1) and line["sweep"] for line in told
    )
    card = ModelSet.open(tmp_path / "models").card
    assert card.profile_hash == profile.hash
    assert card.metrics["imitator"]["centred_cosine"] > 0.8  # type: ignore[operator]
