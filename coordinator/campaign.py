"""What outlives the coordinator's process: sweeps, leases, staged chunks and failures, each a small object of its own.

`sweeps/<name>.json` is written once. `leases/<lease>.json` and `staged/<lease>.<n>.json` live as long as the lease;
`failures/<shard>.<attempt>.<n>.json` stays as evidence, `orders/<number>.<n>.json` until a later one on its subject,
`set_aside/<agent>.<n>.json` until that agent is released or finishes a shard.
What is committed is known by the dataset alone.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from coordinator.errors import StoreError, SweepConflictError
from coordinator.lease import Failure, Lease
from coordinator.orders import GivenOrder
from coordinator.sweep import SweepSpec
from dataset.record import StagedChunk
from dataset.store import Store
from protocol.errors import LookalikeError


@dataclass(frozen=True, slots=True)
class PlannedSweep:
    """A sweep as it was planned first; `checksum` is its plan's."""

    spec: SweepSpec
    profile_hash: str
    checksum: str
    planned_unix_seconds: float

    def to_json(self) -> dict[str, Any]:
        return {
            "spec": self.spec.to_json(),
            "profile_hash": self.profile_hash,
            "checksum": self.checksum,
            "planned_unix_seconds": self.planned_unix_seconds,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> PlannedSweep:
        spec = SweepSpec.from_table(value["spec"])
        return cls(spec, value["profile_hash"], value["checksum"], value["planned_unix_seconds"])


class Campaign:
    """Reads and writes what the coordinator must find again, in the store that holds the tables too."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._staged_paths: dict[str, list[str]] = {}  # by lease: a folder of ten thousand need not be listed for each
        self._set_aside_paths: dict[str, list[str]] = {}  # by agent

    def sweeps(self) -> list[PlannedSweep]:
        """In the order in which they were planned."""
        found = [PlannedSweep.from_json(value) for value in self._read_folder("sweeps").values()]
        return sorted(found, key=lambda sweep: (sweep.planned_unix_seconds, sweep.spec.name))

    def add_sweep(self, sweep: PlannedSweep) -> bool:
        """False: the same sweep is there already. Raises SweepConflictError when another one of that name is."""
        path = f"sweeps/{sweep.spec.name}.json"
        if self._store.put_if_absent(path, _encode({**sweep.to_json(), "writer": uuid.uuid4().hex})):
            return True
        known = PlannedSweep.from_json(self._read(path))
        if (known.spec, known.profile_hash) != (sweep.spec, sweep.profile_hash):
            raise SweepConflictError(
                f"Sweep {sweep.spec.name!r} was planned before with other settings; give the new one another name"
            )
        if known.checksum != sweep.checksum:
            raise SweepConflictError(
                f"Sweep {sweep.spec.name!r} was planned by a release that orders it differently; finish it with that release"
            )
        return False

    def leases(self) -> list[Lease]:
        return [Lease(**value) for value in self._read_folder("leases").values()]

    def add_lease(self, lease: Lease) -> None:
        self._store.write(f"leases/{lease.lease_id}.json", _encode(asdict(lease)))

    def staged(self) -> dict[str, list[StagedChunk]]:
        """Chunks by lease."""
        chunks: dict[str, list[StagedChunk]] = {}
        paths: dict[str, list[str]] = {}
        for name, value in sorted(self._read_folder("staged").items()):
            lease_id = name.rpartition(".")[0]
            chunks.setdefault(lease_id, []).append(StagedChunk.from_json(value))
            paths.setdefault(lease_id, []).append(f"staged/{name}.json")
        self._staged_paths = paths
        return chunks

    def add_staged(self, lease_id: str, chunk: StagedChunk) -> None:
        path = f"staged/{lease_id}.{uuid.uuid4().hex}.json"
        self._staged_paths.setdefault(lease_id, []).append(path)  # first: the answer to a write may get lost
        self._store.write(path, _encode(chunk.to_json()))

    def forget(self, lease_ids: Iterable[str]) -> None:
        """Drops leases that ended. What is left over after a crash in between is dropped at the next start."""
        for lease_id in lease_ids:
            self._store.delete([f"leases/{lease_id}.json", *self._staged_paths.get(lease_id, ())])
            self._staged_paths.pop(lease_id, None)

    def failures(self) -> list[Failure]:
        return [Failure(**value) for value in self._read_folder("failures").values()]

    def add_failure(self, failure: Failure) -> None:
        name = f"{failure.shard_id}.{failure.attempt:04d}.{uuid.uuid4().hex}"
        self._store.write(f"failures/{name}.json", _encode(asdict(failure)))

    def forget_failures(self, shard_id: str) -> None:
        self._store.delete([file.path for file in self._store.list("failures", prefix=f"{shard_id}.")])

    def agents_set_aside(self) -> dict[str, dict[str, str]]:
        """By agent: the shards that it failed on, and what it said of each."""
        errors: dict[str, dict[str, str]] = {}
        paths: dict[str, list[str]] = {}
        for name, value in self._read_folder("set_aside").items():
            errors.setdefault(value["agent"], {}).update(value["errors"])
            paths.setdefault(value["agent"], []).append(f"set_aside/{name}.json")
        self._set_aside_paths = paths
        return errors

    def set_agent_aside(self, agent: str, errors: Mapping[str, str]) -> None:
        path = f"set_aside/{agent}.{uuid.uuid4().hex}.json"
        self._set_aside_paths.setdefault(agent, []).append(path)  # first: the answer to a write may get lost
        self._store.write(path, _encode({"agent": agent, "errors": dict(errors)}))

    def release_agent(self, agent: str) -> None:
        """Does nothing for one that was not set aside."""
        if paths := self._set_aside_paths.get(agent):
            self._store.delete(paths)
            del self._set_aside_paths[agent]

    def orders(self) -> list[GivenOrder]:
        """The one in force on each subject; what later ones replaced is dropped."""
        given: dict[tuple[str, str], tuple[str, GivenOrder]] = {}
        replaced = []
        for name, value in self._read_folder("orders").items():  # by number
            order = GivenOrder.from_json(value)
            if order.subject in given:
                replaced.append(given[order.subject][0])
            given[order.subject] = (f"orders/{name}.json", order)
        self._store.delete(replaced)
        return sorted((order for _, order in given.values()), key=lambda order: order.number)

    def add_order(self, order: GivenOrder) -> None:
        self._store.write(f"orders/{order.number:08d}.{uuid.uuid4().hex}.json", _encode(order.to_json()))

    def _read_folder(self, folder: str) -> dict[str, Any]:
        """Values by name without ending; sorted by name."""
        paths = sorted(file.path for file in self._store.list(folder) if file.path.endswith(".json"))
        contents = self._store.read_all(paths)
        return {
            path.removeprefix(f"{folder}/").removesuffix(".json"): _decode(path, data)
            for path, data in contents.items()
        }

    def _read(self, path: str) -> Any:
        data = self._store.read(path)
        if data is None:
            raise StoreError(f"{path} vanished from {self._store.url} while it was read; is somebody deleting it?")
        return _decode(path, data)


def _encode(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _decode(path: str, data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, LookalikeError) as error:
        raise StoreError(f"{path} in the store is damaged ({error}); restore it or delete it") from error
