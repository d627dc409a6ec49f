"""Brings tables that an earlier release wrote to the schema of this one, a version at a time.

Every step may be interrupted and repeated: it changes nothing that it has changed before, and the marker is rewritten last.
Nobody may capture to the tables meanwhile: a process of the earlier release looks at the marker only when it opens them.
"""

from __future__ import annotations

from collections.abc import Callable

from creator.profile import Profile
from dataset.dataset import Dataset
from dataset.errors import DatasetError, SchemaVersionError
from dataset.marker import check_profile, raise_version, read_marker, version_of
from dataset.schema import SCHEMA_VERSION
from dataset.store import Store


def migrate(store: Store, profile: Profile) -> list[int]:
    """The versions that the tables were brought to, none when they are of this release.

    Raises SchemaVersionError for tables of a newer release, ProfileMismatchError, StoreError.
    """
    marker = read_marker(store)
    if marker is None:
        raise DatasetError(f"No tables in {store.url}; name the folder or bucket that a coordinator captures to")
    found = version_of(store, marker)
    if found > SCHEMA_VERSION:
        raise SchemaVersionError(store.url, found, SCHEMA_VERSION)
    check_profile(store, marker, profile)
    dataset = Dataset(store, profile)
    for version in range(found, SCHEMA_VERSION):
        STEPS[version](dataset)
        raise_version(store, marker, version + 1)
    return list(range(found + 1, SCHEMA_VERSION + 1))


def describe_tables(dataset: Dataset) -> None:
    """1 to 2: every table says in its own properties which schema and profile it is of and what its sliders are called."""
    dataset.recover()  # as the earlier release would have on its next start
    for table in dataset.tables():
        table.describe()


STEPS: dict[int, Callable[[Dataset], None]] = {1: describe_tables}
