"""`lookalike standin` names what it cannot do before any window opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Lookalike = Callable[..., Any]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--fault", "gremlins=1"), "No fault 'gremlins'"),
        (("--fault", "popup=0.1", "--fault", "popup=0.2"), "stands twice"),
        (("--rule", "load_frames=many"), "load_frames=3..8"),
        (("--rule", "page_frames=1", "--rule", "page_frames=2"), "stands twice"),
        (("--rule", "frames_per_second=inf"), "it takes 1 to 1000"),
        (("--truth-log", "no/such/folder/truth.jsonl"), "cannot be written"),
        (("--theme", "pink"), "No theme 'pink'"),
        (("--language", "klingon"), "there are english, japanese"),
    ],
)
def test_what_the_standin_does_not_have_is_named(lookalike: Lookalike, arguments: tuple[str, ...], named: str) -> None:
    outcome = lookalike("standin", *arguments)
    assert outcome.code == 1
    assert named in outcome.err


@pytest.mark.parametrize("seconds", ["nan", "inf", "-5", "0"])
def test_a_time_that_never_ends_or_never_begins_is_wrong_usage(lookalike: Lookalike, seconds: str) -> None:
    outcome = lookalike("standin", "--seconds", seconds)
    assert outcome.code == 2
    assert "no time to play for" in outcome.err


def test_without_a_display_it_says_so(lookalike: Lookalike, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    outcome = lookalike("standin", "--seconds", "2")
    assert outcome.code == 1
    assert "no display" in outcome.err


def test_a_crash_on_purpose_has_an_exit_code_of_its_own(lookalike: Lookalike, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    outcome = lookalike("standin", "--profile", "small", "--scale", "0.5", "--fault", "crash=10", "--seconds", "60")
    assert outcome.code == 3
    assert "has crashed" in outcome.err
