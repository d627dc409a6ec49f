"""Embeddings of stored frames by another recogniser, in a table of their own.

A shard is staged once: its file is durable, and its record in `reembedding/<table>` names it; whoever comes second changes
nothing. `commit` makes all staged shards count in one transaction and then puts `reembedded/<table>.json`, from which on
readers find the table. Whatever dies in between, the same calls again finish it. Shards that were captured with this
recogniser are in its table already; shards that come later are added by the next run.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from dataset.errors import DatasetError, FramesRefusedError
from dataset.ledger import Ledger
from dataset.parquet import encode_table
from dataset.record import CommitRecord, StagedChunk, StagedFile
from dataset.rows import FrameEmbeddings
from dataset.schema import embeddings_name, embeddings_schema
from dataset.store import Store

if TYPE_CHECKING:
    from dataset.dataset import Dataset

RUNS_FOLDER = "reembedding"
DONE_FOLDER = "reembedded"
_SETTINGS = ("shard_id", "step", "slider_set", "gender", "face", "skin", "sliders")


@dataclass(frozen=True, slots=True)
class StoredPictures:
    """A shard's encoded pictures and, row by row, what they show."""

    settings: pa.Table
    images: tuple[bytes, ...]


def read_reembedded(store: Store) -> dict[str, int]:
    """Dimension of each recogniser that stored frames were embedded with again, by its identity in text."""
    paths = [file.path for file in store.list(DONE_FOLDER)]
    found = [json.loads(content) for content in store.read_all(paths).values()]
    return {str(entry["recogniser"]): int(entry["dimension"]) for entry in found}


def read_records(store: Store, table: str) -> dict[str, CommitRecord]:
    """What was staged for a table, by shard; it counts from `commit` on."""
    return Ledger(store, f"{RUNS_FOLDER}/{table}").records()


class Reembedding:
    """Stage from any number of processes, commit from one or several."""

    def __init__(
        self, dataset: Dataset, recogniser: str, dimension: int, clock: Callable[[], float] = time.time
    ) -> None:
        """Raises DatasetError when the tables hold embeddings of this recogniser with another dimension."""
        known = dataset.recognisers().get(recogniser, dimension)
        if known != dimension:
            raise DatasetError(f"{recogniser} has {dimension} dimensions, its table in {dataset.store.url} has {known}")
        self.dataset = dataset
        self.recogniser = recogniser
        self.dimension = dimension
        self._table = embeddings_name(recogniser)
        self._ledger = Ledger(dataset.store, f"{RUNS_FOLDER}/{self._table}")
        self._clock = clock

    def missing_shards(self) -> list[str]:
        """Committed shards that have neither come with embeddings of this recogniser nor been staged since."""
        staged = self._ledger.records()
        records = self.dataset.records()
        return sorted(
            shard_id
            for shard_id, record in records.items()
            if record.recogniser != self.recogniser and shard_id not in staged
        )

    def pictures(self, shard_id: str) -> StoredPictures:
        """In the order of their steps."""
        settings = self.dataset.frames().read(_SETTINGS, shard_id=shard_id).sort_by("step")
        images = self.dataset.images().read(["step", "image"], shard_id=shard_id).sort_by("step")
        if settings["step"].to_pylist() != images["step"].to_pylist():
            raise DatasetError(
                f"Shard {shard_id}: labels and pictures are of different steps; run `lookalike data verify`"
            )
        return StoredPictures(settings, tuple(images["image"].to_pylist()))

    def stage(self, pictures: StoredPictures, embeddings: FrameEmbeddings) -> bool:
        """Makes a shard's embeddings durable. False: another has staged this shard, and nothing changes."""
        rows = self._rows(pictures, embeddings)
        (shard_id,) = set(pictures.settings["shard_id"].to_pylist())
        name, content = f"{shard_id}.0.{uuid.uuid4().hex}.parquet", encode_table(rows)
        self.dataset.store.write(f"{self._table}/{name}", content)
        steps = tuple(pictures.settings["step"].to_pylist())
        files = (StagedFile(self._table, name, rows.num_rows, len(content)),)
        chunk = StagedChunk(shard_id, 0, self.recogniser, self.dimension, steps, files)
        return self._ledger.insert(CommitRecord(shard_id, (chunk,), uuid.uuid4().hex, self._clock()))

    def commit(self) -> int:
        """Makes everything staged visible, in one transaction; returns the rows that were not visible before."""
        records = self._ledger.records()
        if not records:
            return 0
        table = self.dataset.table(self._table, self.dimension)
        appended = table.append(list(records.values()))
        entry = {"recogniser": self.recogniser, "dimension": self.dimension}
        content = json.dumps(entry | {"writer": uuid.uuid4().hex}).encode()
        self.dataset.store.put_if_absent(f"{DONE_FOLDER}/{self._table}.json", content)
        return sum(records[shard_id].num_rows for shard_id in appended)

    def _rows(self, pictures: StoredPictures, embeddings: FrameEmbeddings) -> pa.Table:
        schema = embeddings_schema(self.dataset.profile, self.dimension)
        if (len(embeddings), embeddings.dimension) != (pictures.settings.num_rows, self.dimension):
            raise FramesRefusedError(
                f"{len(embeddings)} embeddings of {embeddings.dimension} dimensions for {pictures.settings.num_rows} pictures "
                f"and {self.dimension} dimensions"
            )
        flat = np.ascontiguousarray(embeddings.embeddings_ND, np.float32).reshape(-1)
        columns = {name: pictures.settings[name].combine_chunks() for name in _SETTINGS} | {
            "has_face": pa.array(embeddings.has_face_N),
            "embedding": pa.FixedSizeListArray.from_arrays(pa.array(flat), self.dimension),
            "norm": pa.array(embeddings.norms_N.astype(np.float32)),
            "score": pa.array(embeddings.scores_N.astype(np.float32)),
        }
        return pa.table([columns[name] for name in schema.names], schema=schema)
