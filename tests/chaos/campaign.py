"""A campaign under random kills: somebody dies whenever a further part of the frames is there, until all is captured."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from coordinator.sweep import SweepSpec, plan_sweep
from creator.profile_file import load_profile
from tests.chaos.plan import AGENTS, NUM_REPLICAS, PROFILE, ChaosPlan
from tests.chaos.processes import REPLICAS, Site, wait_until

WEIGHTS = {"agent": 10, "gateway": 9, "embedding": 9, "coordinator": 7, "head": 3, "everything": 2}
STALL_SECONDS = 5.0
FINISH_SECONDS = 3000.0
_LAST_KILL_SHARE = 0.9  # of the frames: the last one's consequences are to be seen


@dataclass(frozen=True)
class Kill:
    """`back_seconds`: until a chunk that was first sent after the kill was acknowledged, of that agent or of any; None when
    everything was finished first. A stall of the store stands in the list as well."""

    who: str
    at_seconds: float
    back_seconds: float | None


def victims(num_kills: int, chance: random.Random) -> list[str]:
    """Each kind at least once while there is room, then by weight."""
    kinds = list(WEIGHTS)
    chosen = kinds[:num_kills]
    chosen += chance.choices(kinds, list(WEIGHTS.values()), k=num_kills - len(chosen))
    chance.shuffle(chosen)
    return chosen


def run_campaign(site: Site, num_kills: int, num_stalls: int, seed: int) -> list[Kill]:
    chance, started, events = random.Random(seed), time.time(), list[Kill]()
    order = victims(num_kills, chance)
    for at in range(num_stalls):
        order.insert((at + 1) * len(order) // (num_stalls + 1), "store")
    site.start_all()
    _wait(site, started, AGENTS)
    for at, kind in enumerate(order):
        due = _LAST_KILL_SHARE * site.plan.num_frames * at / len(order)
        _go_on_until(site, due)
        time.sleep(chance.uniform(0.0, 1.0))
        struck, now = _strike(site, kind, chance)
        events.append(
            Kill(struck, round(now - started, 2), _wait(site, now, (struck,) if struck in AGENTS else AGENTS))
        )
        print(events[-1], site.num_acknowledged(), flush=True)
    _finish(site)
    return events


def _strike(site: Site, kind: str, chance: random.Random) -> tuple[str, float]:
    """Who was struck, and when."""
    if kind == "store":
        now = time.time()
        site.stall_store(STALL_SECONDS)
        return kind, now
    if kind in REPLICAS:
        wait_until(lambda: len(site.replicas(kind)) >= _expected(kind), f"not all {kind} processes are back")
        now = time.time()
        site.kill_replica(kind, chance.choice)
        return kind, now
    victim, now = chance.choice(AGENTS) if kind == "agent" else kind, time.time()
    if kind == "agent":
        site.kill_agent(victim)
    elif kind == "head":
        site.kill_head()
    else:
        site.terminate_all()
    return victim, now


def _expected(kind: str) -> int:
    return 1 if kind == "coordinator" else NUM_REPLICAS


def _wait(site: Site, since: float, agents: tuple[str, ...]) -> float | None:
    """Seconds until work went on."""

    def is_back() -> bool:
        site.tend()
        return site.acknowledged_since(since, agents) is not None or site.is_finished()

    wait_until(is_back, f"no work of {', '.join(agents)}")
    back = site.acknowledged_since(since, agents)
    return None if back is None else round(back - since, 2)


def _go_on_until(site: Site, num_frames: float) -> None:
    def is_due() -> bool:
        site.tend()
        return site.num_acknowledged() >= num_frames or site.is_finished()

    wait_until(is_due, "the campaign stands still", FINISH_SECONDS)


def _finish(site: Site) -> None:
    def is_finished() -> bool:
        site.tend()
        return site.is_finished()

    wait_until(is_finished, "the campaign does not end", FINISH_SECONDS)


def planned_rows(plan: ChaosPlan) -> dict[str, int]:
    """Rows by shard."""
    shards = plan_sweep(SweepSpec.from_table(plan.sweep), load_profile(PROFILE))
    return {shard.shard_id: len(shard.characters) for shard in shards}
