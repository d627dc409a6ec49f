"""`lookalike status`: what a person needs to see stands in it."""

from __future__ import annotations

import io

from rich.console import Console

from cli.status import render
from coordinator.status import AgentStatus, FleetStatus, SweepStatus


def test_it_says_why_an_agent_is_set_aside() -> None:
    agent = AgentStatus("pc-1", 3.0, (), 0, 12, is_set_aside=True, is_drained=False, evidence="5 shards failed there")
    fleet = FleetStatus("small", "0" * 16, (), (agent,), (), {}, 0.0, None, 60.0, is_finished=False)

    console = Console(width=200, record=True, file=io.StringIO())
    console.print(render(fleet))

    assert "set aside pc-1: 5 shards failed there" in console.export_text()


def test_in_80_columns_no_number_and_no_name_is_cut() -> None:
    sweep = SweepStatus(
        "interleaved-of-november", "interleaved", "running", 10, 1_234_567, 345_678, 1_234, 100, 0, 876_543, 9, 1
    )
    agent = AgentStatus(
        "capture-pc-1",
        3.0,
        ("interleaved-00123",),
        123,
        1_234_567,
        is_set_aside=False,
        is_drained=False,
        evidence="",
        counters={"retakes": 12_345.0, "lost_presses": 54_321.0},
    )
    fleet = FleetStatus("small", "0" * 16, (sweep,), (agent,), (), {}, 0.0, None, 60.0, is_finished=False)

    console = Console(width=80, record=True, file=io.StringIO())
    console.print(render(fleet))

    said = console.export_text()
    assert "\u2026" not in said
    for word in ("1,234,567", "345,678", "876,543", "12,345", "54,321", "planned", "waiting", "capture-pc-1"):
        assert word in said
