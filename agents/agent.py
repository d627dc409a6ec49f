"""The life of an agent: lease a shard, capture it, spool it, send it, report; over and over until told to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from agents.calibration import Calibration
from agents.capture import CaptureConfig
from agents.delivery import Delivery
from agents.driver import Driver
from agents.errand import Ending, Errand, Outcome
from agents.errors import AgentError, LeaseLostError, RefusedError, TouchedError, UplinkError
from agents.journal import Journal
from agents.pulse import Pulse
from agents.spool import Spool
from agents.uplink import Uplink
from creator.profile import Profile
from protocol.device import Device
from protocol.errors import DeviceError, LookalikeError, WindowError
from protocol.lease import LeaseGrant, LeaseRequest, NoWork, Report
from telemetry.log import working_on

_LOG = logging.getLogger(__name__)
_PAUSE_SECONDS = 5.0  # between two looks whether the person has left


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
    """What an agent did from start to end. Shards: `num_done` are in the table, and `num_frames` is theirs; `num_lost` were
    somebody else's in the end, or were delivered whole and not committed: the coordinator has them captured anew."""

    num_done: int = 0
    num_failed: int = 0
    num_given_back: int = 0
    num_lost: int = 0
    num_frames: int = 0
    counters: dict[str, float] = field(default_factory=dict)

    def count(self, outcome: Outcome, num_frames: int = 0) -> None:
        name = f"num_{outcome}"
        setattr(self, name, getattr(self, name) + 1)
        self.num_frames += num_frames


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
        self._pulse = Pulse(config.name, driver.counters, self._spool, config.spool_folder, config.spool_bytes)

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
            return self._uplink.heartbeat(self._pulse.beat(grant.lease_id)).is_held
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
        if durable_steps is None:
            self._journal.begin(grant)
        ending = self._errand(grant, durable_steps or ()).run()
        is_kept = False
        if ending.outcome == "done":
            ending, is_kept = self._hand_in(grant, ending)
        elif ending.outcome != "lost":
            self._tell(grant.lease_id, ending.outcome, 0, ending.why)
        if ending.outcome == "done":
            _LOG.info("shard done frames=%d seconds=%.1f", ending.num_frames, time.monotonic() - started)
        else:
            _LOG.warning("shard not done outcome=%s reason=%s", ending.outcome, ending.why)
        if not is_kept:
            self._forget(grant.lease_id)
        self.summary.count(ending.outcome, ending.num_frames)
        return ending.error

    def _errand(self, grant: LeaseGrant, durable_steps: Collection[int]) -> Errand:
        config = self._config
        delivery = Delivery(
            grant,
            self._spool,
            self._journal,
            self._uplink,
            chunk_frames=config.chunk_frames,
            durable_steps=durable_steps,
        )
        return Errand(
            config.name,
            grant,
            self._driver,
            self._uplink,
            delivery,
            self._pulse,
            config.capture,
            config.max_recaptures,
            self._stop,
        )

    def _hand_in(self, grant: LeaseGrant, ending: Ending) -> tuple[Ending, bool]:
        """Says that all frames are there; only a commit makes a shard done. A report that nobody took stays in the journal, so
        that the next start can say it again."""
        try:
            reply = self._uplink.report(self._report(grant.lease_id, "done", ending.num_frames, ""))
        except RefusedError:
            raise
        except LeaseLostError as error:
            return Ending("lost", why=str(error)), False
        except UplinkError as error:
            return Ending("lost", why=f"delivered, but nobody took the report: {error}"), True
        if reply.is_committed:
            return ending, False
        return Ending("lost", why=f"delivered, but not committed: {reply.reason or 'no reason given'}"), False

    def _tell(self, lease_id: str, outcome: Literal["failed", "given_back"], num_frames: int, why: str) -> None:
        """A report that nobody takes is no loss: the lease runs out by itself, and what is committed stays so."""
        try:
            self._uplink.report(self._report(lease_id, outcome, num_frames, why))
        except RefusedError:
            raise
        except UplinkError as error:
            _LOG.warning("report not taken lease=%s reason=%s", lease_id, error)

    def _report(
        self, lease_id: str, outcome: Literal["done", "failed", "given_back"], num_frames: int, why: str
    ) -> Report:
        figures = self._pulse.figures()
        return Report(lease_id, self._config.name, outcome, num_frames, why[:2000], figures)


def _names(grant: LeaseGrant) -> dict[str, str | int]:
    """What every log line about a shard says."""
    return {"sweep": grant.shard.sweep, "shard": grant.shard.shard_id, "attempt": grant.attempt}
