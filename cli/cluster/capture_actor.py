"""An agent as a Ray actor on any node that offers the resource `capture`: nodes that join add capture; Ray starts it again."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import ray
from ray.exceptions import RayError
from ray.util import list_named_actors

from agents.agent import AgentConfig, run_agent
from agents.binding import check_binding
from agents.calibration_file import load_calibration
from agents.uplink import Uplink
from cli.calibrate import ensure_calibration
from cli.devices import DeviceKind, StandinOptions, open_device
from creator.profile_file import load_profile
from protocol.errors import LookalikeError
from telemetry.log import log_to

RESOURCE = "capture"
_NAME = re.compile(r"capture-(\d+)")
_PAUSE_SECONDS = 10.0
_ANSWER_SECONDS = 10.0
_STOP_SECONDS = 60.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePlan:
    """What every actor captures: where the gateway is, which creator, on what.

    `folder` (spool, log) and `calibration` are paths on the actor's node; without a calibration the stand-in makes its own.
    """

    url: str
    profile: str
    device: DeviceKind
    folder: str
    calibration: str = ""
    faults: str = ""


@dataclass(frozen=True, slots=True)
class CaptureState:
    """`doing` is capturing, waiting (an error is told; it tries again) or no node yet."""

    name: str
    doing: str
    node: str = ""
    error: str = ""


@dataclass(slots=True)
class CaptureActor:
    """Captures until it is told to stop; what goes wrong is told, and tried again."""

    name: str
    token: str = field(repr=False)
    plan: CapturePlan
    _stop: threading.Event = field(default_factory=threading.Event)
    _error: str = ""
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        log_to(self._folder / "logs" / f"{self.name}.log", process="agent", agent=self.name)
        self._thread = threading.Thread(target=self._live, name="capture", daemon=True)
        self._thread.start()

    def state(self) -> CaptureState:
        doing = "waiting" if self._error else "capturing"
        return CaptureState(self.name, doing, f"{socket.gethostname()} ({os.getpid()})", self._error)

    def stop(self) -> None:
        """Gives back what it holds."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)

    @property
    def _folder(self) -> Path:
        return Path(self.plan.folder)

    def _live(self) -> None:
        while not self._stop.is_set():
            try:
                self._capture()
            except (LookalikeError, OSError, ImportError) as error:
                self._error = str(error)
                self._stop.wait(_PAUSE_SECONDS)

    def _capture(self) -> None:
        plan, profile = self.plan, load_profile(self.plan.profile)
        seed = int(self.name.rpartition("-")[2])
        calibration = Path(plan.calibration or self._folder / f"{self.name}.calibration")
        if plan.device is DeviceKind.STANDIN:
            ensure_calibration(profile, calibration, faults=plan.faults, seed=seed, is_quiet=True)
        learned = load_calibration(calibration)
        config = AgentConfig(name=self.name, url=plan.url, spool_folder=self._folder / "spool" / self.name)
        device = open_device(plan.device, profile, StandinOptions(faults=plan.faults, seed=seed))
        try:
            check_binding(device, profile, learned)
            self._error = ""
            uplink = Uplink(plan.url, self.token, wait=self._stop.wait)
            run_agent(config, device, profile, learned, uplink, stop=self._stop)
        finally:
            device.close()


def start_capture(name: str, token: str, plan: CapturePlan) -> None:
    """Detached: it outlives this process, and starts as soon as a node has room for it."""
    actor: Any = ray.remote(CaptureActor)
    actor.options(
        name=name,
        lifetime="detached",
        max_restarts=-1,
        max_concurrency=4,
        num_cpus=0,
        resources={RESOURCE: 1},
    ).remote(name, token, plan)


def capture_names() -> list[str]:
    """Of the actors in this namespace, by number."""
    names = [name for name in list_named_actors() if _NAME.fullmatch(name)]
    return sorted(names, key=lambda name: int(name.rpartition("-")[2]))


def capture_states(names: Sequence[str]) -> list[CaptureState]:
    """Asked all at once; one that does not answer has no node, or is being started."""
    return _ask("state", names, _ANSWER_SECONDS, lambda name: CaptureState(name, "no node yet"))


def end_capture(names: Sequence[str]) -> None:
    """They give back their shards first."""
    placed = [state.name for state in capture_states(names) if state.node]
    _ask("stop", placed, _STOP_SECONDS, lambda _: None)
    for name in names:
        ray.kill(ray.get_actor(name), no_restart=True)


def _ask(method: str, names: Sequence[str], patience_seconds: float, otherwise: Callable[[str], T]) -> list[T]:
    calls: list[Any] = [getattr(ray.get_actor(name), method).remote() for name in names]
    answered = ray.wait(calls, num_returns=len(calls), timeout=patience_seconds)[0] if calls else []
    return [
        _answer(call, otherwise(name)) if call in answered else otherwise(name)
        for name, call in zip(names, calls, strict=True)
    ]


def _answer(call: Any, otherwise: T) -> T:
    """An actor that ended meanwhile is as one that does not answer."""
    try:
        answer: T = ray.get(call)
    except RayError:
        return otherwise
    return answer
