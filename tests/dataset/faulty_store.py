"""A store as networks and tired servers make it; what Delta does there fails by `faulty_delta`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from faults import Faults
from faulty_delta import faulty_files

from dataset.errors import StoreUnreachableError
from dataset.store import Store, StoredFile


class FaultyStore:
    """Fails `share` of what it is asked, half of that after it was done; answers nothing while the file `stalled` is there."""

    def __init__(self, store: Store, share: float, *, stalled: Path | None = None, seed: int | None = None) -> None:
        self._store = store
        self._faults = Faults(share, stalled=stalled, seed=seed)

    num_failed = property(lambda self: self._faults.num_failed)
    url = property(lambda self: self._store.url)
    arrow_filesystem = property(lambda self: faulty_files(self._store.arrow_filesystem, self._faults))
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
        def fail(explanation: str) -> Exception:
            return StoreUnreachableError(self.url, explanation)

        return self._faults.strike(fail, name, getattr(self._store, name), *arguments)
