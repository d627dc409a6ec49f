"""The life of an agent: lease a shard, capture it, spool it, send it, report; over and over until told to stop."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from agents.calibration import Calibration
from agents.capture import CaptureConfig, capture_shard
from agents.delivery import Delivery
from agents.driver import Driver
from agents.errors import (
    AgentError,
    CaptureError,
    LeaseLostError,
    RefusedError,
    SpoolError,
    TouchedError,
    UplinkError,
)
from agents.heartbeat import heartbeats
from agents.journal import Journal
from agents.spool import Spool
from agents.uplink import Uplink
from creator.errors import CreatorError
from creator.profile import Profile
from protocol.device import Device
from protocol.errors import DeviceError, LookalikeError, WindowError
from protocol.frame import Frame
from protocol.lease import Heartbeat, LeaseGrant, LeaseRequest, NoWork, Report
from telemetry.log import working_on

_LOG = logging.getLogger(__name__)
_PAUSE_SECONDS = 5.0  # between two looks whether the person has left
Outcome = Literal["done", "failed", "given_back", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfig:
    """`ends_when_finished`: stop when the coordinator has nothing left, instead of waiting for the next sweep."""

    name: str
    url: str
    spool_folder: Path
    spool_bytes: int = 1 << 30
    chunk_frames: int = 64
    max_recaptures: int = 3
    max_failures: int = 3
    ends_when_finished: bool = False
    capture: CaptureConfig = field(default_factory=CaptureConfig)

    def __post_init__(self) -> None:
        if not 1 <= self.chunk_frames <= 512:
            raise AgentError(f"chunk_frames is {self.chunk_frames}; a chunk holds 1 to 512 frames")


@dataclass
class AgentSummary:
    """What an agent did from start to end."""

    num_done: int = 0
    num_failed: int = 0
    num_given_back: int = 0
    num_lost: int = 0
    num_frames: int = 0
    counters: dict[str, float] = field(default_factory=dict)

    def count(self, outcome: Outcome) -> None:
        name = f"num_{outcome}"
        setattr(self, name, getattr(self, name) + 1)


class _StoppedError(AgentError):
    """Raised inside a shard when the agent was told to stop."""


def run_agent(
    config: AgentConfig,
    device: Device,
    profile: Profile,
    calibration: Calibration,
    uplink: Uplink,
    *,
    stop: threading.Event,
) -> AgentSummary:
    """Returns when `stop` is set, or when everything is finished and the config says to end then.

    Raises RefusedError when the coordinator does not want this agent, DeviceError when the creator is gone, and the last error
    after `max_failures` shards in a row failed here. The lease is reported in every case where anybody listens.
    """
    driver = Driver(device, profile, calibration)
    agent = _Agent(config, driver, uplink, stop)
    try:
        agent.run()
    finally:
        agent.summary.counters = driver.counters.as_numbers()
    return agent.summary


class _Agent:
    def __init__(self, config: AgentConfig, driver: Driver, uplink: Uplink, stop: threading.Event) -> None:
        self.summary = AgentSummary()
        self._config = config
        self._driver = driver
        self._uplink = uplink
        self._stop = stop
        self._spool = Spool(config.spool_folder, config.spool_bytes)
        self._journal = Journal(config.spool_folder)
        self._step = 0
        self._confidence = 1.0  # of the least sure readout of the last frames
        self._gauges: dict[str, float] = {}

    def run(self) -> None:
        self._finish_leftovers()
        failures = 0
        while not self._stop.is_set():
            self._wait_until_alone()
            reply = self._ask_for_work()
            if reply is None:
                return
            if isinstance(reply, NoWork):
                if reply.is_finished and self._config.ends_when_finished:
                    return
                self._stop.wait(max(reply.retry_after_seconds, 0.1))
                continue
            with working_on(**_names(reply)):
                error = self._do_shard(reply)
            failures = 0 if error is None else failures + 1
            if error is not None and (failures >= self._config.max_failures or isinstance(error, DeviceError)):
                raise error

    def _finish_leftovers(self) -> None:
        """Goes on with shards of an earlier run that are still ours, and gives back the others at once."""
        leftovers = {chunk.lease_id for chunk in self._spool.open()}
        for held in self._journal.held():
            lease_id = held.grant.lease_id
            leftovers.discard(lease_id)
            if not self._is_held(held.grant):
                self._drop(lease_id)
                continue
            _LOG.info("goes on with the shard of an earlier run lease=%s durable=%d", lease_id, len(held.durable_steps))
            with working_on(**_names(held.grant)):
                error = self._do_shard(held.grant, held.durable_steps)
            if isinstance(error, DeviceError):
                raise error
        for lease_id in sorted(leftovers):
            self._drop(lease_id)

    def _is_held(self, grant: LeaseGrant) -> bool:
        is_ours = grant.shard.profile_hash == self._driver.profile.hash
        if not is_ours:
            return False
        try:
            return self._uplink.heartbeat(self._beat(grant)).is_held
        except LeaseLostError:
            return False

    def _drop(self, lease_id: str) -> None:
        _LOG.info("gives back a lease of an earlier run lease=%s dropped=%d", lease_id, self._forget(lease_id))
        self._tell(lease_id, "given_back", 0, "the agent was ended from outside and started again")

    def _forget(self, lease_id: str) -> int:
        """Chunks that were dropped."""
        self._journal.end(lease_id)
        return self._spool.drop(lease_id)

    def _wait_until_alone(self) -> None:
        """Work is asked for when the machine is the agent's; meanwhile others may have it."""
        while not self._stop.is_set():
            try:
                self._driver.console.device.focus()
                return
            except TouchedError as error:
                _LOG.info("waits reason=%s", error)
                self._stop.wait(min(error.retry_after_seconds or _PAUSE_SECONDS, _PAUSE_SECONDS))
            except WindowError:  # whoever captures says more about it
                return

    def _ask_for_work(self) -> LeaseGrant | NoWork | None:
        """None when told to stop while asking."""
        calibration = self._driver.calibration
        request = LeaseRequest(self._config.name, self._driver.profile.hash, calibration.id, calibration.game_version)
        try:
            reply = self._uplink.lease(request)
        except UplinkError:
            if self._stop.is_set():
                return None
            raise
        if reply.grant is None and reply.no_work is None:
            raise UplinkError("The coordinator granted nothing and gave no reason: check its version")
        return reply.grant or reply.no_work

    def _do_shard(self, grant: LeaseGrant, durable_steps: Collection[int] | None = None) -> LookalikeError | None:
        """Captures and delivers one shard, or what is left of one of an earlier run; returns what made it fail."""
        started = time.monotonic()
        lost = threading.Event()
        self._step = 0
        try:
            with heartbeats(self._uplink, lambda: self._beat(grant), lost, grant.heartbeat_seconds):
                num_frames = self._capture_and_send(grant, lost, durable_steps)
        except LeaseLostError as error:
            self._end(grant, "lost", 0, str(error))
            return None
        except _StoppedError:
            self._end(grant, "given_back", 0, "the agent was told to stop")
            return None
        except RefusedError:
            raise
        except TouchedError as error:
            self._end(grant, "given_back", 0, str(error))
            return None
        except (UplinkError, SpoolError) as error:  # no fault of the shard's
            self._end(grant, "given_back", 0, str(error))
            return None if self._stop.is_set() else error
        except (AgentError, CreatorError, DeviceError) as error:
            self._end(grant, "given_back" if self._stop.is_set() else "failed", 0, str(error))
            return None if self._stop.is_set() else error
        _LOG.info("shard done frames=%d seconds=%.1f", num_frames, time.monotonic() - started)
        self._end(grant, "done", num_frames, "")
        return None

    def _end(self, grant: LeaseGrant, outcome: Outcome, num_frames: int, why: str) -> None:
        """Reports, and forgets what is left of the shard."""
        if outcome != "done":
            _LOG.warning("shard not done outcome=%s reason=%s", outcome, why)
        if outcome != "lost":
            self._tell(grant.lease_id, outcome, num_frames, why)
        self._forget(grant.lease_id)
        self.summary.count(outcome)
        self.summary.num_frames += num_frames

    def _tell(self, lease_id: str, outcome: Literal["done", "failed", "given_back"], num_frames: int, why: str) -> None:
        """A report that nobody takes is no loss: the lease runs out by itself, and what is committed stays so."""
        counters = self._figures()
        try:
            reply = self._uplink.report(Report(lease_id, self._config.name, outcome, num_frames, why[:2000], counters))
            if outcome == "done" and not reply.is_committed:
                _LOG.warning("shard not committed lease=%s reason=%s", lease_id, reply.reason)
        except RefusedError:
            raise
        except UplinkError as error:
            _LOG.warning("report not taken lease=%s reason=%s", lease_id, error)

    # Capture and delivery

    def _capture_and_send(self, grant: LeaseGrant, lost: threading.Event, durable_steps: Collection[int] | None) -> int:
        if durable_steps is None:
            self._journal.begin(grant)
        delivery = Delivery(
            grant,
            self._spool,
            self._journal,
            self._uplink,
            chunk_frames=self._config.chunk_frames,
            durable_steps=durable_steps or (),
        )
        delivery.send_pending(lambda: self._check(lost))
        num_steps = len(grant.shard.characters)
        for _ in range(1 + self._config.max_recaptures):
            steps = [step for step in range(num_steps) if step not in delivery.durable_steps]
            if not steps:
                return num_steps
            if len(steps) < num_steps:
                _LOG.info("captures what is missing steps=%s", ",".join(map(str, steps)))
            delivery.put(self._capture(grant, steps, lost), self._stop, lambda: self._check(lost))
            self._measure()
            delivery.send_pending(lambda: self._check(lost))
        missing = [step for step in range(num_steps) if step not in delivery.durable_steps]
        if not missing:
            return num_steps
        raise CaptureError(
            f"Steps {', '.join(map(str, missing))} of shard {grant.shard.shard_id} show no face or another one, "
            f"{1 + self._config.max_recaptures} times in a row: look at the creator"
        )

    def _capture(self, grant: LeaseGrant, steps: Sequence[int], lost: threading.Event) -> list[Frame]:
        def on_step(step: int) -> None:
            self._step = step
            self._measure()
            self._check(lost)

        frames = capture_shard(
            self._driver,
            grant.shard,
            agent=self._config.name,
            attempt=grant.attempt,
            steps=steps,
            config=self._config.capture,
            on_step=on_step,
        )
        self._confidence = min((frame.record.confidence for frame in frames), default=1.0)
        return frames

    def _check(self, lost: threading.Event) -> None:
        if lost.is_set():
            raise LeaseLostError("The coordinator gave this shard to somebody else")
        if self._stop.is_set():
            raise _StoppedError("The agent was told to stop")

    def _figures(self) -> dict[str, float]:
        """What heartbeats and reports tell beside their subject: counts since the start, and how things stood last."""
        return {**self._driver.counters.as_numbers(), **self._gauges}

    def _beat(self, grant: LeaseGrant) -> Heartbeat:
        return Heartbeat(grant.lease_id, self._config.name, self._step, self._figures())

    def _measure(self) -> None:
        """On the capturing thread, which alone uses the spool; heartbeats tell what was found."""
        self._gauges = {
            "confidence": self._confidence,
            "spool_bytes": float(self._spool.size_bytes()),
            "spool_limit_bytes": float(self._config.spool_bytes),
            "disk_free_bytes": float(shutil.disk_usage(self._config.spool_folder).free),
        }


def _names(grant: LeaseGrant) -> dict[str, str | int]:
    """What every log line about a shard says."""
    return {"sweep": grant.shard.sweep, "shard": grant.shard.shard_id, "attempt": grant.attempt}
