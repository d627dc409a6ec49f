"""Reads everything again and says whether the tables hold what the records promise.

Every shard: its steps once in every table, labels that the creator offers, pictures that match their checksums, embeddings
of every recogniser that belong to the same settings and are numbers. Over all: shards that are missing, shards that nobody
committed, files that belong to nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from creator.character import check_character
from creator.errors import CharacterError
from creator.profile import Profile
from dataset.dataset import Dataset
from dataset.errors import TableReadError
from dataset.record import CommitRecord
from dataset.rows import frame_id
from dataset.schema import FRAMES, IMAGES, embeddings_name
from dataset.settings import fixed_size_values
from dataset.table import Table
from dataset.vacuum import find_orphans
from protocol.character import Character
from protocol.chunk import checksum

NORM_TOLERANCE = 1e-3
"""Relative; a norm is a float32 sum over the dimensions."""

Step = int
SETTINGS_COLUMNS = ("slider_set", "gender", "face", "skin", "sliders")


@dataclass(frozen=True, slots=True)
class Problem:
    """`where` names a frame, a shard or a table."""

    where: str
    explanation: str

    def __str__(self) -> str:
        return f"{self.where}: {self.explanation}"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """Orphans are no problem: they are of attempts that died or are still going on."""

    num_shards: int
    num_rows: int
    num_images: int
    problems: tuple[Problem, ...]
    orphans: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class _Shard:
    """One shard's labels and pictures, by step."""

    record: CommitRecord
    frames: dict[Step, dict[str, Any]]
    images: dict[Step, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Embedded:
    """A table that holds embeddings of a shard, as they came with it or as they were made again."""

    table: Table
    dimension: int


def verify(
    dataset: Dataset,
    planned: Mapping[str, int] | None = None,
    on_shard: Callable[[int, int], None] = lambda done, total: None,
) -> VerifyReport:
    """`planned` are the rows that each shard should have in the end; `on_shard` hears of the progress."""
    dataset.recover()
    records = dataset.records()
    tables = {table.name: table for table in dataset.tables()}
    problems = list(_missing_shards(records, planned or {}))
    again = dataset.reembeddings()
    for table in tables.values():
        captured = {key: record for key, record in records.items() if table.name in record.tables}
        problems += _wrong_counts(table, again.get(table.name, {}) | captured)
    num_images = 0
    for done, (shard_id, record) in enumerate(sorted(records.items()), start=1):
        own = {embeddings_name(record.recogniser): record}
        made_again = {name: staged[shard_id] for name, staged in again.items() if shard_id in staged}
        embedded = [_Embedded(tables[name], of.dimension) for name, of in (made_again | own).items()]
        found, images = _verify_shard(dataset.profile, record, tables, embedded)
        problems += found
        num_images += images
        on_shard(done, len(records))
    num_rows = sum(record.num_rows for record in records.values())
    orphans = tuple(file.path for file in find_orphans(dataset))
    return VerifyReport(len(records), num_rows, num_images, tuple(problems), orphans)


def _missing_shards(records: Mapping[str, CommitRecord], planned: Mapping[str, int]) -> Iterator[Problem]:
    for shard_id, num_rows in sorted(planned.items()):
        if shard_id not in records:
            yield Problem(shard_id, "is planned and not committed")
        elif records[shard_id].num_rows != num_rows:
            yield Problem(shard_id, f"has {records[shard_id].num_rows} rows, {num_rows} are planned")


def _wrong_counts(table: Table, records: Mapping[str, CommitRecord]) -> Iterator[Problem]:
    """Reads the names of all rows, so that rows of shards that nobody committed are found as well."""
    try:
        names = table.read(["shard_id"])["shard_id"]
    except TableReadError as error:
        yield Problem(table.name, str(error))
        return
    counts = {count["values"]: count["counts"] for count in pc.value_counts(names).to_pylist()}
    for shard_id in sorted(set(counts) | set(records)):
        expected = records[shard_id].num_rows if shard_id in records else 0
        if counts.get(shard_id, 0) != expected:
            yield Problem(shard_id, f"{counts.get(shard_id, 0)} rows in table {table.name}, the record says {expected}")


def _verify_shard(
    profile: Profile, record: CommitRecord, tables: Mapping[str, Table], embedded: Sequence[_Embedded]
) -> tuple[list[Problem], int]:
    """The problems of one shard, and how many pictures were looked at."""
    try:
        rows = {name: tables[name].read(shard_id=record.shard_id) for name in (FRAMES, IMAGES)}
    except TableReadError as error:
        return [Problem(record.shard_id, str(error))], 0
    problems = [problem for name, table in rows.items() for problem in _wrong_steps(record, name, table)]
    shard = _Shard(record, _by_step(rows[FRAMES]), _by_step(rows[IMAGES]))
    problems += _wrong_labels(profile, shard)
    problems += _wrong_images(shard)
    for table in embedded:
        problems += _wrong_embedded(shard, table)
    return problems, len(shard.images)


def _wrong_embedded(shard: _Shard, embedded: _Embedded) -> list[Problem]:
    name = embedded.table.name
    try:
        rows = embedded.table.read(shard_id=shard.record.shard_id)
    except TableReadError as error:
        return [Problem(shard.record.shard_id, str(error))]
    problems = [*_wrong_steps(shard.record, name, rows), *_wrong_settings(shard, name, rows)]
    return problems + list(_wrong_embeddings(shard.record, embedded, rows))


def _by_step(table: pa.Table) -> dict[Step, dict[str, Any]]:
    return {row["step"]: row for row in table.to_pylist()}


def _wrong_steps(record: CommitRecord, name: str, table: pa.Table) -> Iterator[Problem]:
    counts, expected = Counter(table["step"].to_pylist()), set(record.steps)
    for step in sorted(expected | set(counts)):
        where = frame_id(record.shard_id, step)
        if step not in expected:
            yield Problem(where, f"in table {name}, but not in the record")
        elif counts[step] != 1:
            yield Problem(where, f"{counts[step]} times in table {name}")


def _wrong_labels(profile: Profile, shard: _Shard) -> Iterator[Problem]:
    for step, row in shard.frames.items():
        where = frame_id(shard.record.shard_id, step)
        if row["profile_hash"] != profile.hash:
            yield Problem(where, f"captured with profile {row['profile_hash']}, not {profile.hash}")
        try:
            check_character(profile, Character(row["gender"], row["face"], row["skin"], tuple(row["sliders"])))
        except CharacterError as error:
            yield Problem(where, str(error))


def _wrong_images(shard: _Shard) -> Iterator[Problem]:
    for step, row in shard.images.items():
        where = frame_id(shard.record.shard_id, step)
        label = shard.frames.get(step)
        if checksum(row["image"]) != row["sha256"]:
            yield Problem(where, "the picture does not match its checksum")
        elif label is not None and label["sha256"] != row["sha256"]:
            yield Problem(where, "the picture is not the one that the label is of")


def _wrong_settings(shard: _Shard, name: str, table: pa.Table) -> Iterator[Problem]:
    for step, row in _by_step(table.select(["step", *SETTINGS_COLUMNS])).items():
        label = shard.frames.get(step)
        if label is not None and any(label[column] != row[column] for column in SETTINGS_COLUMNS):
            where = frame_id(shard.record.shard_id, step)
            yield Problem(where, f"the embedding in table {name} stands beside other settings than the label")


def _wrong_embeddings(record: CommitRecord, embedded: _Embedded, table: pa.Table) -> Iterator[Problem]:
    embeddings_ND = fixed_size_values(table["embedding"], embedded.dimension)
    has_face_N, norms_N = (np.asarray(table[name].to_numpy()) for name in ("has_face", "norm"))
    is_finite_N = np.isfinite(embeddings_ND).all(axis=1)
    lengths_N = np.linalg.norm(embeddings_ND, axis=1)
    is_without_N = np.isnan(embeddings_ND).all(axis=1) & np.isnan(norms_N)
    is_right_N = np.where(has_face_N, is_finite_N & np.isclose(lengths_N, norms_N, rtol=NORM_TOLERANCE), is_without_N)
    for at in np.flatnonzero(~is_right_N):
        where = frame_id(record.shard_id, table["step"][int(at)].as_py())
        yield Problem(where, f"embedding, norm and has_face in table {embedded.table.name} contradict each other")
