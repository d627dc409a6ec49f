"""Photos that their owners let the operator keep: in one folder, for some days, gone at once when their owner says so.

Nothing is kept unless the operator names a folder and the photo's owner asks for it. What is written are the pixels alone,
without the place and time that cameras add, readable by the service's user only. A file's name holds its id, which only the
owner is told and by which it is deleted, and the second at which it expires.
"""

from __future__ import annotations

import io
import os
import re
import secrets
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from embedding.photo import load_photo
from matcher.errors import BusyError, NotKeptError, ServiceConfigError

_DAY_SECONDS = 86_400
_RETRY_SECONDS = 3_600.0
_JPEG_QUALITY = 92
_ID = re.compile(r"[0-9a-f]{32}")
_FILE = re.compile(r"([0-9a-f]{32})\.([0-9]{1,12})\.jpg")
_UNFINISHED = ".unfinished"


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """`expires` in seconds since 1970."""

    id: str
    expires: int


class KeptPhotos:
    """The folder of photos that may be kept. Any number of processes may share it."""

    def __init__(self, folder: Path, *, days: float, max_photos: int, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._keep_seconds = days * _DAY_SECONDS
        self._max_photos = max_photos
        self._clock = clock

    def check_folder(self) -> None:
        """Makes the folder where it is missing. Raises ServiceConfigError when others can look into it."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = stat.S_IMODE(self._folder.stat().st_mode)
        except OSError as error:
            raise ServiceConfigError(f"Photos cannot be kept in {self._folder}: {error}") from error
        if os.name == "posix" and mode & 0o077:
            raise ServiceConfigError(f"{self._folder} is open to others; run: chmod 700 {self._folder}")

    def keep(self, photo: bytes) -> KeptPhoto:
        """Raises PhotoError for what is no picture, BusyError when the folder is full."""
        self.sweep()
        if len(self._files()) >= self._max_photos:
            raise BusyError("No more photos can be kept now", _RETRY_SECONDS)
        picture = Image.fromarray(load_photo(photo, name="the photo"))
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=_JPEG_QUALITY)
        kept = KeptPhoto(secrets.token_hex(16), int(self._clock() + self._keep_seconds))
        self._write(self._folder / f"{kept.id}.{kept.expires}.jpg", content.getvalue())
        return kept

    def delete(self, photo_id: str) -> None:
        """Raises NotKeptError when there is none of that id, or no longer."""
        self.sweep()
        found = list(self._folder.glob(f"{photo_id}.*.jpg")) if _ID.fullmatch(photo_id) else []
        if not found:
            raise NotKeptError("No photo is kept under this id: it was deleted, or its time is over.")
        for path in found:
            path.unlink(missing_ok=True)

    def sweep(self) -> int:
        """Deletes what is expired, and what a crash left half-written; returns how many."""
        now = self._clock()
        expired = [path for path, expires in self._files() if expires <= now]
        stale = [
            path
            for path in self._folder.glob(f"*{_UNFINISHED}")
            if (status := _status(path)) and status.st_mtime < now - _RETRY_SECONDS
        ]
        for path in (*expired, *stale):
            path.unlink(missing_ok=True)
        return len(expired) + len(stale)

    def _files(self) -> list[tuple[Path, int]]:
        names = ((path, _FILE.fullmatch(path.name)) for path in self._folder.iterdir())
        return [(path, int(name[2])) for path, name in names if name]

    def _write(self, path: Path, content: bytes) -> None:
        unfinished = path.with_suffix(_UNFINISHED)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        unfinished.rename(path)


def _status(path: Path) -> os.stat_result | None:
    """None when it is gone by now."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None
