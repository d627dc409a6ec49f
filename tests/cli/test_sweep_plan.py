"""`lookalike sweep plan`: figures that a person can go by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coordinator.cost import few_digits

Lookalike = Callable[..., Any]


@pytest.mark.parametrize(
    ("number", "shown"), [(0.0123, "0.012"), (0.5, "0.5"), (1.26, "1.3"), (12_345.6, "12,345.6"), (0.0, "0")]
)
def test_what_is_small_is_not_shown_as_nothing(number: float, shown: str) -> None:
    assert few_digits(number) == shown


def test_a_short_sweep_takes_more_than_no_time(lookalike: Lookalike, tmp_path: Path) -> None:
    file = tmp_path / "sweep.toml"
    file.write_text('name = "short"\nkind = "interleaved"\nnum_frames = 4\n', encoding="utf-8")

    outcome = lookalike("sweep", "plan", file, "--profile", "small")

    assert outcome.code == 0
    assert " 0.0 " not in outcome.out
