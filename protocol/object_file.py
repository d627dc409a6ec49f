"""Whole small files, on disk or wherever fsspec reaches: sweep specs, calibrations, models, reports.

Local files need the standard library alone. A place with a scheme, such as s3://bucket/name, is handed to fsspec, which the
extras of coordinator, trainer and matcher bring along. A file appears complete or not at all.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

Place = str | Path


def is_local(place: Place) -> bool:
    return "://" not in str(place)


def place_in(folder: Place, name: str) -> Place:
    """A file's place in a folder, of the same kind."""
    return Path(folder) / name if is_local(folder) else f"{str(folder).rstrip('/')}/{name}"


def write_object(place: Place, content: bytes) -> None:
    """Raises OSError; folders on the way are made."""
    if not is_local(place):
        files, path = _remote(place)
        files.pipe_file(path, content)  # an object store shows an object only when it is complete
        return
    target = Path(place)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def read_object(place: Place) -> bytes:
    """Raises FileNotFoundError, OSError."""
    if is_local(place):
        return Path(place).read_bytes()
    files, path = _remote(place)
    content: bytes = files.cat_file(path)
    return content


def object_exists(place: Place) -> bool:
    if is_local(place):
        return Path(place).is_file()
    files, path = _remote(place)
    return bool(files.isfile(path))


def delete_object(place: Place) -> None:
    """Does nothing where there is none. Raises OSError."""
    if is_local(place):
        Path(place).unlink(missing_ok=True)
        return
    files, path = _remote(place)
    if files.exists(path):
        files.rm_file(path)


def delete_folder(place: Place) -> None:
    """With all that it holds; does nothing where there is none. Raises OSError."""
    if is_local(place):
        if Path(place).exists():
            shutil.rmtree(place)
        return
    files, path = _remote(place)
    if files.exists(path):
        files.rm(path, recursive=True)


def _remote(place: Place) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError as error:
        raise OSError(f"{place} is not on this machine: install fsspec to reach it, or name a local file") from error
    try:
        files, path = fsspec.core.url_to_fs(str(place))
    except (ValueError, ImportError) as error:
        raise OSError(f"{place} cannot be reached: {error}") from error
    return files, path
