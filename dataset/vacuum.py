"""Finds and removes files that belong to nobody: chunks of attempts that died, races that were lost."""

from __future__ import annotations

import time
from collections.abc import Callable

from dataset.dataset import Dataset
from dataset.schema import FRAMES, IMAGES, embeddings_name
from dataset.store import StoredFile

MIN_AGE_SECONDS = 7 * 24 * 3600.0
"""Older than any attempt that may still commit what it staged."""

_SUFFIX = ".parquet"


def find_orphans(dataset: Dataset) -> list[StoredFile]:
    """Staged files that no record names. Those of attempts that still go on are among them."""
    files = [
        file for table in _table_names(dataset) for file in dataset.store.list(table) if file.path.endswith(_SUFFIX)
    ]
    # Listed first, then compared: a commit in between must not make its files look like orphans.
    named = {
        f"{staged.table}/{staged.path}"
        for record in dataset.records().values()
        for chunk in record.chunks
        for staged in chunk.files
    }
    counting = {f"{table.name}/{path}" for table in dataset.tables() for path in table.files()["path"].to_pylist()}
    return [file for file in files if file.path not in named | counting]


def vacuum(
    dataset: Dataset, *, min_age_seconds: float = MIN_AGE_SECONDS, clock: Callable[[], float] = time.time
) -> list[StoredFile]:
    """Removes orphans of at least that age and returns them. A chunk that was removed can no longer be committed."""
    newest_unix_seconds = clock() - min_age_seconds
    orphans = [file for file in find_orphans(dataset) if file.modified_unix_seconds <= newest_unix_seconds]
    dataset.store.delete([file.path for file in orphans])
    return orphans


def _table_names(dataset: Dataset) -> list[str]:
    return [FRAMES, IMAGES, *(embeddings_name(recogniser) for recogniser in dataset.recognisers())]
