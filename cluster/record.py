"""What a cluster's folder says of it: where Ray answers, what was deployed, who the head is. No secret stands in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cluster.errors import ClusterError, NoClusterError
from cluster.processes import Leader
from protocol.object_file import write_object

RECORD = "cluster.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRecord:
    """`head` is there when we started Ray; `deployed` are the settings of what runs on it, empty before anything does.

    `capture`: how many `agents` there shall be as actors, and their `plan`; empty when there are to be none.
    """

    address: str
    token: str
    head: Leader | None = None
    url: str = ""
    deployed: Mapping[str, Any] = field(default_factory=dict)
    capture: Mapping[str, Any] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def write(self, folder: Path) -> None:
        write_object(folder / RECORD, json.dumps(asdict(self), indent=1).encode() + b"\n")


def read_record(folder: Path) -> ClusterRecord | None:
    """None when no cluster was started there. Raises ClusterError when the record cannot be read."""
    path = folder / RECORD
    try:
        values = json.loads(path.read_bytes())
        head = values.pop("head")
        return ClusterRecord(**values, head=Leader(**head) if head else None)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClusterError(f"The cluster's record {path} cannot be read: {error}") from error


def running_record(folder: Path) -> ClusterRecord:
    """Raises NoClusterError when no cluster was started there, or its head is gone."""
    record = read_record(folder)
    if record is None:
        raise NoClusterError(f"No cluster was started from {folder}: run lookalike cluster up, or name its --folder")
    if record.head is not None and not record.head.is_alive:
        raise NoClusterError(f"The cluster of {folder} has ended: lookalike cluster up lets it go on")
    return record
