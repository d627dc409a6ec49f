"""This process as a driver of Ray: of one of its own for as long as it runs, or of a cluster that is there."""

from __future__ import annotations

import contextlib
import functools
import logging
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray._private import parameter, ray_constants, state
from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]  # no public way (Ray 2.60, pinned)

from cluster.errors import ClusterError, HeadError, LostActorsError
from cluster.head import NUM_STARTS, TOO_SLOW
from cluster.lock import checked_token, environment, is_loopback, locked_environment, make_token
from cluster.patience import PATIENT, patient_start
from cluster.ports import LOOPBACK, free_ports
from cluster.probe import check_locked

_LOOK_AGAIN_SECONDS = 2.0
_QUIET: dict[str, Any] = {"logging_level": logging.ERROR, "configure_logging": False}


@contextlib.contextmanager
def private_ray(
    *,
    num_cpus: int,
    namespace: str | None = None,
    object_store_bytes: int | None = None,
    has_dashboard: bool = False,
    shows_workers: bool = False,
    extra: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A Ray of this machine alone, on loopback, under a token of its own; it ends with the block, its files too.

    `shows_workers`: what they print is printed here. `extra`: further variables for Ray's processes. Raises ClusterError.
    """
    _check_free()
    folder = Path(tempfile.mkdtemp(prefix="lk-"))  # short: sockets below it have names of at most 107 characters
    try:
        with _driving(make_token(folder / "token"), is_alone=True, extra={**PATIENT, **(extra or {})}):
            _start_patiently(
                folder,
                namespace=namespace,
                num_cpus=num_cpus,
                object_store_memory=object_store_bytes,
                include_dashboard=has_dashboard,
                log_to_driver=shows_workers,
            )
            yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start_patiently(folder: Path, **options: Any) -> None:
    """What was too slow once may have what it reads in memory by now."""
    for number in range(1, NUM_STARTS + 1):
        try:
            _start(folder / f"ray{number}", **options)
        except Exception as error:
            ray.shutdown()
            if TOO_SLOW not in str(error):
                raise
            if number == NUM_STARTS:
                raise HeadError(
                    f"Ray did not start, {NUM_STARTS} times: the machine has too much to do, or too little memory"
                ) from error
        else:
            return


def _start(place: Path, **options: Any) -> None:
    """What can be told to `ray start` alone is told behind the back of `ray.init` (Ray 2.60)."""
    listen, grpc, environments, figures = free_ports(4)
    told = {
        "dashboard_agent_listen_port": listen,
        "metrics_agent_port": grpc,
        "runtime_env_agent_port": environments,
        "include_log_monitor": options["log_to_driver"],
        "no_monitor": True,  # nothing to scale on one machine
    }
    rays: Any = parameter
    plain = rays.RayParams
    rays.RayParams = functools.partial(plain, **told)
    try:
        with patient_start(place, listen):
            ray.init(
                address="local",
                _node_ip_address=LOOPBACK,
                _temp_dir=str(place),
                _metrics_export_port=figures,
                **options,
                **_QUIET,
            )
    finally:
        rays.RayParams = plain


@contextlib.contextmanager
def connected_ray(address: str, token: Path, *, namespace: str | None = None) -> Iterator[None]:
    """A driver of the cluster at HOST:PORT, which goes on when the block ends.

    Raises OpenClusterError, NoClusterError, and ClusterError when the token is not its own.
    """
    _check_free()
    check_locked(address, checked_token(token))
    with _driving(token, is_alone=is_loopback(address), extra={}):
        try:
            ray.init(address=address, namespace=namespace, log_to_driver=False, **_QUIET)
        except (ConnectionError, RuntimeError) as error:
            raise ClusterError(f"The Ray cluster at {address} cannot be used from here: {error}") from error
        yield


def _check_free() -> None:
    if ray.is_initialized():
        raise ClusterError(
            "This process already uses a Ray cluster; stop it first, or run the cluster in a process of its own"
        )


@contextlib.contextmanager
def _driving(token: Path, *, is_alone: bool, extra: Mapping[str, str]) -> Iterator[None]:
    """Ray reads how it authenticates, and whether it may leave loopback, when it is imported: both are new here."""
    may_leave = ray_constants.ENABLE_RAY_CLUSTER
    with contextlib.ExitStack() as undo:
        undo.callback(_reread_environment)
        undo.enter_context(environment({**locked_environment(token, is_alone=is_alone), **extra}))
        undo.callback(setattr, ray_constants, "ENABLE_RAY_CLUSTER", may_leave)
        ray_constants.ENABLE_RAY_CLUSTER = not is_alone
        _reread_environment()
        undo.callback(ray.shutdown)
        yield


def _reread_environment() -> None:
    Config.initialize("")
    AuthenticationTokenLoader.instance().reset_cache()


@dataclass(frozen=True, slots=True)
class Nodes:
    """Of the cluster that this process is connected to; `resources` of all that are alive."""

    num_alive: int
    resources: dict[str, float]


def nodes() -> Nodes:
    untyped: Any = ray
    alive = [node for node in untyped.nodes() if node["Alive"]]
    return Nodes(len(alive), {name: float(value) for name, value in untyped.cluster_resources().items()})


def check_actors() -> None:
    """Raises LostActorsError when actors of the cluster that this process is connected to are alive on a dead node.

    A head writes first that a node is dead, then what becomes of its actors. One that is ended between the two never comes
    back to the second (Ray 2.60), and whoever calls such an actor waits for ever. For a moment it is so in every head.
    """
    if not _lost_actors():
        return
    time.sleep(_LOOK_AGAIN_SECONDS)
    if lost := _lost_actors():
        raise LostActorsError(f"Ray holds actors as alive on nodes that are gone: {', '.join(lost[:20])}")


def _lost_actors() -> list[str]:
    """Names."""
    untyped: Any = ray
    dead = {node["NodeID"] for node in untyped.nodes() if not node["Alive"]}
    actors: dict[str, dict[str, Any]] = state.actors()
    return [a["Name"] for a in actors.values() if a["State"] == "ALIVE" and a["Address"]["NodeID"] in dead]
