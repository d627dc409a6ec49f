"""Which leases an agent holds and which of their steps the coordinator has for good: on disk, so that a kill loses no work.

One file a lease, beside its chunks in the spool's folder: the grant in the first line, then a line of steps for every
acknowledged chunk. A line that a kill cut off is as if it were not there: its chunk is sent again, which changes nothing.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from agents.errors import SpoolError
from protocol.errors import MessageError
from protocol.lease import LeaseGrant


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease of an earlier run and what is durable of it."""

    grant: LeaseGrant
    durable_steps: frozenset[int]


class Journal:
    """Its folder is the spool's, which makes it."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def begin(self, grant: LeaseGrant) -> None:
        self._append(grant.lease_id, grant.to_json())

    def note_durable(self, lease_id: str, steps: list[int]) -> None:
        self._append(lease_id, steps)

    def end(self, lease_id: str) -> None:
        self._path(lease_id).unlink(missing_ok=True)

    def held(self) -> list[HeldLease]:
        """Leases that were begun and not ended; damaged files are removed."""
        found = []
        for path in sorted(self._folder.glob("*.lease")):
            try:
                found.append(_read(path))
            except (OSError, ValueError, TypeError, IndexError, MessageError):
                path.unlink(missing_ok=True)
        return found

    def _append(self, lease_id: str, line: object) -> None:
        try:
            with self._path(lease_id).open("ab") as file:
                file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise SpoolError(
                f"The journal in {str(self._folder)!r} cannot be written ({error.strerror}): make room on the disk"
            ) from error

    def _path(self, lease_id: str) -> Path:
        return self._folder / f"{quote(lease_id, safe='').replace('.', '%2E')}.lease"


def _read(path: Path) -> HeldLease:
    first, *others = (line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n"))
    steps = [step for line in others for step in json.loads(line)]
    return HeldLease(LeaseGrant.from_json(json.loads(first)), frozenset(steps))
