"""Commits a shard exactly once over several tables, whatever dies when.

1. The record `shards/<shard>.json` is put unless one is there. That is the decision: from here on the shard is committed,
   with exactly the files that the record names. Losers of the race change nothing.
2. Each table gets the record's files in a transaction of the shard's name, after a look whether it has them already.
Whoever opens the tables, or commits to them, finishes what a dead process left between 1 and 2.

An append costs a table as much for one shard as for ten, and more the more files it has. So a committer that is told to takes
the second step for all shards of some seconds at once.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence

from creator.profile import Profile
from dataset.errors import CommitError, DatasetError
from dataset.ledger import Ledger
from dataset.record import CommitRecord, StagedChunk, check_chunks
from dataset.removals import Removals
from dataset.schema import FRAMES, IMAGES, embeddings_schema, frames_schema, images_schema, table_properties
from dataset.store import Store
from dataset.table import Table

_RETRY_SECONDS = 5.0
_LOG = logging.getLogger(__name__)


def run_later(seconds: float, run: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, run)
    timer.daemon = True
    timer.start()


class Committer:
    """Safe to use from several threads and processes at once.

    With `batch_seconds` above 0, tables follow the records by so much at most; `later` calls something after some seconds.
    """

    def __init__(
        self,
        store: Store,
        profile: Profile,
        clock: Callable[[], float] = time.time,
        *,
        batch_seconds: float = 0.0,
        later: Callable[[float, Callable[[], None]], object] = run_later,
    ) -> None:
        self._store = store
        self._profile = profile
        self._clock = clock
        self._batch_seconds = batch_seconds
        self._later = later
        self._lock = threading.RLock()
        self._ledger = Ledger(store)
        self._tables: dict[str, Table] = {}
        self._backlog: dict[str, CommitRecord] = {}
        self._appended_at = float("-inf")
        self._is_flush_due = False

    def commit_shard(self, shard_id: str, chunks: Sequence[StagedChunk]) -> bool:
        """True: committed by this call. False: it was before, and stays as it was; the tables hold it in either case, or will."""
        check_chunks(shard_id, chunks)
        with self._lock:
            record = self._ledger.get(shard_id)
            is_ours = record is None and self._decide(shard_id, chunks)
            self._backlog[shard_id] = record or self._decided(shard_id)
            if self._clock() - self._appended_at >= self._batch_seconds:
                self.flush()
            elif not self._is_flush_due:
                self._is_flush_due = True
                self._later(self._batch_seconds, self._flush_when_due)
            return is_ours

    def flush(self) -> None:
        """Brings the tables up to what was committed here."""
        with self._lock:
            self._apply(list(self._backlog.values()))
            self._backlog.clear()
            self._appended_at = self._clock()

    def _flush_when_due(self) -> None:
        with self._lock:
            self._is_flush_due = False
            try:
                self.flush()
            except DatasetError as error:  # the next commit tries again, and so does whoever opens the tables
                _LOG.warning("tables not brought up to date shards=%d reason=%s", len(self._backlog), error)
                self._is_flush_due = True
                self._later(max(self._batch_seconds, _RETRY_SECONDS), self._flush_when_due)

    def recover(self) -> list[str]:
        """Brings every table up to the records; returns the shards that some table lacked."""
        with self._lock:
            return self._apply(list(self._ledger.records().values()))

    def records(self) -> dict[str, CommitRecord]:
        with self._lock:
            return self._ledger.records()

    def record(self, shard_id: str) -> CommitRecord | None:
        with self._lock:
            return self._ledger.get(shard_id)

    def table(self, name: str, dimension: int = 0) -> Table:
        """A view of a table of its own, for one reader. `dimension` is needed for a table of embeddings."""
        return Table(self._store, name, self._schema(name, dimension), table_properties(self._profile))

    def _decide(self, shard_id: str, chunks: Sequence[StagedChunk]) -> bool:
        self._check_files(shard_id, chunks)
        return self._ledger.insert(CommitRecord(shard_id, tuple(chunks), uuid.uuid4().hex, self._clock()))

    def _decided(self, shard_id: str) -> CommitRecord:
        record = self._ledger.get(shard_id)
        if record is None:
            raise CommitError(
                f"Shard {shard_id}: its record vanished after it was written; is somebody deleting the tables?"
            )
        return record

    def _check_files(self, shard_id: str, chunks: Sequence[StagedChunk]) -> None:
        """A record must never name a file that was collected as an orphan meanwhile, or is about to be."""
        files = [file for chunk in chunks for file in chunk.files]
        announced = Removals(self._store).announced()
        for table in sorted({file.table for file in files}):
            expected = [file for file in files if file.table == table]
            stored = self._store.sizes([f"{table}/{file.path}" for file in expected])
            for file in expected:
                path = f"{table}/{file.path}"
                if path in announced:
                    raise CommitError(f"Shard {shard_id}: {path} is old and being removed; capture the chunk again")
                if stored.get(path) != file.size_bytes:
                    raise CommitError(f"Shard {shard_id}: {path} is gone or damaged; capture the chunk again")

    def _apply(self, records: Sequence[CommitRecord]) -> list[str]:
        lacked: set[str] = set()
        for name in sorted({table for record in records for table in record.tables}):
            concerned = [record for record in records if name in record.tables]
            if name not in self._tables:
                self._tables[name] = self.table(name, concerned[0].dimension)
            lacked.update(self._tables[name].append(concerned))
        return sorted(lacked)

    def _schema(self, name: str, dimension: int) -> object:
        if name == FRAMES:
            return frames_schema(self._profile)
        return images_schema() if name == IMAGES else embeddings_schema(self._profile, dimension)
