"""The cluster of a folder: connected to, ended, and what is to be said of it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cluster.errors import ClusterError, OtherClusterError
from cluster.record import ClusterRecord, read_record

if TYPE_CHECKING:
    from cli.cluster.capture_actor import CaptureState


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two commands must not start or end the same cluster at once. Raises ClusterError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise ClusterError(f"Another command starts or ends the cluster of {folder} just now; wait for it") from error
    finally:
        os.close(handle)


@contextlib.contextmanager
def connected(record: ClusterRecord) -> Iterator[None]:
    """This process as its driver. Raises ClusterError."""
    from cluster.ray_session import connected_ray  # Ray takes seconds to import
    from coordinator.coordinator_actor import NAMESPACE

    with connected_ray(record.address, Path(record.token), namespace=NAMESPACE):
        yield


def check_same(folder: Path, told: Mapping[str, Any], address: str | None) -> ClusterRecord | None:
    """What was started there before. Raises OtherClusterError when it is not what is asked for now."""
    record = read_record(folder)
    if record is None or not record.deployed:
        return record
    if address is not None and address != record.address:
        raise OtherClusterError(f"{folder} belongs to the cluster at {record.address}, not {address}: {_WAY_OUT}")
    changed = [name for name, value in record.deployed.items() if name in told and told[name] != value]
    if changed:
        name = changed[0]
        raise OtherClusterError(
            f"The cluster of {folder} was started with {name} {record.deployed[name]!r}, not {told[name]!r}: {_WAY_OUT}"
        )
    return record


_WAY_OUT = "run lookalike cluster down first, or name another --folder"


@dataclass(frozen=True, slots=True)
class ClusterState:
    """As `lookalike cluster status` tells it."""

    state: str
    address: str
    url: str
    resources: Mapping[str, float]
    num_nodes: int
    application: str
    capture: tuple[CaptureState, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def look(record: ClusterRecord) -> ClusterState:
    """Raises ClusterError."""
    from cli.cluster.capture_actor import capture_names, capture_states
    from cluster.ray_session import nodes
    from cluster.serving import application_state
    from coordinator.serve_app import APPLICATION_NAME

    with connected(record):
        found = nodes()
        return ClusterState(
            state="running",
            address=record.address,
            url=record.url,
            resources=found.resources,
            num_nodes=found.num_alive,
            application=application_state(APPLICATION_NAME),
            capture=tuple(capture_states(capture_names())),
        )
