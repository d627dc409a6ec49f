"""What is staged beside the frames themselves, and how a row is named.

Shape letters: N frames; D dimension of the recogniser.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataset.errors import FramesRefusedError, MissingFrameError


@dataclass(frozen=True, slots=True, eq=False)
class FrameEmbeddings:
    """Embeddings of N frames in the order of the frames. Rows are NaN where no face was found."""

    embeddings_ND: NDArray[np.float32]
    norms_N: NDArray[np.float32]
    scores_N: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.embeddings_ND.ndim != 2:
            raise FramesRefusedError(f"Embeddings have shape {self.embeddings_ND.shape}; expected (frames, dimension)")
        expected = (len(self.embeddings_ND),)
        for name, values_N in (("norms", self.norms_N), ("scores", self.scores_N)):
            if values_N.shape != expected:
                raise FramesRefusedError(f"{name} have shape {values_N.shape}; the embeddings need {expected}")

    def __len__(self) -> int:
        return len(self.embeddings_ND)

    @property
    def dimension(self) -> int:
        return int(self.embeddings_ND.shape[1])

    @property
    def has_face_N(self) -> NDArray[np.bool_]:
        return np.asarray(np.isfinite(self.embeddings_ND).all(axis=1))


def frame_id(shard_id: str, step: int) -> str:
    """The name of a row: it is captured once, so shard and step are enough."""
    return f"{shard_id}:{step}"


def parse_frame_id(value: str) -> tuple[str, int]:
    """Shard and step of a frame id. Raises MissingFrameError."""
    shard_id, colon, step = value.rpartition(":")
    if not (shard_id and colon and step.isdecimal()):
        raise MissingFrameError(f"{value!r:.120} is no frame id; expected shard:step as in 'extremes-00012:7'")
    return shard_id, int(step)


def sweep_of(shard_id: str) -> str:
    """The sweep that a shard belongs to, as `protocol.shard.Shard` names it."""
    return shard_id.rpartition("-")[0] or shard_id
