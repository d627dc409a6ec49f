"""Agents that only talk: leases, heartbeats, chunks and reports at the article's pace, on a virtual clock.

A shard lasts 300 s and has 12 chunks and 30 heartbeats, as an agent's that enumerates combinations (sweeps/article.toml). Frames
are small: their pictures are a few bytes, and a chunk holds 10 of them instead of 64.
"""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from coordinator.coordinator import Coordinator
from creator.profile import Profile
from dataset.record import StagedChunk, StagedFile
from dataset.schema import FRAMES, IMAGES, embeddings_name
from protocol.character import Character
from protocol.chunk import checksum
from protocol.frame import Frame, FrameRecord
from protocol.lease import Heartbeat, LeaseGrant, LeaseRequest, Report

SHARD_SECONDS = 300.0
HEARTBEAT_SECONDS = 10.0
CHUNK_FRAMES = 10
CHUNKS_PER_SHARD = 12
DIMENSION = 8
RECOGNISER = "none-00000000"
TABLES = (FRAMES, IMAGES, embeddings_name(RECOGNISER))

T = TypeVar("T")


@dataclass
class Meter:
    """What the coordinator's calls cost: CPU of the whole process while nothing else runs in it, and wall time."""

    cpu_seconds: float = 0.0
    lease_seconds: list[float] = field(default_factory=list)
    num_calls: int = 0

    def call(self, function: Callable[[], T], *, is_lease: bool = False) -> T:
        cpu, wall = time.process_time(), time.perf_counter()
        result = function()
        self.cpu_seconds += time.process_time() - cpu
        self.num_calls += 1
        if is_lease:
            self.lease_seconds.append(time.perf_counter() - wall)
        return result


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class _Agent:
    name: str
    grant: LeaseGrant | None = None
    num_chunks: int = 0
    num_beats: int = 0


class SimulatedFleet:
    """Only the coordinator's share is measured. `folder` is that of its tables: what a gateway would have staged is put there
    as files that hold no rows, which a commit does not look into."""

    def __init__(self, coordinator: Coordinator, folder: Path, profile: Profile, clock: Clock, num_agents: int) -> None:
        self.meter = Meter()
        self.num_leases = 0
        self._coordinator = coordinator
        self._folder = folder
        self._profile = profile
        self._clock = clock
        chance = random.Random(0)
        agents = [_Agent(f"agent-{number}") for number in range(num_agents)]
        # agents that have worked for a while are spread over a shard's length
        self._events = [(chance.uniform(0, SHARD_SECONDS), at, agent) for at, agent in enumerate(agents)]
        heapq.heapify(self._events)

    def warm_up(self, virtual_seconds: float) -> None:
        """Until leases begin and end at the same rate."""
        while self._clock.now < virtual_seconds:
            self._next()
        self.meter, self.num_leases = Meter(), 0

    def run(self, num_leases: int) -> float:
        """Until so many leases are done; returns the virtual seconds that it took."""
        started = self._clock.now
        while self.num_leases < num_leases:
            self._next()
        return self._clock.now - started

    def _next(self) -> None:
        self._clock.now, at, agent = heapq.heappop(self._events)
        heapq.heappush(self._events, (self._clock.now + self._act(agent), at, agent))

    def _act(self, agent: _Agent) -> float:
        if agent.grant is None:
            return self._ask(agent)
        if agent.num_beats < round(SHARD_SECONDS / HEARTBEAT_SECONDS):
            return self._beat(agent, agent.grant)
        return self._report(agent, agent.grant)

    def _ask(self, agent: _Agent) -> float:
        request = LeaseRequest(agent.name, self._profile.hash, "c", "1")
        reply = self.meter.call(lambda: self._coordinator.lease(request), is_lease=True)
        if reply.grant is None:
            raise RuntimeError("The sweep is too small for so many agents")
        agent.grant, agent.num_chunks, agent.num_beats = reply.grant, 0, 0
        return HEARTBEAT_SECONDS

    def _beat(self, agent: _Agent, grant: LeaseGrant) -> float:
        beat = Heartbeat(grant.lease_id, agent.name, agent.num_chunks, {"presses": 1.0, "retakes": 0.0})
        if not self.meter.call(lambda: self._coordinator.heartbeat(beat)).is_held:
            raise RuntimeError("A lease was lost")
        agent.num_beats += 1
        due = agent.num_beats * CHUNKS_PER_SHARD * HEARTBEAT_SECONDS / SHARD_SECONDS
        while agent.num_chunks < round(due):
            self._send(agent, grant)
        return HEARTBEAT_SECONDS

    def _send(self, agent: _Agent, grant: LeaseGrant) -> None:
        """Staging is the gateway's work, so it is not measured here."""
        num_frames = len(grant.shard.characters)
        first, end = (num_frames * at // CHUNKS_PER_SHARD for at in (agent.num_chunks, agent.num_chunks + 1))
        steps = range(first, end)
        frames = [small_frame(grant, step, agent.name) for step in steps]
        records = [frame.record for frame in frames]
        self.meter.call(lambda: self._coordinator.check_chunk(grant.lease_id, agent.name, records))
        staged = self._stage(grant, steps)
        self.meter.call(lambda: self._coordinator.accept_chunk(grant.lease_id, agent.name, staged))
        agent.num_chunks += 1

    def _stage(self, grant: LeaseGrant, steps: range) -> StagedChunk:
        name = f"{grant.shard.shard_id}.{grant.attempt}.{steps.start}.parquet"
        for table in TABLES:
            path = self._folder / table / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"no rows")
        files = tuple(StagedFile(table, name, len(steps), len(b"no rows")) for table in TABLES)
        return StagedChunk(grant.shard.shard_id, grant.attempt, RECOGNISER, DIMENSION, tuple(steps), files)

    def _report(self, agent: _Agent, grant: LeaseGrant) -> float:
        report = Report(grant.lease_id, agent.name, "done", len(grant.shard.characters))
        if not self.meter.call(lambda: self._coordinator.report(report)).is_committed:
            raise RuntimeError("A shard was not committed")
        agent.grant = None
        self.num_leases += 1
        return 0.1


def small_frame(grant: LeaseGrant, step: int, agent: str, picture: bytes = b"picture") -> Frame:
    """A frame of the step, its character equal to the planned one and not the same object, as one that was sent."""
    planned = grant.shard.characters[step]
    record = FrameRecord(
        shard_id=grant.shard.shard_id,
        step=step,
        slider_set=grant.shard.slider_sets[step],
        attempt=grant.attempt,
        agent=agent,
        game_version="1",
        calibration_id="c",
        profile_hash=grant.shard.profile_hash,
        character=Character(planned.gender, planned.face, planned.skin, tuple(number for number in planned.sliders)),
        is_verified=True,
        confidence=1.0,
        captured_seconds=float(step),
        captured_unix_seconds=0.0,
        image_format="jpeg",
        width=256,
        height=256,
        sha256=checksum(picture),
    )
    return Frame(record, picture)
