"""The note at the root of the tables that says whose they are: schema version and profile."""

from __future__ import annotations

import json
import uuid
from typing import Any

from creator.profile import Profile
from dataset.errors import DatasetError, ProfileMismatchError, SchemaVersionError
from dataset.schema import SCHEMA_VERSION
from dataset.store import Store

PATH = "dataset.json"


def read_marker(store: Store) -> dict[str, Any] | None:
    """None when there are no tables yet."""
    content = store.read(PATH)
    if content is None:
        return None
    try:
        marker: dict[str, Any] = json.loads(content)
    except ValueError as error:
        raise DatasetError(f"{store.url}/{PATH} is damaged: {error}") from error
    return marker


def create_marker(store: Store, profile: Profile) -> None:
    """Of several creators the first decides; `check_marker` tells the others."""
    marker = {
        "schema_version": SCHEMA_VERSION,
        "profile_name": profile.name,
        "profile_hash": profile.hash,
        "creator": uuid.uuid4().hex,
    }
    store.put_if_absent(PATH, json.dumps(marker, indent=1).encode() + b"\n")


def check_marker(store: Store, profile: Profile) -> None:
    """Raises SchemaVersionError, ProfileMismatchError or DatasetError when the tables are not the expected ones."""
    marker = read_marker(store) or {}
    if marker.get("schema_version") != SCHEMA_VERSION:
        raise SchemaVersionError(store.url, marker.get("schema_version"), SCHEMA_VERSION)
    if marker.get("profile_hash") != profile.hash:
        got = f"{marker.get('profile_name')} ({marker.get('profile_hash')})"
        raise ProfileMismatchError(store.url, got, f"{profile.name} ({profile.hash})")
