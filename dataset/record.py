"""What is said about files: a staged chunk, and the record that makes a shard's chunks committed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dataset.errors import CommitError, FramesRefusedError
from dataset.schema import SCHEMA_VERSION
from protocol.message import Message

_SHARD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


@dataclass(frozen=True, slots=True)
class StagedFile(Message):
    """One durable Parquet file; `path` is relative to its table's folder."""

    table: str
    path: str
    num_rows: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class StagedChunk(Message):
    """Frames of one attempt at a shard that are durable and not yet committed, one file for each table."""

    shard_id: str
    attempt: int
    recogniser: str
    dimension: int
    steps: tuple[int, ...]
    files: tuple[StagedFile, ...]

    @property
    def num_rows(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, slots=True)
class CommitRecord(Message):
    """The decision that these chunks are the shard. `writer` is unique, so no two writers ever write the same record."""

    shard_id: str
    chunks: tuple[StagedChunk, ...]
    writer: str
    committed_unix_seconds: float
    schema_version: int = SCHEMA_VERSION

    @property
    def num_rows(self) -> int:
        return sum(chunk.num_rows for chunk in self.chunks)

    @property
    def recogniser(self) -> str:
        return self.chunks[0].recogniser

    @property
    def dimension(self) -> int:
        return self.chunks[0].dimension

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(sorted({file.table for chunk in self.chunks for file in chunk.files}))

    @property
    def steps(self) -> tuple[int, ...]:
        return tuple(step for chunk in self.chunks for step in chunk.steps)

    def files(self, table: str) -> tuple[StagedFile, ...]:
        return tuple(file for chunk in self.chunks for file in chunk.files if file.table == table)


def check_shard_id(shard_id: str) -> None:
    """Raises FramesRefusedError for what cannot be part of a file's name."""
    if not _SHARD_ID.fullmatch(shard_id):
        raise FramesRefusedError(
            f"Shard {shard_id!r:.120}: expected letters, digits, '.', '_' and '-', at most 200, beginning with a letter or digit"
        )


def check_chunks(shard_id: str, chunks: Sequence[StagedChunk]) -> None:
    """Raises CommitError unless the chunks together are one shard of one recogniser, each step once."""
    check_shard_id(shard_id)
    if not chunks:
        raise CommitError(f"Shard {shard_id}: no chunks; stage its frames first")
    if foreign := [chunk.shard_id for chunk in chunks if chunk.shard_id != shard_id]:
        raise CommitError(f"Shard {shard_id}: a chunk of {foreign[0]} is among its chunks")
    if len({(chunk.recogniser, chunk.dimension) for chunk in chunks}) != 1:
        names = sorted({chunk.recogniser for chunk in chunks})
        raise CommitError(
            f"Shard {shard_id}: embeddings of several recognisers ({', '.join(names)}); embed it with one"
        )
    steps = Counter(step for chunk in chunks for step in chunk.steps)
    if twice := [step for step, count in steps.items() if count > 1]:
        raise CommitError(f"Shard {shard_id}: step {twice[0]} stands in several chunks; hand in each step once")
