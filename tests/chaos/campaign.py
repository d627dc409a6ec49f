"""A campaign under random kills: somebody dies whenever a further part of the frames is there, until all is captured."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, replace

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
    """A stall of the store stands in the list as well.

    `back_seconds`: until a chunk that was first sent after the kill was acknowledged, of that agent or of any; None when
    everything was finished first. Where a replica was killed, it may be the other one that acknowledged it. So there are also:
    `every_agent_back_seconds`: until each of those concerned had one acknowledged; None when one had no work left.
    `replaced_seconds`: until there are as many processes of the killed kind again; None for kinds without replicas.
    """

    who: str
    at_seconds: float
    back_seconds: float | None
    every_agent_back_seconds: float | None = None
    replaced_seconds: float | None = None


class Replacement(threading.Thread):
    """Looks, beside the campaign, when there are as many processes of a kind again."""

    def __init__(self, site: Site, kind: str) -> None:
        super().__init__(daemon=True)
        self.seconds: float | None = None
        self._site, self._kind, self._since = site, kind, time.time()

    def run(self) -> None:
        kind = self._kind
        wait_until(lambda: len(self._site.replicas(kind)) >= _expected(kind), f"no new {kind} process came")
        self.seconds = round(time.time() - self._since, 2)


def victims(num_kills: int, chance: random.Random) -> list[str]:
    """Each kind at least once while there is room, then by weight."""
    kinds = list(WEIGHTS)
    chosen = kinds[:num_kills]
    chosen += chance.choices(kinds, list(WEIGHTS.values()), k=num_kills - len(chosen))
    chance.shuffle(chosen)
    return chosen


def run_campaign(site: Site, num_kills: int, num_stalls: int, seed: int) -> list[Kill]:
    chance, started, events = random.Random(seed), time.time(), list[Kill]()
    order, replacements = victims(num_kills, chance), list[Replacement | None]()
    for at in range(num_stalls):
        order.insert((at + 1) * len(order) // (num_stalls + 1), "store")
    site.start_all()
    _wait(site, started, AGENTS)
    for at, kind in enumerate(order):
        due = _LAST_KILL_SHARE * site.plan.num_frames * at / len(order)
        _go_on_until(site, due)
        time.sleep(chance.uniform(0.0, 1.0))
        struck, now = _strike(site, kind, chance)
        replacements.append(Replacement(site, kind) if kind in REPLICAS else None)
        if (replacement := replacements[-1]) is not None:
            replacement.start()
        back = _wait(site, now, (struck,) if struck in AGENTS else AGENTS)
        events.append(Kill(struck, now - started, back))
        print(events[-1], site.num_acknowledged(), flush=True)
    _finish(site)
    return [_completed(site, kill, started, of) for kill, of in zip(events, replacements, strict=True)]


def _concerned(kill: Kill) -> tuple[str, ...]:
    return (kill.who,) if kill.who in AGENTS else AGENTS


def _completed(site: Site, kill: Kill, started: float, replacement: Replacement | None) -> Kill:
    """With what is known only afterwards."""
    when = started + kill.at_seconds
    times = [site.acknowledged_since(when, (agent,)) for agent in _concerned(kill)]
    known = [done - when for done in times if done is not None]
    every = round(max(known), 2) if len(known) == len(times) else None
    return replace(
        kill, every_agent_back_seconds=every, replaced_seconds=replacement.seconds if replacement is not None else None
    )


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
