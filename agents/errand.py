"""One lease's work: its shard is captured and delivered, with signs of life meanwhile, until it is done or cannot be."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

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
from agents.pulse import Pulse
from agents.uplink import Uplink
from creator.errors import CreatorError
from protocol.errors import DeviceError, LookalikeError
from protocol.frame import Frame
from protocol.lease import LeaseGrant

_LOG = logging.getLogger(__name__)
Outcome = Literal["done", "failed", "given_back", "lost"]


@dataclass(frozen=True, slots=True)
class Ending:
    """`why` and `error` are those of an errand that is not done; `error` None: nobody's fault, or we were told to stop."""

    outcome: Outcome
    num_frames: int = 0
    why: str = ""
    error: LookalikeError | None = None


class _StoppedError(AgentError):
    """Raised inside a shard when the agent was told to stop."""


@dataclass
class Errand:
    """`max_recaptures`: how often what the coordinator refused is captured anew."""

    agent: str
    grant: LeaseGrant
    driver: Driver
    uplink: Uplink
    delivery: Delivery
    pulse: Pulse
    capture: CaptureConfig
    max_recaptures: int
    stop: threading.Event

    def __post_init__(self) -> None:
        self._lost = threading.Event()

    def run(self) -> Ending:
        """Raises RefusedError, after which nothing of this agent's is wanted."""
        self.pulse.step = 0
        try:
            with heartbeats(
                self.uplink, lambda: self.pulse.beat(self.grant.lease_id), self._lost, self.grant.heartbeat_seconds
            ):
                return Ending("done", self._capture_and_send())
        except LeaseLostError as error:
            return Ending("lost", why=_told(error))
        except _StoppedError:
            return Ending("given_back", why="the agent was told to stop")
        except RefusedError:
            raise
        except TouchedError as error:
            return Ending("given_back", why=_told(error))
        except (UplinkError, SpoolError) as error:  # no fault of the shard's
            return self._failed("given_back", error)
        except (AgentError, CreatorError, DeviceError) as error:
            return self._failed("failed", error)

    def _failed(self, outcome: Outcome, error: LookalikeError) -> Ending:
        """What fails while we are told to stop fails because of that."""
        why = _told(error)
        return Ending("given_back", why=why) if self.stop.is_set() else Ending(outcome, why=why, error=error)

    def _capture_and_send(self) -> int:
        delivery = self.delivery
        delivery.send_pending(self._check)
        num_steps = len(self.grant.shard.characters)
        for _ in range(1 + self.max_recaptures):
            steps = self._missing()
            if not steps:
                return num_steps
            if len(steps) < num_steps:
                _LOG.info("captures what is missing steps=%s", _listed(steps))
            delivery.put(self._capture(steps), self.stop, self._check)
            self.pulse.measure()
            delivery.send_pending(self._check)
        if missing := self._missing():
            raise CaptureError(
                f"Steps {_listed(missing)} of shard {self.grant.shard.shard_id} show no face or another one, "
                f"{1 + self.max_recaptures} times in a row: look at the creator"
            )
        return num_steps

    def _missing(self) -> list[int]:
        durable = self.delivery.durable_steps
        return [step for step in range(len(self.grant.shard.characters)) if step not in durable]

    def _capture(self, steps: Sequence[int]) -> list[Frame]:
        frames = capture_shard(
            self.driver,
            self.grant.shard,
            agent=self.agent,
            attempt=self.grant.attempt,
            steps=steps,
            config=self.capture,
            on_step=self._on_step,
        )
        self.pulse.note_frames(frames)
        return frames

    def _on_step(self, step: int) -> None:
        self.pulse.step = step
        self.pulse.measure()
        self._check()

    def _check(self) -> None:
        if self._lost.is_set():
            raise LeaseLostError("The coordinator gave this shard to somebody else")
        if self.stop.is_set():
            raise _StoppedError("The agent was told to stop")


def _told(error: LookalikeError) -> str:
    """With its notes. Halves of characters, as odd file names have, are spelled out: neither JSON nor the log takes them."""
    told = "; ".join([str(error), *getattr(error, "__notes__", ())])
    return told.encode("utf-8", "backslashreplace").decode()


def _listed(steps: Collection[int]) -> str:
    return ", ".join(map(str, steps))
