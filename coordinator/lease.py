"""What the lease table speaks of: a shard's state, a lease, a failure, a refusal, and the times that leases live by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from coordinator.errors import LeaseSettingsError


class ShardState(StrEnum):
    PENDING = "pending"
    LEASED = "leased"
    COMMITTING = "committing"
    COMMITTED = "committed"
    SET_ASIDE = "set_aside"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseSettings:
    """Times in seconds. A shard is set aside after failures on so many agents, or so many in all; an agent after failures
    on so many shards in a row. An agent may hold two leases: it sends what it captured while it captures on."""

    heartbeat_seconds: float = 10.0
    expires_in_seconds: float = 60.0
    retry_after_seconds: float = 5.0
    max_leases_per_agent: int = 2
    max_failing_agents: int = 3
    max_failures: int = 6
    max_failing_shards: int = 5

    def __post_init__(self) -> None:
        if not 0 < self.heartbeat_seconds < self.expires_in_seconds:
            raise LeaseSettingsError(
                f"heartbeat_seconds {self.heartbeat_seconds:g}: expected above 0 and "
                f"below expires_in_seconds {self.expires_in_seconds:g}"
            )


@dataclass(frozen=True, slots=True)
class Lease:
    """A shard in the hands of an agent. `attempt` counts from 1 for each shard; the id begins with the shard's."""

    lease_id: str
    shard_id: str
    agent: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Evidence: an agent gave a shard up."""

    shard_id: str
    agent: str
    attempt: int
    error: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an agent gets no shard now."""

    reason: str
    is_finished: bool = False
