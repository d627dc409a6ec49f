"""What an operator ordered: a sweep's priority and whether it runs, which agents get no further shards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from coordinator.errors import OrderError
from protocol.message import Message

SweepState = Literal["running", "paused", "cancelled"]
MAX_PRIORITY = 1000


@dataclass(frozen=True, slots=True)
class SweepOrder(Message):
    """Sweeps of higher priority are captured first, those of the same in the order in which they were planned.

    `paused`: no new leases, those held go on. `cancelled`: those held end too; what is committed stays.
    """

    state: SweepState = "running"
    priority: int = 0

    def __post_init__(self) -> None:
        if abs(self.priority) > MAX_PRIORITY:
            raise OrderError(f"priority: expected {-MAX_PRIORITY} to {MAX_PRIORITY}, got {self.priority}")


@dataclass(frozen=True, slots=True)
class AgentOrder(Message):
    """`is_drained`: the agent finishes what it holds and gets no further shard."""

    is_drained: bool = False


@dataclass(frozen=True, slots=True)
class GivenOrder(Message):
    """An order as it is stored: exactly one of the two, about `name`; of several the highest number is in force."""

    number: int
    name: str
    sweep: SweepOrder | None = None
    agent: AgentOrder | None = None

    @property
    def subject(self) -> tuple[str, str]:
        return ("agent" if self.sweep is None else "sweep", self.name)
