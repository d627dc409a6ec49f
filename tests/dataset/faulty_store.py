"""A store as networks and tired servers make it: some requests fail, some of those after they were done, and some stall."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dataset.errors import StoreUnreachableError
from dataset.store import Store, StoredFile

_LOOK_SECONDS = 0.1


class FaultyStore:
    """Fails `share` of what it is asked, half of that after it was done; answers nothing while the file `stalled` is there."""

    def __init__(self, store: Store, share: float, *, stalled: Path | None = None, seed: int | None = None) -> None:
        self._store = store
        self._share = share
        self._stalled = stalled
        self._chance = random.Random(seed)

    url = property(lambda self: self._store.url)
    arrow_filesystem = property(lambda self: self._store.arrow_filesystem)
    delta_options = property(lambda self: self._store.delta_options)

    def delta_url(self, folder: str) -> str:
        return self._store.delta_url(folder)

    def write(self, path: str, data: bytes) -> None:
        self._faulty("write", path, data)

    def put_if_absent(self, path: str, data: bytes) -> bool:
        return bool(self._faulty("put_if_absent", path, data))

    def read(self, path: str) -> bytes | None:
        found: bytes | None = self._faulty("read", path)
        return found

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = self._faulty("read_all", paths)
        return found

    def list(self, folder: str, prefix: str = "") -> list[StoredFile]:
        found: list[StoredFile] = self._faulty("list", folder, prefix)
        return found

    def sizes(self, paths: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = self._faulty("sizes", paths)
        return found

    def delete(self, paths: Sequence[str]) -> None:
        self._faulty("delete", paths)

    def _faulty(self, name: str, *arguments: Any) -> Any:
        while self._stalled is not None and self._stalled.exists():
            time.sleep(_LOOK_SECONDS)
        draw = self._chance.random()
        if draw < self._share / 2:
            raise StoreUnreachableError(self.url, f"{name} did not get through")
        result = getattr(self._store, name)(*arguments)
        if draw < self._share:
            raise StoreUnreachableError(self.url, f"the answer to {name} got lost")
        return result
