"""Figures of commits and tables: how long, how many, how large."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from prometheus_client.core import Metric

from creator.profile import Profile
from dataset.dataset import Dataset
from dataset.record import StagedChunk
from telemetry.family import Count, Histogram, family

READ_EVERY_SECONDS = 60.0
"""Tables are read so often at most, however often somebody scrapes."""


class TimedTable:
    """A dataset as the coordinator uses it; every commit is timed."""

    def __init__(self, dataset: Dataset, clock: Callable[[], float] = time.monotonic) -> None:
        self._dataset = dataset
        self._clock = clock
        self._seconds = Histogram("lookalike_commit_seconds")
        self._failures = Count("lookalike_commit_failures_total")

    @property
    def profile(self) -> Profile:
        return self._dataset.profile

    def committed_shards(self) -> dict[str, int]:
        return self._dataset.committed_shards()

    def commit_shard(self, shard_id: str, chunks: Sequence[StagedChunk]) -> bool:
        started = self._clock()
        try:
            return self._dataset.commit_shard(shard_id, chunks)
        except BaseException:
            self._failures.add()
            raise
        finally:
            self._seconds.observe(self._clock() - started)

    def flush(self) -> None:
        self._dataset.flush()

    def collect(self) -> Iterator[Metric]:
        yield from self._seconds.collect()
        yield from self._failures.collect()


class TableFigures:
    """What is in the tables, and how much room is left where they lie."""

    def __init__(self, dataset: Dataset, clock: Callable[[], float] = time.monotonic) -> None:
        self._dataset = dataset
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at: float | None = None
        self._families: list[Metric] = []

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            now = self._clock()
            if self._read_at is None or now - self._read_at >= READ_EVERY_SECONDS:
                self._families = [*self._sizes(), *self._disk()]
                self._read_at = now
            yield from self._families

    def _sizes(self) -> Iterator[Metric]:
        yield family("lookalike_table_rows", self._dataset.num_rows())
        sizes = {table.name: table.files()["size_bytes"].to_pylist() for table in self._dataset.tables()}
        yield family("lookalike_table_bytes", {(name,): float(sum(found)) for name, found in sizes.items()})
        yield family("lookalike_table_files", {(name,): float(len(found)) for name, found in sizes.items()})

    def _disk(self) -> Iterator[Metric]:
        root = Path(self._dataset.store.url)
        if root.is_dir():
            usage = shutil.disk_usage(root)
            yield family("lookalike_disk_free_bytes", float(usage.free))
            yield family("lookalike_disk_size_bytes", float(usage.total))
