"""Where the tables live: a local folder or a bucket, through the same few operations.

Paths are relative to the store's root, with forward slashes. Objects are written once under a name of their own and never
changed; the one race that matters, who commits a shard, is decided by `put_if_absent`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from dataset.errors import StoreError


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One object; `modified_unix_seconds` is by the store's clock."""

    path: str
    size_bytes: int
    modified_unix_seconds: float


class Store(Protocol):
    """Raises StoreUnreachableError when nobody answers (what was asked may have happened) and StoreNotWritableError when
    the store refuses. Neither `url` nor any error holds credentials."""

    @property
    def url(self) -> str:
        """The root, to be shown to people."""

    @property
    def arrow_filesystem(self) -> Any:
        """A `pyarrow.fs.FileSystem` rooted at the store's root, for reading columns without reading whole objects."""

    @property
    def delta_options(self) -> dict[str, str]:
        """What `deltalake` has to be told beside the address."""

    def delta_url(self, folder: str) -> str:
        """The address of a folder as `deltalake` takes it."""

    def write(self, path: str, data: bytes) -> None:
        """Writes an object whole and durably. The name must be unique; nobody may be reading it."""

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """Writes an object unless one is there: of any number of racing writers exactly one gets True.

        `data` must differ between writers: where an answer got lost, the content tells who won.
        """

    def read(self, path: str) -> bytes | None:
        """The object's content, None when it is not there."""

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Contents of many small objects at once; those that are not there are left out."""

    def list(self, folder: str, prefix: str = "") -> list[StoredFile]:
        """Objects directly in the folder whose names begin with `prefix`; nothing for a folder that is not there."""

    def sizes(self, paths: Sequence[str]) -> dict[str, int]:
        """Bytes of objects of one folder whose names begin alike; those that are not there are left out."""

    def delete(self, paths: Sequence[str]) -> None:
        """Removes objects; those that are not there are no error."""


def open_store(url: str | Path, environment: Mapping[str, str] = os.environ) -> Store:
    """The store at a folder's path, `file://...` or `s3://bucket/prefix`.

    Credentials, region and endpoint of a bucket come from the usual AWS variables and files. Nothing is written yet.
    """
    text = os.fspath(url)
    scheme = urlsplit(text).scheme if "://" in text else ""
    if scheme in ("", "file"):
        from dataset.local_store import LocalStore

        return LocalStore(Path(text.removeprefix("file://")).expanduser().absolute())
    if scheme == "s3":
        from dataset.s3_store import open_s3_store

        return open_s3_store(text, environment)
    raise StoreError(f"{scheme}://...", "expected a folder's path or s3://bucket/prefix")
