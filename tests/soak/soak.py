"""A long campaign of eight agents: its processes are killed one after the other, all others live on. Then nobody is killed for
so many minutes of the wall, sweep after sweep, that every process can be judged; at the end comes a small sweep by itself.

What happened lies in an `Outcome`: every life of every process, and all figures that were scraped.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cli.gateway import open_gateway
from cli.secrets import write_token
from coordinator.commands import Command
from coordinator.cost import sweep_cost
from coordinator.status import FleetStatus
from coordinator.sweep import SweepSpec, plan_sweep
from coordinator.tokens import TokenStore
from creator.profile_file import load_profile
from protocol.errors import LookalikeError
from tests.chaos.plan import NUM_REPLICAS, PROFILE
from tests.chaos.processes import REPLICAS, Site, wait_until
from tests.soak.watching import Figures, Watcher

AGENTS = tuple(f"agent-{number}" for number in range(1, 9))
SWEEP, QUIET_SWEEP, CALM_SWEEP = "soak", "quiet", "calm"
FRAMES_PER_SHARD, _SET_FRAMES = 20, 4
_CALM_SETS = 20
CALM_ROWS = _CALM_SETS * _SET_FRAMES
_QUIET_HOURS = 0.5  # of one of the sweeps without kills
_FEW_ROWS = 2 * len(AGENTS) * FRAMES_PER_SHARD  # left when the next one is added: nobody is ever without work
_ORDER = ("agent", "gateway", "agent", "embedding", "agent", "coordinator", "agent") * 2
_ORDER_AT = (0.1, 0.85)  # of the hours with kills
_HEAD_AT = 0.05
_SPARE = 1.25  # more is planned than the hours ask for: shards end unevenly, and what a killed agent had begun is lost
_PATIENCE_SECONDS = 4 * 3600.0  # without progress it is tended all the same; a machine may be busy with other things

Scraped = dict[tuple[str, str], Figures]


@dataclass(frozen=True, slots=True)
class Kill:
    who: str
    hours: float


@dataclass(slots=True)
class Outcome:
    """`hours` with all agents at work, of which `killing_hours` till the last kill; `sweeps`: all that were captured.

    `before_calm` and `after_calm`: all figures while nothing moved, before and after the calm sweep."""

    watcher: Watcher
    kills: list[Kill]
    hours: float
    killing_hours: float
    sweeps: list[dict[str, Any]]
    before_calm: Scraped
    after_calm: Scraped
    status: FleetStatus


def sweep_table(name: str, num_sets: int) -> dict[str, Any]:
    """Sliders all over their ranges: many presses and little to draw, so that an hour passes in a minute or two."""
    size = {
        "num_slider_sets": num_sets,
        "num_combinations": _SET_FRAMES,
        "frames_per_shard": FRAMES_PER_SHARD,
    }
    return {"name": name, "kind": "random", "seed": 7, **size}


def sets_for(hours: float) -> int:
    """How many slider sets keep the agents busy for so long."""
    profile, sample = load_profile(PROFILE), 40
    spec = SweepSpec.from_table(sweep_table(SWEEP, sample))
    return max(
        _CALM_SETS, round(_SPARE * sample * hours / sweep_cost(plan_sweep(spec, profile), profile).hours(len(AGENTS)))
    )


def planned_rows(sweeps: Iterable[dict[str, Any]]) -> dict[str, int]:
    """By shard."""
    shards = [shard for table in sweeps for shard in plan_sweep(SweepSpec.from_table(table), load_profile(PROFILE))]
    return {shard.shard_id: len(shard.characters) for shard in shards}


def soak(folder: Path, hours: float, killing_hours: float, quiet_minutes: float) -> Outcome:
    """So many game hours, with kills in the first of them and none in the last minutes of the wall."""
    num_sets = sets_for(killing_hours)
    first, calm = sweep_table(SWEEP, num_sets), sweep_table(CALM_SWEEP, _CALM_SETS)
    settings = {"agents": AGENTS, "agents_end": False, "failing_share": 0.0}
    with Site(folder, str(folder / "data"), _SET_FRAMES * num_sets, other_sweep=first, **settings) as site:
        token = TokenStore(site.plan.tokens).issue("operator", scopes=("status", "operate"))
        write_token(site.plan.token("operator"), token)
        site.start_all()
        watcher = Watcher(site)
        watcher.start()
        kills = _kill_in_turn(site, watcher, killing_hours)
        killed_hours = watcher.clock.hours()
        quiet = _stay_quiet(site, watcher, hours, quiet_minutes)
        _wait_for_end(site, watcher)
        soaked_hours, before = watcher.clock.hours(), watcher.scrape()
        _add_sweep(site, calm)
        wait_until(lambda: not _status(site).is_finished, "the calm sweep does not begin")
        _wait_for_end(site, watcher)
        watcher.stop()
        assert site.crashes == []
        sweeps = [first, *quiet, calm]
        return Outcome(watcher, kills, soaked_hours, killed_hours, sweeps, before, watcher.scrape(), _status(site))


def _stay_quiet(site: Site, watcher: Watcher, hours: float, minutes: float) -> list[dict[str, Any]]:
    """Sweep after sweep, until the campaign has lasted so many hours and this so many minutes; returns them."""
    until = time.monotonic() + minutes * 60
    added: list[dict[str, Any]] = []
    while time.monotonic() < until or (minutes and watcher.clock.hours() < hours):
        if _rows_left(site) < _FEW_ROWS:
            added.append(sweep_table(f"{QUIET_SWEEP}-{len(added) + 1}", sets_for(_QUIET_HOURS)))
            _add_sweep(site, added[-1])
        site.tend()
        time.sleep(1.0)
    return added


def _kill_in_turn(site: Site, watcher: Watcher, hours: float) -> list[Kill]:
    chance, kills, agents = random.Random(1), list[Kill](), list(AGENTS)
    for share, kind in _schedule():
        _wait_for(site, partial(_is_due, site, watcher, share * hours))
        who = agents.pop(0) if kind == "agent" else kind
        kills.append(Kill(who, round(watcher.clock.hours(), 3)))
        print(kills[-1], flush=True)
        _kill(site, who, chance)
    return kills


def _schedule() -> Iterator[tuple[float, str]]:
    """When, as a share of the campaign, and which kind."""
    yield _HEAD_AT, "head"
    first, last = _ORDER_AT
    for at, kind in enumerate(_ORDER):
        yield first + (last - first) * at / (len(_ORDER) - 1), kind


def _is_due(site: Site, watcher: Watcher, hours: float) -> bool:
    """Also when all is captured before its time: who looks at the outcome sees by the hours that it came too late."""
    return watcher.clock.hours() >= hours or _is_all_committed(site)


def _kill(site: Site, who: str, chance: random.Random) -> None:
    if who == "head":
        site.kill_head()
    elif who in REPLICAS:
        expected = 1 if who == "coordinator" else NUM_REPLICAS
        wait_until(lambda: len(site.replicas(who)) >= expected, f"not all {who} processes are back")
        site.kill_replica(who, chance.choice)
    else:
        site.kill_agent(who)


def _wait_for_end(site: Site, watcher: Watcher) -> None:
    """Until all is committed and no agent holds a lease; figures of tables are read once a minute."""

    _wait_for(site, lambda: _is_all_committed(site))
    rows = float(_status(site).committed_rows)
    _wait_for(site, lambda: rows in _values(watcher.scrape(), "lookalike_table_rows"))


def _is_all_committed(site: Site) -> bool:
    try:
        status = _status(site)
    except LookalikeError:  # somebody was killed a moment ago
        return False
    return status.is_finished and status.committed_rows == status.planned_rows


def _rows_left(site: Site) -> float:
    """More than any number when nobody answers just now."""
    try:
        status = _status(site)
    except LookalikeError:
        return math.inf
    return status.planned_rows - status.committed_rows


def _wait_for(site: Site, is_so: Any) -> None:
    def so() -> bool:
        site.tend()
        time.sleep(1.0)
        return bool(is_so())

    wait_until(so, "the campaign stands still", _PATIENCE_SECONDS)


def _values(scraped: Mapping[tuple[str, str], Figures], name: str) -> list[float]:
    return [figures[name] for figures in scraped.values() if name in figures]


def _status(site: Site) -> FleetStatus:
    with open_gateway(site.plan.url, site.plan.token("operator")) as gateway:
        return gateway.status()


def _add_sweep(site: Site, table: dict[str, Any]) -> None:
    with open_gateway(site.plan.url, site.plan.token("operator")) as gateway:
        gateway.execute(Command("add_sweep", table["name"], sweep=table))
