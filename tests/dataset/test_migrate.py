"""Tables of an earlier release are refused until they are migrated, and migrated they are as if made today."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable
from fuse import Crash
from making import RECOGNISER, stage_steps

from creator.profile import Profile
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.errors import DatasetError, ProfileMismatchError, SchemaVersionError
from dataset.migrate import migrate
from dataset.schema import SCHEMA_VERSION
from dataset.store import Store, open_store
from dataset.table import Table
from dataset.verify import verify

TABLES = ("frames", "images", f"embeddings_{RECOGNISER.replace('-', '_')}")
SHARDS = {"sweep-00001": 3, "sweep-00002": 2}


def properties(store: Store, table: str) -> dict[str, str]:
    return dict(DeltaTable(store.delta_url(table)).metadata().configuration)


def set_version(store: Store, version: int) -> None:
    marker = Path(store.url) / "dataset.json"
    marker.write_text(json.dumps({**json.loads(marker.read_text()), "schema_version": version}))


@pytest.fixture
def first_version(tmp_path: Path, profile: Profile) -> Iterator[Store]:
    """Tables as version 1 wrote them: they say nothing of themselves."""
    store = open_store(tmp_path / "data")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("dataset.commit.table_properties", lambda _: {})
        dataset = Dataset.open_in(store, profile)
        for shard_id, num_rows in SHARDS.items():
            dataset.commit_shard(shard_id, [stage_steps(dataset, shard_id, range(num_rows))])
    set_version(store, 1)
    assert not any("lookalike.schemaVersion" in properties(store, table) for table in TABLES)
    return store


def assert_migrated(store: Store, profile: Profile) -> None:
    for table in TABLES:
        said = properties(store, table)
        assert said["lookalike.schemaVersion"] == str(SCHEMA_VERSION)
        assert said["lookalike.sliders"].split(",") == [row.name for row in profile.sliders]
        assert "delta.checkpointInterval" in said
    dataset = Dataset.open_in(store, profile)
    assert verify(dataset, SHARDS).is_clean
    dataset.commit_shard("sweep-00003", [stage_steps(dataset, "sweep-00003", range(2))])
    assert verify(Dataset.open_in(store, profile), {**SHARDS, "sweep-00003": 2}).is_clean


def test_tables_of_an_earlier_release_are_refused_with_what_to_do(first_version: Store, profile: Profile) -> None:
    with pytest.raises(SchemaVersionError, match=r"version 1 of an earlier release.*lookalike data migrate"):
        Dataset.open_in(first_version, profile)


def test_migrated_tables_keep_every_row_and_describe_themselves(first_version: Store, profile: Profile) -> None:
    assert migrate(first_version, profile) == list(range(2, SCHEMA_VERSION + 1))

    assert_migrated(first_version, profile)
    assert migrate(first_version, profile) == []


def test_new_tables_describe_themselves_at_their_first_commit(dataset: Dataset, profile: Profile) -> None:
    for shard_id, num_rows in SHARDS.items():
        dataset.commit_shard(shard_id, [stage_steps(dataset, shard_id, range(num_rows))])
    assert_migrated(dataset.store, profile)


@pytest.mark.parametrize("num_tables", [0, 1, 2, 3])
def test_a_migration_that_dies_is_finished_by_the_next(
    first_version: Store, profile: Profile, num_tables: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe, done = Table.describe, []

    def dying(table: Table) -> None:
        if len(done) == num_tables:
            raise Crash
        describe(table)
        done.append(table.name)

    with monkeypatch.context() as patched:
        patched.setattr(Table, "describe", dying)
        if num_tables == len(TABLES):
            patched.setattr("dataset.migrate.raise_version", lambda *_: (_ for _ in ()).throw(Crash))
        with pytest.raises(Crash):
            migrate(first_version, profile)

    with pytest.raises(SchemaVersionError):
        Dataset.open_in(first_version, profile)
    assert migrate(first_version, profile) == [2]
    assert_migrated(first_version, profile)


def test_tables_of_a_newer_release_are_refused(dataset: Dataset, profile: Profile) -> None:
    set_version(dataset.store, SCHEMA_VERSION + 1)
    for opening in (Dataset.open_in, migrate):
        with pytest.raises(SchemaVersionError, match="install that release"):
            opening(dataset.store, profile)


def test_nothing_is_migrated_that_is_not_ours(first_version: Store, tmp_path: Path, profile: Profile) -> None:
    with pytest.raises(ProfileMismatchError):
        migrate(first_version, load_profile("standin"))
    with pytest.raises(DatasetError, match="No tables"):
        migrate(open_store(tmp_path / "elsewhere"), profile)
    set_version(first_version, 0)
    with pytest.raises(DatasetError, match="damaged"):
        migrate(first_version, profile)
