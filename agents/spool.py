"""A bounded folder of chunks between capture and coordinator: what is in it survives a kill, what was acknowledged leaves it.

One file a chunk, named `<lease>.<number>.<first digits of its sha256>.tar`. Temporary files and files that do not match their
name are what a kill or a full disk left behind; they are removed when the spool is opened.
"""

from __future__ import annotations

import os
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from agents.errors import SpoolError
from protocol.chunk import checksum

_NAME = re.compile(r"(?P<lease>[^.]+)\.(?P<number>\d{5})\.(?P<sha256>[0-9a-f]{16})\.tar")
_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class SpooledChunk:
    """A chunk on disk, not yet acknowledged."""

    path: Path
    lease_id: str
    number: int
    size_bytes: int

    def read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise SpoolError(f"Chunk {str(self.path)!r} cannot be read: {error.strerror}") from error


class Spool:
    """Nothing is written above `max_bytes`; `put` waits for room until it is told to stop."""

    def __init__(self, folder: str | Path, max_bytes: int = 1 << 30) -> None:
        self._folder = Path(folder)
        self._max_bytes = max_bytes

    def open(self) -> list[SpooledChunk]:
        """Makes the folder, removes what is damaged, and returns what an earlier run left."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in self._folder.iterdir():
                if path.suffix == ".tmp" or not self._is_whole(path):
                    path.unlink()
        except OSError as error:
            raise SpoolError(f"Spool folder {str(self._folder)!r} cannot be used: {error.strerror}") from error
        return self.pending()

    def _is_whole(self, path: Path) -> bool:
        match = _NAME.fullmatch(path.name)
        return match is None or checksum(path.read_bytes()).startswith(match["sha256"])

    def pending(self, lease_id: str | None = None) -> list[SpooledChunk]:
        """Chunks that are still here, of one lease or of all, in the order in which they were put."""
        chunks = []
        for path in sorted(self._folder.glob("*.tar")):
            match = _NAME.fullmatch(path.name)
            if match and lease_id in (None, unquote(match["lease"])):
                with suppress(FileNotFoundError):  # acknowledged meanwhile
                    size = path.stat().st_size
                    chunks.append(SpooledChunk(path, unquote(match["lease"]), int(match["number"]), size))
        return chunks

    def size_bytes(self) -> int:
        return sum(chunk.size_bytes for chunk in self.pending())

    def has_room(self, num_bytes: int) -> bool:
        return self.size_bytes() + num_bytes <= self._max_bytes

    def put(self, lease_id: str, number: int, data: bytes, stop: threading.Event | None = None) -> SpooledChunk:
        """Returns when the chunk is on the disk. Raises SpoolError when it can never fit, when `stop` is set while waiting
        for room, or when the disk refuses."""
        if len(data) > self._max_bytes:
            raise SpoolError(
                f"A chunk of {len(data)} bytes does not fit into a spool of {self._max_bytes}: raise its limit"
            )
        stop = stop or threading.Event()
        while not self.has_room(len(data)):
            if stop.wait(_POLL_SECONDS):
                raise SpoolError(f"The spool is full ({self._max_bytes} bytes) and the agent was told to stop")
        lease = quote(lease_id, safe="").replace(".", "%2E")
        path = self._folder / f"{lease}.{number:05d}.{checksum(data)[:16]}.tar"
        self._write(path, data)
        return SpooledChunk(path, lease_id, number, len(data))

    def _write(self, path: Path, data: bytes) -> None:
        temporary = path.with_suffix(".tmp")
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise SpoolError(
                f"Chunk {path.name!r} cannot be written ({error.strerror}): make room on the disk"
            ) from error

    def acknowledge(self, chunk: SpooledChunk) -> None:
        """The coordinator has it; it may go."""
        chunk.path.unlink(missing_ok=True)

    def drop(self, lease_id: str) -> int:
        """Forgets a lost lease's chunks, whose shard somebody else captures now; returns how many."""
        chunks = self.pending(lease_id)
        for chunk in chunks:
            chunk.path.unlink(missing_ok=True)
        return len(chunks)
