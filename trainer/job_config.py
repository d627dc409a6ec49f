"""What a training job reads: one TOML file, every value checked where it enters.

snapshot = "/data/snapshot"     # a folder every worker sees
profile = "standin"             # a shipped profile or a file
storage = "/data/training"      # folder or URL: checkpoints, results, Ray Train's own records
workers = 2
seed = 0
models = "/data/models"         # where the slider job, the last one, leaves the model set
use_gpu = false
max_failures = 2                # how often lost workers are replaced before the job gives up
metrics = "/data/metrics"       # the folder for Prometheus, as the coordinator's; none unless told
log = "/data/training.log"      # JSON lines of the first worker; standard error, which Ray keeps, unless told
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from trainer.check import require
from trainer.errors import TrainerConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class JobConfig:
    """One training on `workers` workers; `threads` of torch in each, 0 for as many as Ray gives CPUs."""

    snapshot: str
    profile: str
    storage: str
    models: str = ""
    workers: int = 1
    threads: int = 0
    seed: int = 0
    use_gpu: bool = False
    max_failures: int = 2
    metrics: str = ""
    log: str = ""

    def __post_init__(self) -> None:
        for name in ("snapshot", "profile", "storage"):
            value = getattr(self, name)
            require(isinstance(value, str) and bool(value), name, value, "a path or a name")
        for name, least in (("workers", 1), ("threads", 0), ("seed", 0), ("max_failures", 0)):
            value = getattr(self, name)
            require(type(value) is int and value >= least, name, value, f"a whole number, {least} or more")
        require(isinstance(self.use_gpu, bool), "use_gpu", self.use_gpu, "true or false")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def to_toml(self) -> str:
        """A file as `read` takes it; texts, whole numbers and truths are written in TOML as in JSON."""
        return "".join(f"{name} = {json.dumps(value)}\n" for name, value in asdict(self).items())

    @classmethod
    def read(cls, path: str | Path) -> JobConfig:
        """Raises TrainerConfigError naming the file or the field."""
        try:
            table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TrainerConfigError("--config", str(path), f"a TOML file that can be read ({error})") from error
        known = {entry.name for entry in fields(cls)}
        for name in table:
            require(name in known, name, table[name], f"left out; a job knows {', '.join(sorted(known))}")
        for name in ("snapshot", "profile", "storage"):
            require(name in table, name, None, f"given in {path}")
        return cls(**table)
