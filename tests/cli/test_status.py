"""`lookalike status`: what a person needs to see stands in it."""

from __future__ import annotations

import io

from rich.console import Console

from cli.status import render
from coordinator.status import AgentStatus, FleetStatus


def test_it_says_why_an_agent_is_set_aside() -> None:
    agent = AgentStatus("pc-1", 3.0, (), 0, 12, is_set_aside=True, is_drained=False, evidence="5 shards failed there")
    fleet = FleetStatus("small", "0" * 16, (), (agent,), (), {}, 0.0, None, 60.0, is_finished=False)

    console = Console(width=200, record=True, file=io.StringIO())
    console.print(render(fleet))

    assert "set aside pc-1: 5 shards failed there" in console.export_text()
