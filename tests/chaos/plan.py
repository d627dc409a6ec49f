"""What the processes of a chaos campaign have to know; a JSON file in its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

AGENTS = tuple(f"agent-{number}" for number in range(1, 5))
PROFILE = "small"
SWEEP = "chaos"
FRAMES_PER_SHARD = 20
"""An agent hands in a shard when it has captured all of it, so the next chunk of each of four agents takes about as long as a
shard does, kill or none: that is the floor of what is measured. 100 took 20 s."""
CHUNK_FRAMES = 10
FAILING_SHARE = 0.05  # of the store's requests
NUM_REPLICAS = 2  # of gateway and embedding each


@dataclass(frozen=True, kw_only=True)
class ChaosPlan:
    """`data` is a folder or a bucket; the gateway listens on `port` of loopback after every start.

    `other_sweep`: captured in place of chaos's own. `agents_end`: when all is captured; else they wait for more.
    """

    folder: str
    data: str
    port: int
    num_frames: int
    failing_share: float = FAILING_SHARE
    agents: Sequence[str] = AGENTS
    agents_end: bool = True
    other_sweep: Mapping[str, Any] | None = None

    @property
    def place(self) -> Path:
        return Path(self.folder)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def tokens(self) -> Path:
        return self.place / "tokens.json"

    @property
    def calibration(self) -> Path:
        return self.place / "small.calibration"

    @property
    def networks(self) -> Path:
        return self.place / "plain_networks"

    @property
    def stalled(self) -> Path:
        """While this file is there, the store answers nothing."""
        return self.place / "stalled"

    @property
    def cluster(self) -> Path:
        """Token, tables and record of Ray."""
        return self.place / "cluster"

    @property
    def sweep(self) -> Mapping[str, Any]:
        if self.other_sweep is not None:
            return self.other_sweep
        size = {"num_frames": self.num_frames, "frames_per_shard": FRAMES_PER_SHARD}
        return {"name": SWEEP, "kind": "interleaved", "seed": 3, **size}

    @property
    def sweep_file(self) -> Path:
        return self.place / "sweep.json"

    def progress(self, agent: str) -> Path:
        """A line for every acknowledged chunk: when it was sent first and when acknowledged, seconds since 1970."""
        return self.place / f"{agent}.progress"

    def clock(self, agent: str) -> Path:
        """The agent's process and the seconds of game time that have passed in it."""
        return self.place / f"{agent}.clock"

    def token(self, agent: str) -> Path:
        return self.place / f"{agent}.token"

    def save(self) -> Path:
        path = self.place / "plan.json"
        path.write_text(json.dumps(asdict(self)))
        return path

    @classmethod
    def load(cls, path: str) -> ChaosPlan:
        return cls(**json.loads(Path(path).read_text()))
