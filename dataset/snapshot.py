"""A snapshot: one version of the tables as memory-mapped arrays, split by slider set. Training reads nothing else.

Shape letters: N rows; S sliders; D dimension of the recogniser; 3 choices (gender, face, skin).
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataset.errors import SchemaVersionError, SnapshotError

SNAPSHOT_SCHEMA_VERSION = 1
ARRAY_NAMES = ("choices_N3", "sliders_NS", "embeddings_ND", "slider_sets_N", "is_held_out_N", "frame_ids_N")
_INFO_FILE = "snapshot.json"


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """Where the rows came from. `recogniser` is its identity in text, `dataset_version` names the tables' versions."""

    profile_name: str
    profile_hash: str
    recogniser: str
    dataset_version: str
    num_rows: int
    held_out_share: float
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """N rows.

    `choices_N3` are positions and `sliders_NS` scaled to [-1, 1], both as in `creator.encoding`. `embeddings_ND` are as the
    recogniser gave them. `slider_sets_N` are numbers of independent draws of sliders, unique over all sweeps; a set is held
    out whole or not at all. `frame_ids_N` are texts `shard_id:step`.
    """

    choices_N3: NDArray[np.int64]
    sliders_NS: NDArray[np.float32]
    embeddings_ND: NDArray[np.float32]
    slider_sets_N: NDArray[np.int64]
    is_held_out_N: NDArray[np.bool_]
    frame_ids_N: NDArray[np.str_]
    info: SnapshotInfo

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in ARRAY_NAMES}
        if set(lengths.values()) != {self.info.num_rows}:
            raise SnapshotError(f"Arrays of a snapshot of {self.info.num_rows} rows have lengths {lengths}")

    def __len__(self) -> int:
        return self.info.num_rows

    @classmethod
    def open(cls, folder: str | Path) -> Snapshot:
        """Maps the arrays into memory; nothing is read until it is used. Raises SnapshotError, SchemaVersionError."""
        folder = Path(folder)
        info = _read_info(folder)
        return cls(**{name: _map_array(folder, name) for name in ARRAY_NAMES}, info=info)

    def save(self, folder: str | Path) -> None:
        """Writes the folder; it appears complete or not at all, and replaces an older snapshot there."""
        with new_snapshot_folder(folder) as temporary:
            for name in ARRAY_NAMES:
                np.save(temporary / f"{name}.npy", getattr(self, name), allow_pickle=False)
            write_info(temporary, self.info)


@contextmanager
def new_snapshot_folder(folder: str | Path) -> Iterator[Path]:
    """A folder to write into; it takes the name `folder` when the block ends well, and vanishes otherwise."""
    folder = Path(folder)
    _check_replaceable(folder)
    temporary = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.tmp")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        _replace(temporary, folder)
    except OSError as error:
        raise SnapshotError(f"Cannot write the snapshot {folder}: {error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_info(folder: Path, info: SnapshotInfo) -> None:
    text = json.dumps({"schema_version": SNAPSHOT_SCHEMA_VERSION, **asdict(info)}, indent=1)
    (folder / _INFO_FILE).write_text(text + "\n")


def _check_replaceable(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _INFO_FILE).is_file():
        raise SnapshotError(f"{folder} holds something else than a snapshot; name an empty folder")


def _replace(temporary: Path, folder: Path) -> None:
    """A process that has mapped the older snapshot keeps it: its files live on until it lets go."""
    older = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.old.tmp")
    if folder.exists():
        folder.rename(older)
    temporary.rename(folder)
    shutil.rmtree(older, ignore_errors=True)


def _read_info(folder: Path) -> SnapshotInfo:
    try:
        content: dict[str, Any] = json.loads((folder / _INFO_FILE).read_text())
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{folder} is no snapshot: {error}. Make one with `lookalike train`") from error
    if content.get("schema_version") != SNAPSHOT_SCHEMA_VERSION:
        raise SchemaVersionError(
            str(folder), content.get("schema_version"), SNAPSHOT_SCHEMA_VERSION, "export it again with this release"
        )
    names = [field.name for field in fields(SnapshotInfo)]
    if missing := [name for name in names if name not in content]:
        raise SnapshotError(f"{folder / _INFO_FILE}: {missing[0]!r} is missing; export the snapshot again")
    return SnapshotInfo(**{name: content[name] for name in names})


def _map_array(folder: Path, name: str) -> NDArray[Any]:
    path = folder / f"{name}.npy"
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{path} cannot be read: {error}. Export the snapshot again") from error
    return array
