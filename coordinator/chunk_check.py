"""Whether the records of a chunk are what their lease was granted for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from coordinator.errors import ChunkMismatchError
from coordinator.lease import Lease
from protocol.frame import FrameRecord
from protocol.shard import Shard


@dataclass(frozen=True, slots=True)
class ChunkVerdict:
    """`fresh_steps` are to be staged, all others are durable already or `rejected`: to be captured again, and why."""

    fresh_steps: tuple[int, ...]
    rejected: dict[int, str]


def check_records(
    shard: Shard, lease: Lease, staged_steps: Collection[int], records: Sequence[FrameRecord]
) -> ChunkVerdict:
    """Raises ChunkMismatchError when a record belongs to other work than the lease's."""
    fresh, rejected = [], {}
    for record in records:
        _check_belongs(shard, lease, record)
        if record.step in staged_steps:
            continue
        if reason := _why_rejected(shard, record):
            rejected[record.step] = reason
        else:
            fresh.append(record.step)
    return ChunkVerdict(tuple(fresh), rejected)


def _check_belongs(shard: Shard, lease: Lease, record: FrameRecord) -> None:
    got = (record.shard_id, record.attempt, record.agent, record.profile_hash)
    expected = (lease.shard_id, lease.attempt, lease.agent, shard.profile_hash)
    for name, value, wanted in zip(("shard_id", "attempt", "agent", "profile_hash"), got, expected, strict=True):
        if value != wanted:
            raise ChunkMismatchError(
                f"Record of step {record.step}: {name} is {value!r:.120}, the lease is for {wanted!r}"
            )
    if not 0 <= record.step < len(shard.characters):
        raise ChunkMismatchError(f"Step {record.step}: the shard has steps 0 to {len(shard.characters) - 1}")
    if record.slider_set != shard.slider_sets[record.step]:
        raise ChunkMismatchError(
            f"Step {record.step}: slider_set is {record.slider_set}, the shard says {shard.slider_sets[record.step]}"
        )


def _why_rejected(shard: Shard, record: FrameRecord) -> str:
    if not record.is_verified:
        return "its settings were not read back from the screen"
    if record.character != shard.characters[record.step]:
        return "it shows another character than the shard asks for"
    return ""
