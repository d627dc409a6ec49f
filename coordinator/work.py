"""What is there of leased shards: staged chunks, steps, how far the agent is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from coordinator.lease import Lease
from dataset.record import StagedChunk


@dataclass(slots=True)
class Work:
    """One lease's. `steps` are those staged and those that are being written down."""

    lease: Lease
    staged: list[StagedChunk] = field(default_factory=list)
    steps: set[int] = field(default_factory=set)
    faceless: dict[int, int] = field(default_factory=dict)
    step: int = 0

    @classmethod
    def resumed(cls, lease: Lease, written: Sequence[StagedChunk]) -> Work:
        """What an earlier process wrote down. A note whose writing got no answer may be there all the same, beside that of the
        chunk that was sent again: of notes that share steps the one with most counts."""
        work = cls(lease)
        for chunk in sorted(written, key=lambda chunk: -len(chunk.steps)):
            if work.steps.isdisjoint(chunk.steps):
                work.staged.append(chunk)
                work.steps.update(chunk.steps)
        return work

    def missing_steps(self, num_steps: int) -> list[int]:
        durable = {step for chunk in self.staged for step in chunk.steps}
        return [step for step in range(num_steps) if step not in durable]

    def judge_faces(self, faceless_steps: Sequence[int], max_rejections: int) -> tuple[int, ...]:
        """Of steps whose frame shows no face: those to capture again."""
        for step in faceless_steps:
            self.faceless[step] = self.faceless.get(step, 0) + 1
        return tuple(step for step in faceless_steps if self.faceless[step] <= max_rejections)


class WorkBook:
    """Works by lease; at most one for each shard."""

    def __init__(self) -> None:
        self._works: dict[str, Work] = {}
        self._lease_of_shard: dict[str, str] = {}

    def begin(self, work: Work) -> list[str]:
        """Returns the lease whose unfinished work on the same shard this one replaces."""
        lease = work.lease
        before = self._lease_of_shard.get(lease.shard_id)
        self._lease_of_shard[lease.shard_id] = lease.lease_id
        self._works[lease.lease_id] = work
        return [before] if before is not None and self._works.pop(before, None) is not None else []

    def get(self, lease_id: str) -> Work | None:
        return self._works.get(lease_id)

    def end(self, lease_ids: Iterable[str]) -> None:
        for lease_id in lease_ids:
            self._works.pop(lease_id, None)

    def __contains__(self, lease_id: str) -> bool:
        return lease_id in self._works
