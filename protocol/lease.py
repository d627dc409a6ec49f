"""What agents and coordinator say to each other about shards: ask, grant, renew, report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from protocol.errors import MessageError
from protocol.message import PROTOCOL_VERSION, Message
from protocol.shard import Shard


@dataclass(frozen=True, slots=True)
class LeaseRequest(Message):
    """An agent asks for work."""

    agent: str
    profile_hash: str
    calibration_id: str
    game_version: str
    version: int = PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class LeaseGrant(Message):
    """A shard for a time; it must be renewed every `heartbeat_seconds` and is lost after `expires_in_seconds` without."""

    lease_id: str
    shard: Shard
    attempt: int
    heartbeat_seconds: float
    expires_in_seconds: float


@dataclass(frozen=True, slots=True)
class NoWork(Message):
    """Nothing to capture now; ask again after `retry_after_seconds` unless everything `is_finished`."""

    reason: str
    retry_after_seconds: float
    is_finished: bool


@dataclass(frozen=True, slots=True)
class LeaseReply(Message):
    """Exactly one of the two is there."""

    grant: LeaseGrant | None = None
    no_work: NoWork | None = None

    def __post_init__(self) -> None:
        if (self.grant is None) == (self.no_work is None):
            raise MessageError("LeaseReply: expected either grant or no_work")


@dataclass(frozen=True, slots=True)
class Heartbeat(Message):
    """Sign of life of a lease: how far it is, and the agent's figures: counts since it started, and how things stand now.

    Whoever reads figures takes those that it knows: new ones need no new version of the protocol.
    """

    lease_id: str
    agent: str
    step: int
    counters: dict[str, float] = field(default_factory=dict)
    version: int = PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class HeartbeatReply(Message):
    """`is_held` false: the lease is lost; the agent drops the shard, nothing of it will be committed under this lease."""

    is_held: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Report(Message):
    """The end of a lease. `done`: every step is captured and acknowledged. `failed`: it cannot be done here, `error` says
    why. `given_back`: the agent stops, somebody else may go on."""

    lease_id: str
    agent: str
    outcome: Literal["done", "failed", "given_back"]
    num_frames: int
    error: str = ""
    counters: dict[str, float] = field(default_factory=dict)
    version: int = PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class ReportReply(Message):
    """`is_committed`: the shard's rows are in the table, by this report or an earlier one."""

    is_committed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChunkReply(Message):
    """`is_durable`: the chunk's frames survive any crash, so the agent may delete them. Otherwise send the same chunk again
    after `retry_after_seconds`. `rejected_steps` must be captured again: no face, or not the expected one."""

    is_durable: bool
    retry_after_seconds: float = 0.0
    rejected_steps: tuple[int, ...] = ()
    reason: str = ""
