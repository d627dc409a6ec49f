"""Where converted networks are kept between runs."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from embedding.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE_VARIABLE = "LOOKALIKE_CACHE"


def cache_folder(environment: Mapping[str, str], platform: str = sys.platform) -> Path:
    """The folder that the platform means for caches, unless LOOKALIKE_CACHE names another."""
    if environment.get(CACHE_VARIABLE):
        return Path(environment[CACHE_VARIABLE])
    if platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "lookalike" / "cache"
    if platform == "darwin":
        return Path.home() / "Library" / "Caches" / "lookalike"
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lookalike"


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file that other processes see complete or not at all. Raises WeightsError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    except OSError as error:
        raise WeightsError(
            f"Cannot write to the cache {path.parent}: {error}. Name a writable folder in {CACHE_VARIABLE}."
        ) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError as error:
        raise WeightsError(f"Cannot write {path}: {error}. Free some space and try again.") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
