"""What an embedding actor runs on, and how many of them there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedding.device import check_device

if TYPE_CHECKING:
    from embedding.place import FacePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingConfig:
    """`device` is one of `embedding.device.DEVICES`; `num_gpus` the share of a GPU that each replica takes of the cluster's.

    Replicas are added while each has more than `target_chunks` on its hands, up to `max_replicas`. A replica takes
    `max_chunks` at a time, further ones wait before it, so its memory stays bounded. A run of the network waits
    `max_wait_seconds` for others to join and holds `max_batch_faces` faces of frames.
    """

    recogniser: str = "dlib"
    device: str = "cpu"
    place: FacePlace | None = None
    num_threads: int = 1
    num_cpus: float = 1.0
    num_gpus: float = 0.0
    min_replicas: int = 1
    max_replicas: int = 1
    target_chunks: float = 4.0
    max_chunks: int = 16
    max_batch_faces: int = 64
    max_wait_seconds: float = 0.005
    health_check_seconds: float = 10.0

    def __post_init__(self) -> None:
        check_device(self.device)
        for name in ("num_threads", "min_replicas", "max_chunks", "max_batch_faces"):
            self._require(name, getattr(self, name) >= 1, "at least 1")
        for name in ("num_cpus", "num_gpus", "max_wait_seconds"):
            self._require(name, getattr(self, name) >= 0, "at least 0")
        for name in ("target_chunks", "health_check_seconds"):
            self._require(name, getattr(self, name) > 0, "more than 0")
        self._require("max_replicas", self.max_replicas >= self.min_replicas, f"at least {self.min_replicas}")

    def _require(self, name: str, is_right: bool, expected: str) -> None:
        if not is_right:
            raise ValueError(f"embedding actors, {name} = {getattr(self, name)}: expected {expected}")

    @property
    def serve_options(self) -> dict[str, Any]:
        """As Ray Serve wants it."""
        scaling: dict[str, Any] = {"num_replicas": self.min_replicas}
        if self.max_replicas > self.min_replicas:
            scaling = {
                "autoscaling_config": {
                    "min_replicas": self.min_replicas,
                    "max_replicas": self.max_replicas,
                    "target_ongoing_requests": self.target_chunks,
                }
            }
        return scaling | {
            "ray_actor_options": {"num_cpus": self.num_cpus, "num_gpus": self.num_gpus},
            "max_ongoing_requests": self.max_chunks,
            "health_check_period_s": self.health_check_seconds,
        }
