"""Notes about compacted files: which shards one holds, which files it replaced.

A staged file tells its shard by its name; a compacted one does not, so a note is put beside the tables before the file counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from dataset.errors import DatasetError
from dataset.store import Store
from protocol.errors import ProtocolError
from protocol.message import Message

FOLDER = "compactions"
FILE_PREFIX = "compact."
_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class CompactionNote(Message):
    """`path` and `replaced` are relative to the table's folder."""

    table: str
    path: str
    shard_ids: tuple[str, ...]
    replaced: tuple[str, ...]
    written_unix_seconds: float


class CompactionNotes:
    """Notes never change, so each is read once and kept. One thread at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, CompactionNote] = {}

    def add(self, note: CompactionNote) -> None:
        place = _place(note.table, note.path)
        self._store.write(place, json.dumps(note.to_json()).encode())
        self._known[place] = note

    def shard_ids(self, table: str, path: str) -> tuple[str, ...]:
        """Of a compacted file; nothing when its note is not there."""
        place = _place(table, path)
        if place not in self._known and (content := self._store.read(place)) is not None:
            self._known[place] = _read(place, content)
        return self._known[place].shard_ids if place in self._known else ()

    def all(self) -> list[CompactionNote]:
        """Of every table, those of compactions that died included."""
        listed = [file.path for file in self._store.list(FOLDER) if file.path.endswith(_SUFFIX)]
        new = [place for place in listed if place not in self._known]
        for place, content in self._store.read_all(new).items():
            self._known[place] = _read(place, content)
        return [self._known[place] for place in listed if place in self._known]


def is_compacted(path: str) -> bool:
    return path.startswith(FILE_PREFIX)


def _place(table: str, path: str) -> str:
    return f"{FOLDER}/{table}.{path}{_SUFFIX}"


def _read(place: str, content: bytes) -> CompactionNote:
    try:
        return CompactionNote.from_json(json.loads(content))
    except (ValueError, ProtocolError) as error:
        raise DatasetError(f"The compaction note {place} is damaged: {error}. Restore it from a copy") from error
