"""Which shards are committed: one insert-only record each. This is the truth; the tables follow it.

Embeddings that are made again later have a ledger of their own, in another folder.
"""

from __future__ import annotations

import json

from dataset.errors import DatasetError
from dataset.record import CommitRecord
from dataset.store import Store
from protocol.errors import ProtocolError

FOLDER = "shards"
_SUFFIX = ".json"


class Ledger:
    """Records never change, so each is read once and kept. One thread at a time."""

    def __init__(self, store: Store, folder: str = FOLDER) -> None:
        self._store = store
        self._folder = folder
        self._known: dict[str, CommitRecord] = {}

    def insert(self, record: CommitRecord) -> bool:
        """True when this record decided its shard; False when another did before."""
        content = json.dumps(record.to_json(), sort_keys=True).encode()
        if not self._store.put_if_absent(self._path(record.shard_id), content):
            return False
        self._known[record.shard_id] = record
        return True

    def get(self, shard_id: str) -> CommitRecord | None:
        if shard_id not in self._known and (content := self._store.read(self._path(shard_id))) is not None:
            self._known[shard_id] = _read(self._path(shard_id), content)
        return self._known.get(shard_id)

    def records(self) -> dict[str, CommitRecord]:
        """Every committed shard's record, those of other writers included."""
        listed = [self._shard_id(file.path) for file in self._store.list(self._folder) if file.path.endswith(_SUFFIX)]
        new = [self._path(shard_id) for shard_id in listed if shard_id not in self._known]
        for path, content in self._store.read_all(new).items():
            self._known[self._shard_id(path)] = _read(path, content)
        return dict(self._known)

    def _path(self, shard_id: str) -> str:
        return f"{self._folder}/{shard_id}{_SUFFIX}"

    def _shard_id(self, path: str) -> str:
        return path.removeprefix(f"{self._folder}/").removesuffix(_SUFFIX)


def _read(path: str, content: bytes) -> CommitRecord:
    try:
        return CommitRecord.from_json(json.loads(content))
    except (ValueError, ProtocolError) as error:
        raise DatasetError(f"The commit record {path} is damaged: {error}. Restore it from a copy") from error
