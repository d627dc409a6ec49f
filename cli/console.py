"""What the command prints: one place, so that --json and --quiet mean the same everywhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class _RateColumn(ProgressColumn):
    """Steps a second, with the task's own unit."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.1f} {task.fields.get('unit', '')}/s" if speed else "", style="cyan")


class _TimeColumn(ProgressColumn):
    """Time left while it runs, time taken afterwards."""

    def render(self, task: Task) -> Text:
        seconds = task.finished_time if task.finished else task.time_remaining
        if seconds is None:
            return Text(f"{_clock(task.elapsed or 0)} so far", style="yellow")
        return Text(
            f"{'took' if task.finished else 'left'} {_clock(seconds)}", style="green" if task.finished else "yellow"
        )


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def progress_bars(*, is_quiet: bool = False) -> Progress:
    """Bars with rate and time left, 80 columns wide. Add tasks with `unit="rows"` or the like; without total one pulses."""
    return Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(bar_width=14),
        MofNCompleteColumn(),
        _RateColumn(),
        _TimeColumn(),
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


def tell_left_out(reasons: Iterable[str]) -> None:
    """Of what a user handed in and the command went on without."""
    for reason in reasons:
        err.print(f"[yellow]Left out:[/] {escape(reason)}", soft_wrap=True)
