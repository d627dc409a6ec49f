"""What the command prints: one place, so that --json and --quiet mean the same everywhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import RenderableType

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class _RateColumn(ProgressColumn):
    """Steps a second, with the task's own unit."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.1f} {task.fields.get('unit', '')}/s" if speed else "", style="cyan")


def progress_bars(*, is_quiet: bool = False) -> Progress:
    """Bars with rate and time left. Add tasks with `unit="frames"` or the like; a task without total shows a spinner."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=err,
        disable=is_quiet,
        speed_estimate_period=20,
    )


def show(value: RenderableType, *, as_json: Any = None, is_json: bool = False) -> None:
    """Prints for people, or `as_json` for programs."""
    if is_json:
        print(json.dumps(as_json, indent=2))  # rich would wrap long lines
    else:
        out.print(value)
