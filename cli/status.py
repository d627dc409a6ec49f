"""`lookalike status`: the fleet at a glance."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.console import out, show
from cli.gateway import DEFAULT_URL, UrlOption, open_gateway
from coordinator.status import AgentStatus, FleetStatus

REFRESH_SECONDS = 2.0


def status(
    url: UrlOption = DEFAULT_URL,
    token_file: Annotated[Path, typer.Option(help="A token with the right to read the status.")] = Path("watch.token"),
    watch: Annotated[bool, typer.Option("--watch", help="Refresh until interrupted.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show sweeps, agents and what was set aside."""
    with open_gateway(url, token_file) as gateway:
        first = gateway.status()
        if not watch or json:
            show(render(first), as_json=first.to_json(), is_json=json)
            return
        with Live(render(first), console=out, auto_refresh=False) as live:
            while True:
                time.sleep(REFRESH_SECONDS)
                live.update(render(gateway.status()), refresh=True)


def render(fleet: FleetStatus) -> Group:
    """Sweeps above, agents below, trouble last."""
    parts: list[Table | Text] = [_headline(fleet), _sweeps(fleet), _agents(fleet)]
    parts += [
        Text(f"set aside {agent.agent}: {agent.evidence}", style="red") for agent in fleet.agents if agent.evidence
    ]
    parts += [Text(f"set aside {item.shard_id}: {item.errors[-1]}", style="red") for item in fleet.set_aside]
    return Group(*parts)


def _headline(fleet: FleetStatus) -> Text:
    left = "finished" if fleet.is_finished else _duration(fleet.seconds_left)
    return Text(
        f"{fleet.profile}: {fleet.committed_rows:,} of {fleet.planned_rows:,} rows, "
        f"{fleet.rows_per_second:.1f} rows/s, {left}",
        style="bold",
    )


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "time left unknown"
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours} h {rest // 60:02d} min left" if hours else f"{rest // 60} min {rest % 60:02d} s left"


def _sweeps(fleet: FleetStatus) -> Table:
    table = _table("sweep", "state")
    for heading in ("prio", "planned", "done", "leased", "waiting", "aside"):
        table.add_column(heading, justify="right", no_wrap=True)
    for sweep in fleet.sweeps:
        rows = (sweep.planned_rows, sweep.committed_rows, sweep.leased_rows, sweep.pending_rows, sweep.set_aside_rows)
        state = "finished" if sweep.committed_rows == sweep.planned_rows else sweep.state
        table.add_row(sweep.name, state, str(sweep.priority), *(f"{number:,}" for number in rows))
    return table


_AGENTS_CAPTION = "frames: since the coordinator's start; retakes, lost presses: since the agent's own"


def _agents(fleet: FleetStatus) -> Table:
    table = _table("agent", "shard")
    for heading in ("step", "frames", "retakes", "lost", "heard"):
        table.add_column(heading, justify="right", no_wrap=True)
    for agent in fleet.agents:
        table.add_row(
            _name(agent),
            ", ".join(agent.shards) or "-",
            str(agent.step),
            f"{agent.frames:,}",
            f"{agent.counters.get('retakes', 0):,.0f}",
            f"{agent.counters.get('lost_presses', 0):,.0f}",
            f"{agent.heard_seconds_ago:.0f} s ago",
        )
    table.caption = _AGENTS_CAPTION if fleet.agents else "no agent was heard of since the coordinator's start"
    table.caption_justify = "left"
    return table


def _table(*names: str) -> Table:
    """In a terminal of 80 columns numbers stay whole, and names fold."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1))
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _name(agent: AgentStatus) -> Text:
    if agent.is_set_aside:
        return Text(f"{agent.agent} (set aside)", style="red")
    return Text(f"{agent.agent} (drained)" if agent.is_drained else agent.agent)
