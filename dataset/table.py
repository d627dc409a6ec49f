"""One Delta table of the dataset: a folder of staged files and the log that says which of them count.

Files are written by whoever stages; `append` makes those of decided shards visible, each shard once, in one transaction
that carries the shards' names. A shard counts as there when one of its files does, or when the log holds its transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from dataset.compaction_notes import CompactionNotes, is_compacted
from dataset.delta_actions import add_action, statistics_of
from dataset.errors import StoreUnreachableError, TableReadError
from dataset.patience import ask_patiently, read_patiently
from dataset.record import CommitRecord
from dataset.stage import shard_id_of
from dataset.store import Store

if TYPE_CHECKING:
    import pyarrow.dataset

APPEND_ATTEMPTS = 50
"""Appends collide only with other processes that commit or recover at the same moment; each collision is somebody's progress."""

CHECKPOINT_INTERVAL_COMMITS = 20
"""Opening, refreshing and asking for a transaction replay the log since the last checkpoint: with 100 commits between two
a commit took 25 to 30 ms after 80 shards, with 10 or 20 it stays near 10 ms; a checkpoint costs about 20 ms."""

_TRANSACTION_VERSION = 1
_COMPACTION = "/compaction"  # no shard's name begins so
T = TypeVar("T")
_CONFIGURATION = {"delta.checkpointInterval": str(CHECKPOINT_INTERVAL_COMMITS)}


class Table:
    """One thread at a time. `schema` is that of the files; Delta itself knows lists of fixed size as lists.

    `properties` are what the table says of itself to readers who know nothing of us.
    """

    def __init__(self, store: Store, name: str, schema: pa.Schema, properties: Mapping[str, str]) -> None:
        self.name = name
        self.schema = schema
        self._properties = dict(properties)
        self._store = store
        self._delta: DeltaTable | None = None
        self._appended: set[str] = set()
        self._notes = CompactionNotes(store)

    def append(self, records: Sequence[CommitRecord]) -> list[str]:
        """Makes the records' files visible where they are not yet; returns the shards that were missing."""
        if all(record.shard_id in self._appended for record in records):
            return []
        asked: set[str] = set()
        for _ in range(APPEND_ATTEMPTS):
            # An append whose answer got lost may have happened: every attempt looks again what is missing.
            if ask_patiently(lambda: self._append_once(records, asked)):
                self._appended.update(record.shard_id for record in records)
                return [record.shard_id for record in records if record.shard_id in asked]
        raise StoreUnreachableError(
            self._store.url, f"table {self.name} changed {APPEND_ATTEMPTS} times while a shard was added; try again"
        )

    def describe(self) -> None:
        """Writes the properties into a table of an earlier release. A table that is not there has them from its creation on:
        where this call waits for the store, Delta holds Python's lock, and the whole process waits with it."""
        for _ in range(APPEND_ATTEMPTS):
            if ask_patiently(self._describe_once):
                return
        raise StoreUnreachableError(
            self._store.url, f"table {self.name} changed {APPEND_ATTEMPTS} times while it was described; try again"
        )

    def version(self) -> int | None:
        """The newest version, None while the table is not there."""
        ask_patiently(self._refreshed)
        return self.seen_version

    @property
    def seen_version(self) -> int | None:
        """The version that was there at the last look, so that of the rows that were got last."""
        return None if self._delta is None else int(self._delta.version())

    def files(self) -> pa.Table:
        """Files that count, with `path`, `size_bytes`, `num_records`, and the range of shards `min.shard_id`, `max.shard_id`."""
        delta = ask_patiently(self._refreshed)
        columns = ["path", "size_bytes", "num_records", "min.shard_id", "max.shard_id"]
        if delta is None:
            return pa.table({name: pa.array([], pa.string()) for name in columns})
        listed = pa.table(delta.get_add_actions(flatten=True))
        return pa.table({name: _column(listed, name) for name in columns}).sort_by("path")

    def read(
        self, columns: Sequence[str] | None = None, *, shard_id: str | None = None, condition: Any = None
    ) -> pa.Table:
        """All rows, or those of a shard or a condition (a `pyarrow.compute` expression). Raises TableReadError."""
        if shard_id is not None:
            is_meant = pc.field("shard_id") == shard_id
            condition = is_meant if condition is None else is_meant & condition
        rows = self.rows(shard_id)
        wanted = None if columns is None else list(columns)
        return self._read_patiently(lambda: rows.to_table(columns=wanted, filter=condition))

    def rows(self, shard_id: str | None = None) -> pyarrow.dataset.Dataset:
        """The rows of this moment, read when asked for; only files that may hold the shard, when one is named."""
        files = self.files()
        if shard_id is not None and files.num_rows:
            begins_before = _or_unknown(pc.less_equal(files["min.shard_id"], shard_id))
            ends_after = _or_unknown(pc.greater_equal(files["max.shard_id"], shard_id))
            files = files.filter(pc.and_(begins_before, ends_after))
        import pyarrow.dataset  # takes pandas along where it is installed: 1.5 s that those who only commit do without

        if not files.num_rows:
            return pyarrow.dataset.dataset(self.schema.empty_table())
        return self._open_files(files["path"].to_pylist())

    def read_files(self, paths: Sequence[str]) -> pa.Table:
        """All rows of some of the files. Raises TableReadError."""
        rows = self._open_files(paths)
        return self._read_patiently(rows.to_table)

    def _open_files(self, paths: Sequence[str]) -> pyarrow.dataset.Dataset:
        import pyarrow.dataset

        return self._read_patiently(
            lambda: pyarrow.dataset.dataset(
                [f"{self.name}/{path}" for path in paths],
                schema=self.schema,
                format=_checked_parquet(),
                filesystem=self._store.arrow_filesystem,
            )
        )

    def _read_patiently(self, read: Callable[[], T]) -> T:
        with self.readable():
            return read_patiently(read)

    def batches(
        self, rows: pyarrow.dataset.Dataset, condition: Any = None, batch_size: int = 8192
    ) -> Iterator[pa.RecordBatch]:
        """The rows piece by piece. Raises TableReadError."""
        with self.readable():
            yield from rows.to_batches(filter=condition, batch_size=batch_size)

    def replace(
        self, paths: Sequence[str], path: str, size_bytes: int, num_rows: int, shard_range: tuple[str, str]
    ) -> bool:
        """One file of the same rows in place of others. False, and nothing changed, when one of those is gone already."""
        return ask_patiently(lambda: self._replace_once(paths, path, size_bytes, num_rows, shard_range))

    def _replace_once(
        self, paths: Sequence[str], path: str, size_bytes: int, num_rows: int, shard_range: tuple[str, str]
    ) -> bool:
        there = set(self.files()["path"].to_pylist())
        delta = self._delta
        if path in there:  # done before, and its answer got lost
            return True
        if delta is None or not set(paths) <= there:
            return False
        now_milliseconds = int(time.time() * 1000)
        actions: list[AddAction | RemoveAction] = [
            RemoveAction(old, False, now_milliseconds, partition_values={}) for old in paths
        ]
        statistics = statistics_of(num_rows, *shard_range)
        actions.append(AddAction(path, size_bytes, {}, now_milliseconds, False, statistics))
        # Delta does not mind two writers that remove the same file; it minds two that number the same transaction.
        with self._translated():
            number = (delta.transaction_version(_COMPACTION) or 0) + 1
            properties = CommitProperties(app_transactions=[Transaction(_COMPACTION, number)])
            try:
                delta.create_write_transaction(actions, "append", self.schema, commit_properties=properties)
            except CommitFailedError:
                return False
        return True

    def _append_once(self, records: Sequence[CommitRecord], asked: set[str]) -> bool:
        """False when another process changed the table first. `asked` takes the shards that were missing at any look."""
        # A table created here may be another's, with shards in it already: look after creating, not before.
        delta = self._refreshed() or self._create()
        missing = self._missing(delta, records)
        asked.update(record.shard_id for record in missing)
        return not missing or self._try_append(delta, missing)

    def _describe_once(self) -> bool:
        """False when another process changed the table first."""
        delta = self._refreshed()
        if delta is None:
            return True
        with self._translated():
            known = delta.metadata().configuration
            lacking = {name: value for name, value in self._properties.items() if known.get(name) != value}
            try:
                if lacking:
                    delta.alter.set_table_properties(lacking, raise_if_not_exists=False)
            except CommitFailedError:
                return False
        return True

    def _missing(self, delta: DeltaTable, records: Sequence[CommitRecord]) -> list[CommitRecord]:
        unsure = [record for record in records if record.shard_id not in self._appended]
        if len(unsure) > 1:
            # Asking the log for one shard's transaction reads all of it, so ask only where no file tells.
            for path in self.files()["path"].to_pylist():
                known = self._notes.shard_ids(self.name, path) if is_compacted(path) else (shard_id_of(path),)
                self._appended.update(known)
        with self._translated():
            return [
                record
                for record in unsure
                if record.shard_id not in self._appended and delta.transaction_version(record.shard_id) is None
            ]

    def _try_append(self, delta: DeltaTable, records: Sequence[CommitRecord]) -> bool:
        """False when another process changed the table first; then what is missing has to be looked up again."""
        actions: list[AddAction | RemoveAction] = [
            add_action(record.shard_id, file) for record in records for file in record.files(self.name)
        ]
        transactions = [Transaction(record.shard_id, _TRANSACTION_VERSION) for record in records]
        with self._translated():
            try:
                delta.create_write_transaction(
                    actions, "append", self.schema, commit_properties=CommitProperties(app_transactions=transactions)
                )
            except CommitFailedError:
                return False
        return True

    def _refreshed(self) -> DeltaTable | None:
        with self._translated():
            if self._delta is not None:
                self._delta.update_incremental()
                return self._delta
            try:
                self._delta = self._open()
            except TableNotFoundError:
                return None
        return self._delta

    def _open(self) -> DeltaTable:
        return DeltaTable(self._store.delta_url(self.name), storage_options=self._store.delta_options)

    def _create(self) -> DeltaTable:
        """Of several creators one wins, the others open what it created."""
        with self._translated():
            with suppress(CommitFailedError):
                DeltaTable.create(
                    self._store.delta_url(self.name),
                    self.schema,
                    mode="ignore",
                    configuration=_CONFIGURATION | self._properties,
                    raise_if_key_not_exists=False,  # ours are names that Delta does not know
                    storage_options=self._store.delta_options,
                )
            self._delta = self._open()
        return self._delta

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DeltaError, OSError) as error:
            raise StoreUnreachableError(
                self._store.url, f"table {self.name} cannot be read or written ({type(error).__name__}): {error}"
            ) from error

    @contextmanager
    def readable(self) -> Iterator[None]:
        """Turns what goes wrong while rows are read into TableReadError."""
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            raise TableReadError(f"{self._store.url}: table {self.name} cannot be read: {error}") from error


def _checked_parquet() -> Any:
    """Damaged pages are an error instead of wrong numbers."""
    import pyarrow.dataset

    options = pyarrow.dataset.ParquetFragmentScanOptions(page_checksum_verification=True)
    return pyarrow.dataset.ParquetFileFormat(default_fragment_scan_options=options)


def _column(listed: pa.Table, name: str) -> Any:
    return listed[name] if name in listed.column_names else pa.nulls(listed.num_rows, pa.string())


def _or_unknown(condition: Any) -> Any:
    return pc.fill_null(condition, True)
