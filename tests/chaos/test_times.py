"""The summary of kills tells the truth about its own figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chaos.campaign import Kill
from tests.chaos.test_chaos import times_of


def test_only_the_head_is_left_out_of_the_median_and_the_slowest_agent_counts() -> None:
    kills = [
        Kill("head", 1.0, 90.0, 95.0),
        Kill("everything", 2.0, 60.0, 70.0),
        Kill("gateway", 3.0, 0.3, 4.0, 12.0),
        Kill("agent-1", 4.0, 2.0, 2.0),
    ]
    times = times_of(kills)
    assert (times["median_back_seconds"], times["worst_back_seconds"]) == (4.0, 70.0)
    assert times["median_first_back_seconds"] == 2.0
    assert times["median_back_seconds_of_processes"] == 3.0
    assert times["median_back_seconds_of_full_starts"] == 82.5
    assert times["median_replaced_seconds"] == 12.0


def test_a_kill_after_which_no_work_was_seen_is_no_figure() -> None:
    with pytest.raises(AssertionError, match="too short"):
        times_of([replace(Kill("gateway", 1.0, 1.0, 1.0), back_seconds=None, every_agent_back_seconds=None)])
