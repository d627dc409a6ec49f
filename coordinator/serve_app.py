"""The gateway and the embedding actors as a Ray Serve application, and a whole cluster of them on one machine."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray
from fastapi import FastAPI
from ray import serve
from ray._private import ray_constants
from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]  # no public way (Ray 2.60, pinned)
from ray.exceptions import RayError
from ray.serve.context import _disconnect
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from coordinator.backend import Backend
from coordinator.body_limit import BodyLimits
from coordinator.commands import Command, CommandReply
from coordinator.coordinator_actor import (
    NAMESPACE,
    ActorCoordination,
    CoordinatorConfig,
    announce_target,
    start_coordinator,
)
from coordinator.cost import SweepCost
from coordinator.errors import ServeError, UnavailableError
from coordinator.gateway import GatewayLimits, create_gateway
from coordinator.gateway_metrics import GatewayFigures, GatewayMeter
from coordinator.listening import Listening
from coordinator.own_address import bind_replica_to_loopback
from coordinator.status import FleetStatus
from coordinator.sweep import SweepSpec
from coordinator.tokens import TokenStore
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from embedding.actor_config import EmbeddingConfig
from embedding.embedding_actor import embedding_app
from embedding.frames import FrameEmbeddings
from embedding.place import place_in_frames
from protocol.errors import LookalikeError
from telemetry.exporter import Exporter

APPLICATION_NAME = "lookalike"
_LOOPBACK = "127.0.0.1"
_LOGICAL_CPUS = 16  # what actors ask for is counted against this; on a small machine they share the real ones
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_SERVE_LOG_TO_STDERR": "0"}
_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Without it Ray takes the machine's outer address instead of loopback, and its metrics, which need no token, are open to
everybody there (Ray 2.60: 3 HTTP ports; and all gRPC ports, which need the token)."""

_QUIET_SERVE = {"log_level": "ERROR", "enable_access_log": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeConfig:
    """What runs and where. Sizes are for one machine."""

    coordinator: CoordinatorConfig
    tokens_path: str
    recogniser: str = "dlib"
    listening: Listening = field(default_factory=Listening)
    limits: GatewayLimits = field(default_factory=GatewayLimits)
    num_gateways: int = 1
    num_embedders: int = 1
    embedder_threads: int = 1
    embedder_cpus: float = 1.0
    object_store_bytes: int = 200_000_000
    has_dashboard: bool = False

    @property
    def body_limits(self) -> BodyLimits:
        """The proxy holds no more than the gateways behind it would take."""
        most = max(self.limits.max_chunk_bytes, self.limits.max_message_bytes)
        return BodyLimits(max_body_bytes=most, max_bodies_bytes=most * self.limits.max_chunks * self.num_gateways)


class GatewayReplica:
    """One process of the gateway; Serve sends requests to any of them."""

    def __init__(self, config: ServeConfig, embedders: DeploymentHandle[Any]) -> None:
        bind_replica_to_loopback()
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


def build_app(config: ServeConfig) -> serve.Application:
    """Gateway and embedding actors; the coordinator's actor must run under its name by the time of the first request."""
    embedding = EmbeddingConfig(
        recogniser=config.recogniser,
        place=place_in_frames(load_profile(config.coordinator.profile)),
        num_threads=config.embedder_threads,
        min_replicas=config.num_embedders,
        max_replicas=config.num_embedders,
        num_cpus=config.embedder_cpus,
    )
    embedders = embedding_app(
        embedding,
        figures=config.coordinator.figures,
        announce=announce_target,
        prepare=bind_replica_to_loopback,
    )
    gateway: Any = serve.deployment(
        serve.ingress()(GatewayReplica),  # without an application: each replica builds its own
        name="Gateway",
        num_replicas=config.num_gateways,
        ray_actor_options={"num_cpus": 0.1},
        max_ongoing_requests=256,
    )
    application: serve.Application = gateway.bind(config, embedders)
    return application


@dataclass(slots=True)
class RunningCluster:
    """Ray, the coordinator and the application on this machine. Use it in `with`, or call `stop`."""

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
    """A cluster of this machine alone, locked by a token of its own; Ray stays on loopback wherever the gateway listens.

    Raises ListeningError, PortInUseError, ServeError, and what opening dataset and sweeps raises.
    """
    config.listening.check()
    port = config.listening.free_port()
    if ray.is_initialized():
        raise ServeError(
            "This process already uses a Ray cluster; stop it first, or run the cluster in a process of its own"
        )
    load_profile(config.coordinator.profile)  # a name that is wrong need not wait for a cluster
    undo = contextlib.ExitStack()
    try:
        _start_ray(config, undo)
        coordinator = start_coordinator(config.coordinator)
        _start_serve(config, port, undo)
        cluster = RunningCluster(config.listening.url(port), config, coordinator, undo)
        cluster.status()  # opens dataset and sweeps; what is wrong with them is said here
        serve.run(build_app(config), name=APPLICATION_NAME, route_prefix="/", logging_config=_QUIET_SERVE)
    except BaseException as error:
        undo.close()
        raise _explained(error) from error
    return cluster


def _explained(error: BaseException) -> BaseException:
    """What went wrong without the clothes that a cluster puts on it."""
    cause = getattr(error, "cause", None) or error
    is_rays = isinstance(error, RayError | RayServeException | RuntimeError) or type(error) is Exception
    if isinstance(cause, LookalikeError) or not is_rays:
        return cause
    last_line = (str(cause).strip().splitlines() or [type(cause).__name__])[-1]
    return ServeError(f"The cluster did not start: {last_line}")


def _start_ray(config: ServeConfig, undo: contextlib.ExitStack) -> None:
    folder = Path(tempfile.mkdtemp(prefix="lk-"))  # short: sockets below it have names of at most 107 characters
    undo.callback(shutil.rmtree, folder, ignore_errors=True)
    token_path = folder / "token"
    token_path.touch(mode=0o600)
    token_path.write_text(secrets.token_hex(32), encoding="ascii")
    undo.callback(_reread_environment)
    locked = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token_path)}
    environment = {**_QUIET, **_ALONE, **locked, **config.body_limits.to_environment()}
    undo.enter_context(_environment(environment))
    undo.callback(setattr, ray_constants, "ENABLE_RAY_CLUSTER", ray_constants.ENABLE_RAY_CLUSTER)
    ray_constants.ENABLE_RAY_CLUSTER = False  # read from _ALONE when it was imported
    _reread_environment()
    undo.callback(ray.shutdown)
    ray.init(
        address="local",
        namespace=NAMESPACE,
        num_cpus=_LOGICAL_CPUS,
        object_store_memory=config.object_store_bytes,
        include_dashboard=config.has_dashboard,
        log_to_driver=False,
        logging_level=logging.ERROR,
        configure_logging=False,
        _node_ip_address=_LOOPBACK,
        _temp_dir=str(folder / "ray"),
    )


def _start_serve(config: ServeConfig, port: int, undo: contextlib.ExitStack) -> None:
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    undo.callback(_disconnect)  # Ray's end is Serve's end; the client would take the next cluster for this one
    listening = config.listening
    options: dict[str, Any] = {"host": listening.host, "port": port}
    if listening.is_encrypted:
        options |= {"ssl_certfile": str(listening.certificate), "ssl_keyfile": str(listening.key)}
    serve.start(proxy_location="HeadOnly", http_options=options, logging_config=_QUIET_SERVE)


def _reread_environment() -> None:
    """Ray reads how it authenticates when it is imported, and its token once; both are new here."""
    Config.initialize("")
    AuthenticationTokenLoader.instance().reset_cache()


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Ray's processes inherit these; ours gets back what it had."""
    before = {name: os.environ.get(name) for name in (*values, "PYTHONBREAKPOINT")}  # the last one is set by Ray
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
