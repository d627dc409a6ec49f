"""The coordinator as a Ray actor: found by its name, started again by Ray, rebuilt from the store."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError

from coordinator.campaign import Campaign
from coordinator.chunk_check import ChunkVerdict
from coordinator.commands import Command, CommandReply, execute
from coordinator.coordinator import Coordinator
from coordinator.cost import SweepCost
from coordinator.errors import CoordinatorError, StoreError, UnavailableError
from coordinator.journal import log_chunk, log_lease, log_report
from coordinator.lease import LeaseSettings
from coordinator.metrics import FleetFigures
from coordinator.status import FleetStatus
from coordinator.sweep import SweepSpec
from coordinator.table_metrics import TableFigures, TimedTable
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.record import StagedChunk
from protocol.errors import LookalikeError
from protocol.frame import FrameRecord
from protocol.lease import Heartbeat, HeartbeatReply, LeaseReply, LeaseRequest, Report, ReportReply
from telemetry.exporter import Exporter, ExporterConfig
from telemetry.log import log_to
from telemetry.targets import Target, TargetFile

NAMESPACE = "lookalike"
ACTOR_NAME = "coordinator"
ON_THE_HEAD = {
    "node:__internal_head__": 0.001
}  # where tokens, logs and the list of scrape targets are; Ray's own name for it
_NUM_THREADS = 8  # calls that may wait for the store at once; the state has its own lock
_MAX_RETRIES = 3
BATCH_SECONDS = 2.0
"""Commits of so long reach the tables together. A thousand agents finish three shards a second, ten one in half a minute."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoordinatorConfig:
    """`data_url` is a folder or a bucket; `profile` the name or path of a profile; `figures` where processes are scraped;
    `log` the coordinator's own log file, nowhere when empty."""

    data_url: str
    profile: str
    sweeps: tuple[SweepSpec, ...] = ()
    leases: LeaseSettings = field(default_factory=LeaseSettings)
    figures: ExporterConfig | None = None
    log: str = ""


class CoordinatorActor:
    """The methods of `Coordinator`, callable from anywhere in the cluster.

    The first call opens the dataset and plans the sweeps. A constructor that fails would end the actor for good; this way
    a store that does not answer fails one call, and the next one tries again.
    """

    def __init__(self, config: CoordinatorConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._opened: Coordinator | None = None
        if config.log:
            log_to(Path(config.log), process="coordinator")
        self._targets = TargetFile(config.figures.targets_path) if config.figures else None

    @property
    def _coordinator(self) -> Coordinator:
        with self._lock:
            if self._opened is None:
                self._opened = _open(self._config, self.announce)
            return self._opened

    def lease(self, request: LeaseRequest) -> LeaseReply:
        reply = _sendable(lambda: self._coordinator.lease(request))
        log_lease(request, reply)
        return reply

    def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatReply:
        return _sendable(lambda: self._coordinator.heartbeat(heartbeat))

    def report(self, report: Report) -> ReportReply:
        reply = _sendable(lambda: self._coordinator.report(report))
        log_report(report, reply)
        return reply

    def check_chunk(self, lease_id: str, agent: str, records: Sequence[FrameRecord]) -> ChunkVerdict:
        return _sendable(lambda: self._coordinator.check_chunk(lease_id, agent, records))

    def judge_faces(self, lease_id: str, agent: str, faceless_steps: Sequence[int]) -> tuple[int, ...]:
        return _sendable(lambda: self._coordinator.judge_faces(lease_id, agent, faceless_steps))

    def accept_chunk(self, lease_id: str, agent: str, staged: StagedChunk) -> bool:
        is_accepted = _sendable(lambda: self._coordinator.accept_chunk(lease_id, agent, staged))
        log_chunk(agent, staged, is_accepted=is_accepted)
        return is_accepted

    def status(self) -> FleetStatus:
        return _sendable(lambda: self._coordinator.status())

    def announce(self, target: Target) -> None:
        """Where a process of the cluster can be scraped; it says so again and again."""
        if self._targets is not None:
            self._targets.announce(target)

    def add_sweep(self, spec: SweepSpec) -> SweepCost:
        return _sendable(lambda: self._coordinator.operations.add_sweep(spec))

    def execute(self, command: Command) -> CommandReply:
        return _sendable(lambda: execute(command, self._coordinator.operations))

    def planned_rows(self) -> dict[str, int]:
        return _sendable(lambda: self._coordinator.operations.planned_rows())


def _open(config: CoordinatorConfig, announce: Callable[[Target], None]) -> Coordinator:
    profile = load_profile(config.profile)
    dataset = Dataset.open(config.data_url, profile, batch_seconds=BATCH_SECONDS, always_probe=True)
    table = TimedTable(dataset)
    coordinator = Coordinator(table, Campaign(dataset.store), config.leases)
    coordinator.operations.restore()
    for spec in config.sweeps:
        coordinator.operations.add_sweep(spec)
    if config.figures is not None:
        fleet = FleetFigures(coordinator.status, silent_after_seconds=config.leases.expires_in_seconds)
        Exporter("coordinator", [fleet, table, TableFigures(dataset)], config.figures, announce)
    return coordinator


def _sendable(call: Callable[[], T]) -> T:
    """Errors with more than one argument do not survive the way to another process: they go as their text."""
    try:
        return call()
    except CoordinatorError:
        raise
    except LookalikeError as error:
        raise StoreError(str(error)) from None


def start_coordinator(config: CoordinatorConfig, *, is_detached: bool = False) -> ActorHandle[Any]:
    """Starts the actor, or finds the one that runs. A detached one outlives the driver that started it."""
    options: dict[str, Any] = {
        "name": ACTOR_NAME,
        "namespace": NAMESPACE,
        "get_if_exists": True,
        "max_restarts": -1,
        "max_task_retries": _MAX_RETRIES,
        "max_concurrency": _NUM_THREADS,
        "num_cpus": 0,
        "resources": ON_THE_HEAD,
    }
    if is_detached:
        options["lifetime"] = "detached"
    actor: Any = ray.remote(CoordinatorActor)
    handle: ActorHandle[Any] = actor.options(**options).remote(config)
    return handle


def find_coordinator() -> ActorHandle[Any]:
    """Raises ValueError when none runs."""
    return ray.get_actor(ACTOR_NAME, namespace=NAMESPACE)


def announce_target(target: Target) -> None:
    """Tells the coordinator from anywhere in the cluster. Raises RayError, ValueError while it does not answer."""
    coordinator: Any = find_coordinator()
    ray.get(coordinator.announce.remote(target), timeout=30)


class ActorCoordination:
    """The actor as the gateway calls it. Raises UnavailableError while it is being restarted."""

    def __init__(self, name: str = ACTOR_NAME, namespace: str = NAMESPACE) -> None:
        self._name = name
        self._namespace = namespace
        self._actor: ActorHandle[Any] | None = None

    async def lease(self, request: LeaseRequest) -> LeaseReply:
        return await self._call(lambda actor: actor.lease.remote(request))

    async def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatReply:
        return await self._call(lambda actor: actor.heartbeat.remote(heartbeat))

    async def report(self, report: Report) -> ReportReply:
        return await self._call(lambda actor: actor.report.remote(report))

    async def check_chunk(self, lease_id: str, agent: str, records: Sequence[FrameRecord]) -> ChunkVerdict:
        return await self._call(lambda actor: actor.check_chunk.remote(lease_id, agent, records))

    async def judge_faces(self, lease_id: str, agent: str, faceless_steps: Sequence[int]) -> tuple[int, ...]:
        return await self._call(lambda actor: actor.judge_faces.remote(lease_id, agent, faceless_steps))

    async def accept_chunk(self, lease_id: str, agent: str, staged: StagedChunk) -> bool:
        return await self._call(lambda actor: actor.accept_chunk.remote(lease_id, agent, staged))

    async def status(self) -> FleetStatus:
        return await self._call(lambda actor: actor.status.remote())

    async def execute(self, command: Command) -> CommandReply:
        return await self._call(lambda actor: actor.execute.remote(command))

    async def _call(self, call: Callable[[Any], Awaitable[T]]) -> T:
        try:
            if self._actor is None:
                self._actor = ray.get_actor(self._name, namespace=self._namespace)
            return await call(self._actor)
        except LookalikeError:  # what the coordinator itself says, in Ray's wrapping
            raise
        except (RayError, ValueError) as error:
            self._actor = None
            raise UnavailableError(f"The coordinator does not answer ({type(error).__name__}); ask again") from error
