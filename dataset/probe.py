"""Finds out whether a store can be trusted with the decision who commits a shard, by racing it.

Some servers pass every sequential check and lose data when writers really meet (measured: 2 of 30 races had one winner),
others ignore the condition. Neither says so. A write that got no answer is repeated, a few times; who won is then told by
what is found there.
"""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from dataset.errors import StoreError, StoreUnreachableError, StoreUnsafeError
from dataset.patience import ask_patiently
from dataset.store import Store

NUM_WRITERS = 8
NUM_KEYS = 12
_FOLDER = "probe"


def probe_store(store: Store, *, num_writers: int = NUM_WRITERS, num_keys: int = NUM_KEYS) -> None:
    """Raises StoreUnsafeError when not exactly one writer wins each key, or another's bytes are found there.

    Raises StoreUnreachableError when the store did not answer one of them several times in a row.
    """
    folder = f"{_FOLDER}/{uuid.uuid4().hex}"
    paths = [f"{folder}-{key}" for key in range(num_keys)]
    try:
        with ThreadPoolExecutor(num_writers, thread_name_prefix="probe") as threads:
            for path in paths:
                _race(store, path, num_writers, threads)
    finally:
        with suppress(StoreError):  # what is left there harms nobody, and must not hide why the race failed
            store.delete(paths)


def _race(store: Store, path: str, num_writers: int, threads: ThreadPoolExecutor) -> None:
    start = threading.Barrier(num_writers)
    contents = [f"{uuid.uuid4().hex} {writer}".encode() for writer in range(num_writers)]

    def write(content: bytes) -> bool:
        start.wait()
        return _has_won(store, path, content)

    # The list is needed: every writer has to be at the start before anybody is asked for a result.
    wins = [future.result() for future in [threads.submit(write, content) for content in contents]]
    winners = [content for content, has_won in zip(contents, wins, strict=True) if has_won]
    _judge(store, path, winners, num_writers)
    if _has_won(store, path, b"late"):
        raise StoreUnsafeError(store.url, f"a second write to a key that was there won. {_REMEDY}")


def _has_won(store: Store, path: str, content: bytes) -> bool:
    """The store's own word, unless its answer got lost: then what lies there."""
    try:
        return store.put_if_absent(path, content)
    except StoreUnreachableError:
        has_won = ask_patiently(lambda: store.put_if_absent(path, content))
        return has_won or ask_patiently(lambda: store.read(path)) == content


def _judge(store: Store, path: str, winners: list[bytes], num_writers: int) -> None:
    if len(winners) != 1:
        raise StoreUnsafeError(
            store.url, f"{len(winners)} of {num_writers} racing conditional writes won the same key. {_REMEDY}"
        )
    if ask_patiently(lambda: store.read(path)) != winners[0]:
        raise StoreUnsafeError(store.url, f"the winner of a race found another's bytes. {_REMEDY}")


_REMEDY = (
    "Rows would get lost or doubled; use a store that honours If-None-Match, such as AWS S3, radosgw or a local folder"
)
