"""The coordinator dies before and after each of its writes in turn; agents and operators say again what got no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import pytest
from capturing import CrashError, MemoryStore, MemoryTable, small_sweep, staged

from coordinator.campaign import Campaign
from coordinator.coordinator import Coordinator
from coordinator.errors import LeaseError
from coordinator.lease import LeaseSettings
from creator.profile import Profile
from dataset.record import StagedChunk
from protocol.lease import LeaseGrant, LeaseRequest, Report

T = TypeVar("T")
SWEEP = small_sweep()
SHARD_FRAMES, NUM_SHARDS = 4, 3
MOST_WRITES = 100


class Fuse:
    """Blows once: before or after the write of that number."""

    def __init__(self, at: int, *, is_after: bool) -> None:
        self._at = at
        self._is_after = is_after
        self.num_writes = 0

    @property
    def has_blown(self) -> bool:
        return self.num_writes > self._at

    def around(self, write: Callable[[], T]) -> T:
        self.num_writes += 1
        is_now = self.num_writes == self._at + 1
        if is_now and not self._is_after:
            raise CrashError
        result = write()
        if is_now:
            raise CrashError
        return result


class FusedStore(MemoryStore):
    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    def write(self, path: str, data: bytes) -> None:
        self._fuse.around(lambda: super(FusedStore, self).write(path, data))

    def put_if_absent(self, path: str, data: bytes) -> bool:
        return self._fuse.around(lambda: super(FusedStore, self).put_if_absent(path, data))

    def delete(self, paths: Iterable[str]) -> None:
        """One after the other, as a store does: a crash leaves the rest."""
        for path in paths:
            self._fuse.around(lambda path=path: super(FusedStore, self).delete([path]))  # type: ignore[misc]


class FusedTable(MemoryTable):
    def __init__(self, profile: Profile, fuse: Fuse) -> None:
        super().__init__(profile)
        self._fuse = fuse

    def commit_shard(self, shard_id: str, chunks: Sequence[StagedChunk]) -> bool:
        return self._fuse.around(lambda: super(FusedTable, self).commit_shard(shard_id, chunks))


class World:
    """A coordinator that is started again whenever it died, and people who say again what got no answer."""

    def __init__(self, profile: Profile, fuse: Fuse) -> None:
        self.profile = profile
        self.now = 0.0
        self.store, self.table = FusedStore(fuse), FusedTable(profile, fuse)
        self.start()
        self.insist(lambda: self.coordinator.operations.add_sweep(SWEEP))

    @property
    def is_finished(self) -> bool:
        return self.coordinator.status().is_finished

    def start(self) -> None:
        while True:
            settings = LeaseSettings(max_failing_agents=9, max_failures=9)
            self.coordinator = Coordinator(self.table, Campaign(self.store), settings, lambda: self.now, lambda: 0.0)
            try:
                self.coordinator.operations.restore()
            except CrashError:
                continue
            return

    def insist(self, ask: Callable[[], T]) -> T:
        while True:
            try:
                return ask()
            except CrashError:
                self.start()

    def lease(self, agent: str) -> LeaseGrant | None:
        request = LeaseRequest(agent, self.profile.hash, "c", "1")
        return self.insist(lambda: self.coordinator.lease(request)).grant

    def report(self, grant: LeaseGrant, agent: str, outcome: str) -> bool:
        said = Report(grant.lease_id, agent, outcome, SHARD_FRAMES, "broken")  # type: ignore[arg-type]
        return self.insist(lambda: self.coordinator.report(said)).is_committed

    def capture(self, agent: str) -> bool:
        """A whole shard; False when there is none, or somebody else has it by now."""
        grant = self.lease(agent)
        if grant is None:
            return False
        try:
            for steps in ((0, 1), (2, 3)):
                self.insist(lambda steps=steps: self._send(grant, agent, steps))  # type: ignore[misc]
        except LeaseError:
            return True  # asks for the next one
        self.report(grant, agent, "done")
        return True

    def _send(self, grant: LeaseGrant, agent: str, steps: tuple[int, int]) -> None:
        verdict_steps = set(steps) - self._durable(grant)
        if verdict_steps:
            self.coordinator.accept_chunk(grant.lease_id, agent, staged(grant, sorted(verdict_steps)))

    def _durable(self, grant: LeaseGrant) -> set[int]:
        """As the gateway hears from `check_chunk`, whose records are left out here."""
        chunks = Campaign(self.store).staged().get(grant.lease_id, [])
        return {step for chunk in chunks for step in chunk.steps}


def live(world: World) -> None:
    """An agent fails, one gives back, one is drained, the sweep is paused and goes on; in the end all is captured."""
    for agent, outcome in (("north", "failed"), ("west", "given_back")):
        grant = world.lease(agent)
        assert grant is not None
        world.report(grant, agent, outcome)
    assert world.capture("south")
    world.insist(lambda: world.coordinator.operations.order_sweep(SWEEP.name, state="paused"))
    assert world.lease("south") is None, "a pause that the operator was told of holds"
    world.insist(lambda: world.coordinator.operations.order_sweep(SWEEP.name, state="running", priority=2))
    world.insist(lambda: world.coordinator.operations.drain_agent("west", is_drained=True))
    assert world.lease("west") is None
    while not world.is_finished:
        world.capture("south")
        world.now += 30.0  # leases whose agents never heard of them run out


@pytest.mark.parametrize("is_after", [False, True])
def test_a_crash_at_any_write_loses_no_shard_and_commits_none_twice(profile: Profile, *, is_after: bool) -> None:
    for at in range(MOST_WRITES):
        fuse = Fuse(at, is_after=is_after)
        world = World(profile, fuse)
        live(world)

        assert world.table.num_commits == dict.fromkeys(world.table.rows, 1), f"write {at}"
        assert all(sorted(steps) == list(range(SHARD_FRAMES)) for steps in world.table.rows.values()), f"write {at}"
        assert len(world.table.rows) == NUM_SHARDS, f"write {at}"
        world.start()
        assert world.is_finished
        assert world.insist(lambda: world.coordinator.operations.order_sweep(SWEEP.name)).priority == 2  # noqa: B023
        left = [path for path in world.store.objects if path.startswith(("leases/", "staged/"))]
        assert left == [], f"write {at}"
        if not fuse.has_blown:
            return
    raise AssertionError(f"the campaign has more than {MOST_WRITES} writes")
