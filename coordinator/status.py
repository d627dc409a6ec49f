"""The state of the fleet as plain data: what `lookalike status` shows, the gateway serves and metrics count."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from coordinator.orders import SweepState
from protocol.message import Message


@dataclass(frozen=True, slots=True)
class SweepStatus(Message):
    """Rows of a sweep by what became of them: planned = committed + leased + set aside + cancelled + pending."""

    name: str
    kind: str
    state: SweepState
    priority: int
    planned_rows: int
    committed_rows: int
    leased_rows: int
    set_aside_rows: int
    cancelled_rows: int
    pending_rows: int
    planned_shards: int
    committed_shards: int


@dataclass(frozen=True, slots=True)
class AgentStatus(Message):
    """`counters` are the agent's own since it started, carried by its heartbeats; frames are those staged by this process.
    `evidence` says why it is set aside."""

    agent: str
    heard_seconds_ago: float
    shards: tuple[str, ...]
    step: int
    frames: int
    is_set_aside: bool
    is_drained: bool
    counters: dict[str, float] = field(default_factory=dict)
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class FailureStatus(Message):
    """A shard that was set aside, with what its agents said."""

    shard_id: str
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FleetStatus(Message):
    """`counters` count since the coordinator started; `rows_per_second` is over the last minute, of staged rows."""

    profile: str
    profile_hash: str
    sweeps: tuple[SweepStatus, ...]
    agents: tuple[AgentStatus, ...]
    set_aside: tuple[FailureStatus, ...]
    counters: dict[str, float]
    rows_per_second: float
    seconds_left: float | None
    uptime_seconds: float
    is_finished: bool

    @property
    def planned_rows(self) -> int:
        """Those of cancelled shards are not wanted any more."""
        return sum(sweep.planned_rows - sweep.cancelled_rows for sweep in self.sweeps)

    @property
    def committed_rows(self) -> int:
        return sum(sweep.committed_rows for sweep in self.sweeps)


class RecentRate:
    """Events per second over the last `window_seconds`; remembers one number for each second."""

    def __init__(self, started_seconds: float, window_seconds: float = 60.0) -> None:
        self._started_seconds = started_seconds
        self._window_seconds = window_seconds
        self._events: deque[tuple[int, int]] = deque()

    def add(self, count: int, now: float) -> None:
        second = int(now)
        if self._events and self._events[-1][0] == second:
            count += self._events.pop()[1]
        self._events.append((second, count))
        self._drop_old(now)

    def per_second(self, now: float) -> float:
        self._drop_old(now)
        elapsed = min(self._window_seconds, max(1.0, now - self._started_seconds))
        return sum(count for _, count in self._events) / elapsed

    def _drop_old(self, now: float) -> None:
        while self._events and self._events[0][0] < now - self._window_seconds:
            self._events.popleft()
