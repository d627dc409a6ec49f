"""The note at the root of the tables that says whose they are: schema version and profile."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
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
    store.put_if_absent(PATH, _encode(marker))


def check_marker(store: Store, profile: Profile) -> None:
    """Raises SchemaVersionError, ProfileMismatchError or DatasetError when the tables are not the expected ones."""
    marker = read_marker(store) or {}
    version = version_of(store, marker)
    if version != SCHEMA_VERSION:
        raise SchemaVersionError(store.url, version, SCHEMA_VERSION)
    check_profile(store, marker, profile)


def version_of(store: Store, marker: Mapping[str, Any]) -> int:
    version = marker.get("schema_version")
    if not isinstance(version, int) or version < 1:
        raise DatasetError(f"{store.url}/{PATH} is damaged: its schema_version is {version!r:.40}")
    return version


def check_profile(store: Store, marker: Mapping[str, Any], profile: Profile) -> None:
    if marker.get("profile_hash") != profile.hash:
        got = f"{marker.get('profile_name')} ({marker.get('profile_hash')})"
        raise ProfileMismatchError(store.url, got, f"{profile.name} ({profile.hash})")


def raise_version(store: Store, marker: Mapping[str, Any], version: int) -> None:
    """The only object that is ever written again; whoever reads finds the old one or the new one."""
    store.write(PATH, _encode({**marker, "schema_version": version}))


def _encode(marker: Mapping[str, Any]) -> bytes:
    return json.dumps(marker, indent=1).encode() + b"\n"
