"""Notes about files that are to be removed, so that no commit takes them up while they go.

A commit looks whether its files are there, then decides; a removal looks whether a file is named, then removes. Between look and
deed both could pass each other. So a removal writes down what it means to remove, waits until every commit that had looked before
has decided, and looks again; a commit that looks later finds the note and refuses the chunk.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable

from dataset.errors import DatasetError
from dataset.store import Store

FOLDER = "removals"


class Removals:
    def __init__(self, store: Store) -> None:
        self._store = store

    def announce(self, paths: Iterable[str]) -> str:
        """The note's own path, for `withdraw`."""
        note = f"{FOLDER}/{uuid.uuid4().hex}.json"
        self._store.write(note, json.dumps(sorted(paths)).encode())
        return note

    def withdraw(self, note: str) -> None:
        self._store.delete([note])

    def announced(self) -> set[str]:
        """Of removals that died as well: an orphan that was to go is not taken up again, the next removal finds it."""
        notes = [file.path for file in self._store.list(FOLDER)]
        contents = self._store.read_all(notes) if notes else {}
        try:
            return {str(path) for content in contents.values() for path in json.loads(content)}
        except ValueError as error:
            raise DatasetError(f"A note in {self._store.url}/{FOLDER} is damaged: {error}. Remove it") from error
