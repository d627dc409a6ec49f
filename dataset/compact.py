"""Puts many small files of a table together into few large ones; the rows stay the same, readers notice nothing.

A large file is written under a name of its own and noted, then one transaction makes it count in place of the small ones.
Whatever dies before that leaves an orphan. The small ones stay until `vacuum`, for readers of older versions.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dataset.compaction_notes import FILE_PREFIX, CompactionNote, CompactionNotes
from dataset.dataset import Dataset
from dataset.parquet import encode_table
from dataset.table import Table

TARGET_BYTES = 128_000_000
"""Of a large file: a few of them fit into memory while one is made, and thousands of shards make a hundred."""

SMALL_SHARE = 0.5
"""A file of at least this share of the target is left alone, so that each row is moved a few times at most."""


@dataclass(frozen=True, slots=True)
class Compaction:
    """What happened to one table. Groups whose files changed meanwhile are left for the next time."""

    table: str
    num_files_before: int
    num_files_after: int
    num_bytes_written: int


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    size_bytes: int
    first_shard: str
    last_shard: str


def compact(
    dataset: Dataset,
    *,
    target_bytes: int = TARGET_BYTES,
    clock: Callable[[], float] = time.time,
    on_table: Callable[[str], None] = lambda name: None,
) -> list[Compaction]:
    """Safe beside commits and beside another compaction: of two that touch the same file, one does nothing."""
    dataset.recover()
    done = []
    for table in dataset.tables():
        on_table(table.name)
        done.append(_compact_table(dataset, table, target_bytes, clock))
    return done


def _compact_table(dataset: Dataset, table: Table, target_bytes: int, clock: Callable[[], float]) -> Compaction:
    before, written = table.files().num_rows, 0
    for group in _groups(_small_files(table, target_bytes), target_bytes):
        written += _merge(dataset, table, [file.path for file in group], clock())
    return Compaction(table.name, before, table.files().num_rows, written)


def _small_files(table: Table, target_bytes: int) -> list[_File]:
    listed, columns = table.files(), ("path", "size_bytes", "min.shard_id", "max.shard_id")
    rows = zip(*(listed[name].to_pylist() for name in columns), strict=True)
    files = [_File(path, size, first or "", last or "") for path, size, first, last in rows]
    small = [file for file in files if file.size_bytes < SMALL_SHARE * target_bytes]
    return sorted(small, key=lambda file: (file.first_shard, file.last_shard, file.path))


def _groups(files: list[_File], target_bytes: int) -> Iterator[list[_File]]:
    """Neighbours by shard, so that a shard's rows lie in few files."""
    group: list[_File] = []
    for file in files:
        if group and sum(member.size_bytes for member in group) + file.size_bytes > target_bytes:
            if len(group) > 1:
                yield group
            group = []
        group.append(file)
    if len(group) > 1:
        yield group


def _merge(dataset: Dataset, table: Table, paths: list[str], now: float) -> int:
    """Returns the bytes that count now; 0 when another process changed one of the files first."""
    rows = table.read_files(paths).sort_by([("shard_id", "ascending"), ("step", "ascending")])
    content = encode_table(rows)
    shard_ids = sorted(set(rows["shard_id"].to_pylist()))
    path = f"{FILE_PREFIX}{uuid.uuid4().hex}.parquet"
    dataset.store.write(f"{table.name}/{path}", content)
    note = CompactionNote(table.name, path, tuple(shard_ids), tuple(paths), now)
    CompactionNotes(dataset.store).add(note)
    is_done = table.replace(paths, path, len(content), rows.num_rows, (shard_ids[0], shard_ids[-1]))
    return len(content) if is_done else 0
