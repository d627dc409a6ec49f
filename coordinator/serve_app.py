"""The gateway and the embedding actors as a Ray Serve application: on a Ray of its own, or on a cluster that is there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import ray
from fastapi import FastAPI
from ray import serve
from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from cluster.ray_session import private_ray
from cluster.serving import QUIET, application_state, close_replica_port, serving
from coordinator.backend import Backend
from coordinator.body_limit import BodyLimits
from coordinator.commands import Command, CommandReply
from coordinator.coordinator_actor import (
    NAMESPACE,
    ON_THE_HEAD,
    ActorCoordination,
    CoordinatorConfig,
    announce_target,
    find_coordinator,
    start_coordinator,
)
from coordinator.cost import SweepCost
from coordinator.errors import ServeError, UnavailableError
from coordinator.gateway import GatewayLimits, create_gateway
from coordinator.gateway_metrics import GatewayFigures, GatewayMeter
from coordinator.listening import Listening
from coordinator.status import FleetStatus
from coordinator.sweep import SweepSpec
from coordinator.tokens import TokenStore
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from embedding.actor_config import EmbeddingConfig
from embedding.embedding_actor import embedding_app
from embedding.frames import FrameEmbeddings
from embedding.place import FacePlace, place_in_frames
from protocol.errors import LookalikeError
from telemetry.exporter import Exporter
from telemetry.log import log_replica

APPLICATION_NAME = "lookalike"
_READY_SECONDS = 180.0
_LOGICAL_CPUS = 16  # what actors ask for is counted against this; on a small machine they share the real ones


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeConfig:
    """What runs and where. Sizes are for one machine; `embedder_gpus` is the share of a GPU that each embedding actor takes.

    Embedding actors grow from `num_embedders` up to `max_embedders` while chunks wait; 0: their number is fixed. A run of their
    network waits `embedder_wait_seconds` for others to join and takes `embedder_batch_faces`; an actor holds `embedder_chunks`.
    """

    coordinator: CoordinatorConfig
    tokens_path: str
    recogniser: str = "dlib"
    listening: Listening = field(default_factory=Listening)
    limits: GatewayLimits = field(default_factory=GatewayLimits)
    num_gateways: int = 1
    num_embedders: int = 1
    max_embedders: int = 0
    embedder_device: str = "cpu"
    embedder_gpus: float = 0.0
    embedder_threads: int = 1
    embedder_cpus: float = 1.0
    embedder_batch_faces: int = 64
    embedder_wait_seconds: float = 0.005
    embedder_chunks: int = 16
    object_store_bytes: int = 200_000_000
    has_dashboard: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError naming what embedding actors cannot work with, before anything starts."""
        self.embedding(None)

    def embedding(self, place: FacePlace | None) -> EmbeddingConfig:
        return EmbeddingConfig(
            recogniser=self.recogniser,
            device=self.embedder_device,
            place=place,
            num_threads=self.embedder_threads,
            min_replicas=self.num_embedders,
            max_replicas=max(self.num_embedders, self.max_embedders),
            num_cpus=self.embedder_cpus,
            num_gpus=self.embedder_gpus,
            max_chunks=self.embedder_chunks,
            max_batch_faces=self.embedder_batch_faces,
            max_wait_seconds=self.embedder_wait_seconds,
        )

    @property
    def body_limits(self) -> BodyLimits:
        """The proxy holds no more than the gateways behind it would take."""
        most = max(self.limits.max_chunk_bytes, self.limits.max_message_bytes)
        return BodyLimits(max_body_bytes=most, max_bodies_bytes=most * self.limits.max_chunks * self.num_gateways)


class GatewayReplica:
    """One process of the gateway; Serve sends requests to any of them."""

    def __init__(self, config: ServeConfig, embedders: DeploymentHandle[Any]) -> None:
        _prepare(config.coordinator.log, "gateway")
        self._config = config
        self._embedders = embedders

    def __serve_build_asgi_app__(self) -> FastAPI:
        config = self._config.coordinator
        dataset = Dataset.open(config.data_url, load_profile(config.profile))
        backend = Backend(ActorCoordination(), self._embed, dataset)
        app = create_gateway(backend, TokenStore(self._config.tokens_path), self._config.limits)
        if config.figures is not None:
            figures = GatewayFigures(certificate=self._config.listening.certificate)
            app.add_middleware(GatewayMeter, figures=figures)
            Exporter("gateway", [figures], config.figures, announce_target)
        return app

    async def _embed(self, images: Sequence[bytes]) -> FrameEmbeddings:
        try:
            embedded: FrameEmbeddings = await self._embedders.embed_chunk.remote(images)
        except LookalikeError:
            raise
        except (RayError, RayServeException) as error:
            raise UnavailableError(f"The embedding actors do not answer ({type(error).__name__})") from error
        return embedded


def _prepare(log: str, process: str) -> None:
    """In a replica, before anything else. Its log stands beside the coordinator's."""
    close_replica_port()
    if log:
        log_replica(Path(log).parent, process)


def build_app(config: ServeConfig) -> serve.Application:
    """Gateway and embedding actors; the coordinator's actor must run under its name by the time of the first request."""
    embedders = embedding_app(
        config.embedding(place_in_frames(load_profile(config.coordinator.profile))),
        figures=config.coordinator.figures,
        announce=announce_target,
        prepare=partial(_prepare, config.coordinator.log, "embedding"),
    )
    gateway: Any = serve.deployment(
        serve.ingress()(GatewayReplica),  # without an application: each replica builds its own
        name="Gateway",
        num_replicas=config.num_gateways,
        ray_actor_options={"num_cpus": 0.1, "resources": ON_THE_HEAD},
        max_ongoing_requests=256,
    )
    application: serve.Application = gateway.bind(config, embedders)
    return application


@dataclass(slots=True)
class RunningCluster:
    """The coordinator and the application, on a Ray that ends with them or without. Use it in `with`, or call `stop`."""

    url: str
    config: ServeConfig
    _coordinator: Any
    _undo: contextlib.ExitStack

    def __enter__(self) -> RunningCluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stops what was started, and nothing else; twice is once."""
        self._undo.close()

    def status(self) -> FleetStatus:
        status: FleetStatus = ray.get(self._coordinator.status.remote())
        return status

    def execute(self, command: Command) -> CommandReply:
        """Raises OrderError, SweepSpecError, SweepConflictError."""
        reply: CommandReply = ray.get(self._coordinator.execute.remote(command))
        return reply

    def add_sweep(self, spec: SweepSpec) -> SweepCost:
        """Raises SweepSpecError, SweepConflictError."""
        cost: SweepCost = ray.get(self._coordinator.add_sweep.remote(spec))
        return cost


def start_local(config: ServeConfig) -> RunningCluster:
    """On a Ray of this machine alone, which ends with it; Ray stays on loopback wherever the gateway listens.

    Raises ListeningError, PortInUseError, ServeError, ClusterError, and what opening dataset and sweeps raises.
    """
    config.listening.check()
    port = config.listening.free_port()
    load_profile(config.coordinator.profile)  # a name that is wrong need not wait for a cluster
    ray_of_its_own = private_ray(
        num_cpus=_LOGICAL_CPUS,
        namespace=NAMESPACE,
        object_store_bytes=config.object_store_bytes,
        has_dashboard=config.has_dashboard,
        extra=config.body_limits.to_environment(),
    )
    undo = contextlib.ExitStack()
    try:
        undo.enter_context(ray_of_its_own)
        return _run(config, port, undo)
    except BaseException as error:
        undo.close()
        raise _explained(error) from error


def deploy(config: ServeConfig) -> RunningCluster:
    """On the cluster that this process is connected to, in its namespace. What runs there already stays as it is; `stop`
    only lets go of it.

    Raises ServeError, and what opening dataset and sweeps raises.
    """
    undo = contextlib.ExitStack()
    try:
        return _run(config, config.listening.port, undo, is_detached=True)
    except BaseException as error:
        undo.close()
        raise _explained(error) from error


def end_deployment() -> None:
    """Ends application, Serve and coordinator on the cluster that this process is connected to; Ray goes on."""
    ray_serve: Any = serve
    ray_serve.shutdown()
    with contextlib.suppress(ValueError):  # there is none
        ray.kill(find_coordinator())


def _run(config: ServeConfig, port: int, undo: contextlib.ExitStack, *, is_detached: bool = False) -> RunningCluster:
    coordinator = start_coordinator(config.coordinator, is_detached=is_detached)
    undo.enter_context(serving(config.listening.http_options(port)))
    cluster = RunningCluster(config.listening.url(port), config, coordinator, undo)
    cluster.status()  # opens dataset and sweeps; what is wrong with them is said here
    if not _comes_back():
        serve.run(build_app(config), name=APPLICATION_NAME, route_prefix="/", logging_config=QUIET)
    return cluster


def _comes_back() -> bool:
    """A head that was killed brings its applications along: they are waited for. False: there is none that comes."""
    deadline = time.monotonic() + _READY_SECONDS
    while (state := application_state(APPLICATION_NAME)) in ("not_started", "deploying"):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return state == "running"


def _explained(error: BaseException) -> BaseException:
    """What went wrong without the clothes that a cluster puts on it."""
    cause = getattr(error, "cause", None) or error
    is_rays = isinstance(error, RayError | RayServeException | RuntimeError | TimeoutError) or type(error) is Exception
    if isinstance(cause, LookalikeError) or not is_rays:
        return cause
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    if lines[-1].startswith("The actor never ran"):  # why it did not stands before, among fields that are indented
        return ServeError("The cluster did not start: " + " ".join(line for line in lines if line[:1] != "\t"))
    return ServeError(f"The cluster did not start: {lines[-1]}")
