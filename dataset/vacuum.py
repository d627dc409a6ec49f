"""Finds and removes files that belong to nobody: chunks of attempts that died, races that were lost."""

from __future__ import annotations

import time
from collections.abc import Callable

from dataset.dataset import Dataset
from dataset.removals import Removals
from dataset.schema import FRAMES, IMAGES, embeddings_name
from dataset.store import StoredFile

MIN_AGE_SECONDS = 7 * 24 * 3600.0
"""Older than any attempt that may still commit what it staged."""

SETTLE_SECONDS = 60.0
"""A commit that has looked for its files has decided by then: it asks for one conditional write in between."""

_SUFFIX = ".parquet"


def find_orphans(dataset: Dataset) -> list[StoredFile]:
    """Files that no record names and no table counts. Those of attempts and compactions that still go on are among them."""
    files = _table_files(dataset)
    # Listed first, then compared: a commit in between must not make its files look like orphans.
    named = {
        f"{staged.table}/{staged.path}"
        for records in (dataset.records(), *dataset.reembeddings().values())
        for record in records.values()
        for chunk in record.chunks
        for staged in chunk.files
    }
    replaced = {f"{note.table}/{path}" for note in dataset.compactions() for path in note.replaced}
    known = named | replaced | _counting(dataset)
    return [file for file in files if file.path not in known]


def find_replaced(dataset: Dataset, newest_unix_seconds: float) -> list[StoredFile]:
    """Files whose rows a compaction moved into another file, by then or earlier."""
    files = _table_files(dataset)
    replaced = {
        f"{note.table}/{path}"
        for note in dataset.compactions()
        if note.written_unix_seconds <= newest_unix_seconds
        for path in note.replaced
    }
    gone = replaced - _counting(dataset)  # a compaction that died has noted files that still count
    return [file for file in files if file.path in gone]


def vacuum(
    dataset: Dataset,
    *,
    min_age_seconds: float = MIN_AGE_SECONDS,
    clock: Callable[[], float] = time.time,
    wait: Callable[[float], object] = time.sleep,
) -> list[StoredFile]:
    """Removes orphans of at least that age, and files replaced so long ago; returns them.

    A chunk that was removed can no longer be committed; a version of the tables older than that can no longer be read. Takes
    `SETTLE_SECONDS` where there is something to remove, or `min_age_seconds` if that is less.
    """
    newest_unix_seconds = clock() - min_age_seconds
    dataset.recover()  # a table that lacks a shard must find its files
    candidates = _removable(dataset, newest_unix_seconds)
    if not candidates:
        return []
    removals = Removals(dataset.store)
    note = removals.announce(file.path for file in candidates)
    wait(min(SETTLE_SECONDS, min_age_seconds))
    still = {file.path for file in _removable(dataset, newest_unix_seconds)}
    removed = [file for file in candidates if file.path in still]
    dataset.store.delete([file.path for file in removed])
    removals.withdraw(note)
    return removed


def _removable(dataset: Dataset, newest_unix_seconds: float) -> list[StoredFile]:
    orphans = [file for file in find_orphans(dataset) if file.modified_unix_seconds <= newest_unix_seconds]
    return orphans + find_replaced(dataset, newest_unix_seconds)


def _table_files(dataset: Dataset) -> list[StoredFile]:
    return [
        file for table in _table_names(dataset) for file in dataset.store.list(table) if file.path.endswith(_SUFFIX)
    ]


def _counting(dataset: Dataset) -> set[str]:
    return {f"{table.name}/{path}" for table in dataset.tables() for path in table.files()["path"].to_pylist()}


def _table_names(dataset: Dataset) -> list[str]:
    return [FRAMES, IMAGES, *(embeddings_name(recogniser) for recogniser in dataset.recognisers())]
