"""What the tests of the coordinator share: stores in memory, frames of a shard, a recogniser that sees coloured faces."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from coordinator.sweep import SweepSpec
from creator.profile import Profile
from dataset.record import StagedChunk, StagedFile
from dataset.store import StoredFile
from embedding.network_input import ColourOrder, Normalisation
from embedding.recogniser import Box, Face, RecogniserId
from protocol.chunk import checksum
from protocol.frame import Frame, FrameRecord
from protocol.lease import LeaseGrant

AGENT = "agent-1"


def small_sweep(name: str = "demo", **fields: Any) -> SweepSpec:
    return SweepSpec.from_table(
        {"name": name, "kind": "interleaved", "num_frames": 12, "frames_per_shard": 4, "seed": 3, **fields}
    )


class MemoryStore:
    """A store that outlives the coordinators of a test. `crash` makes the next write fail "before" or "after" it took place."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.crash = ""

    url = "memory"
    arrow_filesystem = None
    delta_options: dict[str, str] = {}  # noqa: RUF012 - never changed

    def delta_url(self, folder: str) -> str:
        return folder

    def write(self, path: str, data: bytes) -> None:
        assert path not in self.objects, f"{path} is written twice"
        crash, self.crash = self.crash, ""
        if crash == "before":
            raise CrashError
        self.objects[path] = data
        if crash == "after":
            raise CrashError

    def put_if_absent(self, path: str, data: bytes) -> bool:
        return self.objects.setdefault(path, data) is data

    def read(self, path: str) -> bytes | None:
        return self.objects.get(path)

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        return {path: self.objects[path] for path in paths if path in self.objects}

    def list(self, folder: str, prefix: str = "") -> list[StoredFile]:
        start = f"{folder}/{prefix}"
        return [StoredFile(path, len(data), 0.0) for path, data in self.objects.items() if path.startswith(start)]

    def sizes(self, paths: Sequence[str]) -> dict[str, int]:
        return {path: len(self.objects[path]) for path in paths if path in self.objects}

    def delete(self, paths: Iterable[str]) -> None:
        for path in paths:
            self.objects.pop(path, None)


class CrashError(Exception):
    """The process died here."""


class MemoryTable:
    """Committed shards. `crash` makes the next commit die "before" or "after" it took place."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.rows: dict[str, list[int]] = {}
        self.num_commits: dict[str, int] = {}
        self.crash = ""

    def committed_shards(self) -> dict[str, int]:
        return {shard_id: len(steps) for shard_id, steps in self.rows.items()}

    def commit_shard(self, shard_id: str, chunks: Sequence[StagedChunk]) -> bool:
        crash, self.crash = self.crash, ""
        if crash == "before":
            raise CrashError
        is_new = shard_id not in self.rows
        if is_new:
            self.rows[shard_id] = [step for chunk in chunks for step in chunk.steps]
            self.num_commits[shard_id] = self.num_commits.get(shard_id, 0) + 1
        if crash == "after":
            raise CrashError
        return is_new

    def flush(self) -> None:
        """There is nothing behind these rows."""


def staged(grant: LeaseGrant, steps: Sequence[int]) -> StagedChunk:
    """As if these steps of a shard were durable."""
    files = (StagedFile("frames", f"{grant.shard.shard_id}.{grant.attempt}.x.parquet", len(steps), 1),)
    return StagedChunk(grant.shard.shard_id, grant.attempt, "colour-00000000", 3, tuple(steps), files)


def picture(colour: tuple[int, int, int] = (200, 120, 90)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(stream, "PNG")
    return stream.getvalue()


BLACK = (0, 0, 0)


def frame(grant: LeaseGrant, step: int, *, agent: str = AGENT, image: bytes | None = None, **changes: Any) -> Frame:
    """What a faultless agent captures at a step."""
    image = picture((200, 10 + step % 200, 90)) if image is None else image
    fields: dict[str, Any] = {
        "shard_id": grant.shard.shard_id,
        "step": step,
        "slider_set": grant.shard.slider_sets[step],
        "attempt": grant.attempt,
        "agent": agent,
        "game_version": "1",
        "calibration_id": "c",
        "profile_hash": grant.shard.profile_hash,
        "character": grant.shard.characters[step],
        "is_verified": True,
        "confidence": 1.0,
        "captured_seconds": float(step),
        "captured_unix_seconds": 0.0,
        "image_format": "png",
        "width": 32,
        "height": 32,
        "sha256": checksum(image),
    }
    return Frame(FrameRecord(**{**fields, **changes}), image)


class ColourRecogniser:
    """Every picture that is not black shows a face, and its mean colour is the embedding."""

    identity = RecogniserId("colour", "00000000", 3)
    input_size_pixels = 8
    colour_order = ColourOrder.RGB
    normalisation = Normalisation.alike(0.0, 1.0)
    sure_score = 0.0
    licence = "none"
    similarity_threshold = 0.5
    false_accept_rate = 0.0

    def detect(self, image_HW3: NDArray[np.uint8]) -> list[Face]:
        height, width = image_HW3.shape[:2]
        box: Box = (0.0, 0.0, float(width), float(height))
        return [Face(box, np.zeros((5, 2), np.float32), 1.0)] if image_HW3.any() else []

    def align(self, image_HW3: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
        return np.ascontiguousarray(image_HW3[:8, :8])

    def embed(self, chips_SS3: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        return np.array([chip.mean(axis=(0, 1)) for chip in chips_SS3], np.float32).reshape(-1, 3)

    def similarity(self, first_ND: NDArray[np.float32], second_ND: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray((first_ND * second_ND).sum(axis=-1), np.float32)
