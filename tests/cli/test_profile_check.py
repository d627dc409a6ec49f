from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def test_a_sound_profile_is_summarised_for_people_and_programs(lookalike: Callable[..., Any]) -> None:
    for_people = lookalike("profile", "check", "standin")
    for_programs = lookalike("profile", "check", "small", "--json")
    assert (for_people.code, for_programs.code) == (0, 0)
    assert "3040" in for_people.out
    summary = json.loads(for_programs.out)
    assert (summary["sliders"], summary["combinations"]) == (12, 24)


def test_help_lists_every_verb(lookalike: Callable[..., Any]) -> None:
    help_text = lookalike("--help").out
    for verb in (
        "demo",
        "standin",
        "calibrate",
        "capture",
        "agent",
        "coordinator",
        "train",
        "match",
        "status",
        "profile",
    ):
        assert verb in help_text
