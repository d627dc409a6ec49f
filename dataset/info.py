"""What is in the tables, in numbers for people."""

from __future__ import annotations

from dataclasses import dataclass

from dataset.dataset import Dataset
from dataset.rows import sweep_of
from dataset.schema import IMAGES
from dataset.settings import decode_settings


@dataclass(frozen=True, slots=True)
class TableInfo:
    """`version` is None while nothing is committed."""

    name: str
    version: int | None
    num_files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """`num_slider_sets` counts sets by sweep; `rows_by_sweep` tells where the rows come from."""

    url: str
    profile_name: str
    profile_hash: str
    num_shards: int
    num_rows: int
    num_slider_sets: int
    num_combinations: int
    rows_by_sweep: dict[str, int]
    recognisers: dict[str, int]
    tables: tuple[TableInfo, ...]

    @property
    def image_bytes(self) -> int:
        return sum(table.size_bytes for table in self.tables if table.name == IMAGES)


def describe(dataset: Dataset) -> DatasetInfo:
    """Reads labels, no pictures."""
    shards = dataset.committed_shards()
    labels = dataset.frame_table(["shard_id", "slider_set", "gender", "face", "skin", "sliders"])
    sweeps = [sweep_of(shard_id) for shard_id in labels["shard_id"].to_pylist()]
    slider_sets = set(zip(sweeps, labels["slider_set"].to_pylist(), strict=True))
    combinations = {(character.gender, character.face, character.skin) for character in decode_settings(labels)}
    rows_by_sweep: dict[str, int] = {}
    for shard_id, num_rows in shards.items():
        rows_by_sweep[sweep_of(shard_id)] = rows_by_sweep.get(sweep_of(shard_id), 0) + num_rows
    return DatasetInfo(
        url=dataset.store.url,
        profile_name=dataset.profile.name,
        profile_hash=dataset.profile.hash,
        num_shards=len(shards),
        num_rows=sum(shards.values()),
        num_slider_sets=len(slider_sets),
        num_combinations=len(combinations),
        rows_by_sweep=rows_by_sweep,
        recognisers=dataset.recognisers(),
        tables=_describe_tables(dataset),
    )


def _describe_tables(dataset: Dataset) -> tuple[TableInfo, ...]:
    described = []
    for table in dataset.tables():
        files = table.files()
        sizes = files["size_bytes"].to_pylist()
        described.append(TableInfo(table.name, table.seen_version, len(sizes), sum(sizes)))
    return tuple(described)
