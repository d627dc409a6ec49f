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
        (("--theme", "pink"), "No theme 'pink'"),
        (("--language", "klingon"), "there are english, japanese"),
    ],
)
def test_what_the_standin_does_not_have_is_named(lookalike: Lookalike, arguments: tuple[str, ...], named: str) -> None:
    outcome = lookalike("standin", *arguments)
    assert outcome.code == 1
    assert named in outcome.err
