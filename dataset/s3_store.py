"""A store in a bucket: s3fs writes and lists objects, pyarrow reads columns, deltalake keeps the logs.

Source of the settings: facts measured against moto and radosgw. Servers older than the checksums of 2025 refuse them, so
they are sent only where required. Only plain PutObject with `If-None-Match: *` decides races, never If-Match or multipart.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import botocore.exceptions
import pyarrow.fs
import s3fs

from dataset.errors import StoreError, StoreNotWritableError, StoreUnreachableError, StoreUnsafeError
from dataset.store import StoredFile

CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 60
MAX_CONNECTIONS = 32
"""Enough for the start-up race to be one; botocore's ten would queue the writers."""

DEFAULT_ATTEMPTS = 4
"""As AWS_MAX_ATTEMPTS: at one failing request in twenty, one in 160,000 operations fails."""

CONFLICT_ATTEMPTS = 8
"""S3 answers 409 when two conditional writes meet and neither has won yet; the writer has to ask again."""

_PRECONDITION_FAILED, _CONFLICT, _NOT_IMPLEMENTED = 412, 409, 501
_CHECKSUM_VARIABLES = ("AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION")


def open_s3_store(url: str, environment: Mapping[str, str]) -> S3Store:
    """Raises StoreError when the address names no bucket, or it or the endpoint holds credentials."""
    parts = urlsplit(url)
    bucket, prefix = parts.netloc, parts.path.strip("/")
    if "@" in bucket:
        raise StoreError("s3://...", "credentials do not belong in the address; set AWS_ACCESS_KEY_ID and its secret")
    if not bucket or parts.query:
        raise StoreError(url, "expected s3://bucket/prefix")
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or ""
    if "@" in urlsplit(endpoint).netloc:  # S3 has no use for them, and every library would print them in its errors
        raise StoreError(
            url, "credentials do not belong in AWS_ENDPOINT_URL; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
    if endpoint:
        _ask_for_plain_checksums()
    max_attempts = int(environment.get("AWS_MAX_ATTEMPTS") or DEFAULT_ATTEMPTS)
    return S3Store(f"{bucket}/{prefix}".rstrip("/"), endpoint, region, max_attempts)


def _ask_for_plain_checksums() -> None:
    """pyarrow's SDK takes this from the environment only."""
    for name in _CHECKSUM_VARIABLES:
        os.environ.setdefault(name, "when_required")


class S3Store:
    """Implements `dataset.store.Store`; `root` is bucket/prefix. Holds no credentials: each library finds them itself."""

    def __init__(self, root: str, endpoint: str, region: str, max_attempts: int = DEFAULT_ATTEMPTS) -> None:
        self._root = root
        self._endpoint = endpoint
        self._region = region
        self._objects = s3fs.S3FileSystem(
            endpoint_url=endpoint or None,
            client_kwargs={"region_name": region},
            config_kwargs={
                "connect_timeout": CONNECT_TIMEOUT_SECONDS,
                "read_timeout": READ_TIMEOUT_SECONDS,
                "max_pool_connections": MAX_CONNECTIONS,
                "retries": {"mode": "standard", "max_attempts": max_attempts},
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
            },
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        # s3fs repeats what botocore has repeated already; once more is for answers that break off half-way.
        self._objects.retries = 2

    def __repr__(self) -> str:
        return f"S3Store({self.url!r})"

    @property
    def url(self) -> str:
        return f"s3://{self._root}"

    @property
    def arrow_filesystem(self) -> Any:
        endpoint = urlsplit(self._endpoint)
        override = {"endpoint_override": endpoint.netloc, "scheme": endpoint.scheme} if self._endpoint else {}
        filesystem = pyarrow.fs.S3FileSystem(
            region=self._region,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            request_timeout=READ_TIMEOUT_SECONDS,
            **override,
        )
        return pyarrow.fs.SubTreeFileSystem(self._root, filesystem)

    @property
    def delta_options(self) -> dict[str, str]:
        options = {"AWS_REGION": self._region, "conditional_put": "etag"}
        if self._endpoint:
            options["AWS_ENDPOINT_URL"] = self._endpoint
        if self._endpoint.startswith("http://"):
            options["AWS_ALLOW_HTTP"] = "true"
        return options

    def delta_url(self, folder: str) -> str:
        return f"{self.url}/{folder}"

    def write(self, path: str, data: bytes) -> None:
        with self._translated(f"writing {path}"):
            self._objects.pipe_file(self._key(path), data)

    def put_if_absent(self, path: str, data: bytes) -> bool:
        for attempt in range(CONFLICT_ATTEMPTS):
            status = self._put_new(path, data)
            if status == _CONFLICT:
                time.sleep(0.05 * 2**attempt)
                continue
            # A put that is repeated after its answer got lost finds its own object there.
            return status != _PRECONDITION_FAILED or self.read(path) == data
        raise StoreUnreachableError(self.url, f"{path} stayed in conflict for {CONFLICT_ATTEMPTS} attempts; try again")

    def read(self, path: str) -> bytes | None:
        with self._translated(f"reading {path}"):
            try:
                content: bytes = self._objects.cat_file(self._key(path))
            except FileNotFoundError:
                return None
            return content

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        if not paths:
            return {}
        with self._translated(f"reading {len(paths)} objects"):
            contents = self._objects.cat([self._key(path) for path in paths], on_error="return")
        found = {}
        for path in paths:
            content = contents[self._key(path)]
            if isinstance(content, FileNotFoundError):
                continue
            with self._translated(f"reading {path}"):
                if isinstance(content, BaseException):
                    raise content
            found[path] = content
        return found

    def list(self, folder: str, prefix: str = "") -> list[StoredFile]:
        with self._translated(f"listing {folder}"):
            found = self._objects.find(self._key(folder), maxdepth=None, prefix=prefix, detail=True)
        files = [
            StoredFile(key[len(self._root) + 1 :], int(details["size"]), details["LastModified"].timestamp())
            for key, details in sorted(found.items())
        ]
        return [file for file in files if "/" not in file.path[len(folder) + 1 :]]

    def sizes(self, paths: Sequence[str]) -> dict[str, int]:
        """One listing: a request for each would take longer."""
        if not paths:
            return {}
        folder, _, prefix = os.path.commonprefix(list(paths)).rpartition("/")  # noqa: RUF071 - of names, not of folders
        wanted = set(paths)
        return {file.path: file.size_bytes for file in self.list(folder, prefix) if file.path in wanted}

    def delete(self, paths: Sequence[str]) -> None:
        if paths:
            with self._translated(f"removing {len(paths)} objects"):
                self._objects.rm([self._key(path) for path in paths])

    def _key(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _put_new(self, path: str, data: bytes) -> int:
        """The status that the server answered with: 200, 409 or 412."""
        bucket, _, key = self._key(path).partition("/")
        with self._translated(f"writing {path}"):
            try:
                self._objects.call_s3("put_object", Bucket=bucket, Key=key, Body=data, IfNoneMatch="*")
            except OSError as error:
                status = _http_status(error)
                if status == _NOT_IMPLEMENTED:
                    raise StoreUnsafeError(self.url, "the server does not know conditional writes") from error
                if status not in (_CONFLICT, _PRECONDITION_FAILED):
                    raise
                return status
        return 200

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (PermissionError, botocore.exceptions.NoCredentialsError) as error:
            raise StoreNotWritableError(
                self.url, f"{doing} was refused. Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the bucket's rights"
            ) from error
        except FileNotFoundError as error:
            raise StoreNotWritableError(
                self.url, f"{doing} failed: there is no such bucket. Create it first"
            ) from error
        except (OSError, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            at = self._endpoint or "AWS"
            raise StoreUnreachableError(
                self.url, f"{doing} failed at {at} ({type(error).__name__}): {error}"
            ) from error


def _http_status(error: OSError) -> int:
    """s3fs turns the server's answer into an OSError and chains it."""
    cause = error.__cause__
    if not isinstance(cause, botocore.exceptions.ClientError):
        return 0
    return int(cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
