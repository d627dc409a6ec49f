"""`lookalike sweep`: what a sweep costs before it runs, and orders to a coordinator that runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import show
from cli.gateway import DEFAULT_OPERATOR, DEFAULT_URL, OperatorOption, UrlOption, order
from coordinator.commands import Command
from coordinator.cost import few_digits

if TYPE_CHECKING:
    from coordinator.estimate import SweepEstimate

sweep_app = typer.Typer(help="Plan sweeps, and order those of a running coordinator.", no_args_is_help=True)

FileArgument = Annotated[str, typer.Argument(help="A TOML or JSON file with one sweep or several.")]
NameArgument = Annotated[str, typer.Argument(help="The sweep's name.")]


@sweep_app.command("plan")
def plan(
    file: FileArgument,
    profile: Annotated[str, typer.Option(help="The creator's profile: a name or a file.")] = "standin",
    agents: Annotated[int, typer.Option(min=1, help="How many agents would capture.")] = 1,
    picture_kb: Annotated[float, typer.Option(min=0, help="Size of one picture in kilobytes.")] = 60.0,
    dimension: Annotated[int, typer.Option(min=1, help="Of the recognition network.")] = 128,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what sweeps cost, before anything starts: frames, presses, distinct slider sets, hours, bytes.

    Hours are game time of agents that are never disturbed; `benchmarks/` tells what share of that real ones reach.
    """
    from coordinator.estimate import estimate_sweep
    from coordinator.sweep import load_sweeps
    from creator.profile_file import load_profile

    described = load_profile(profile)
    estimates = [
        estimate_sweep(spec, described, num_agents=agents, picture_bytes=round(1000 * picture_kb), dimension=dimension)
        for spec in load_sweeps(file)
    ]
    show(_table(estimates, agents), as_json=[estimate.to_json() for estimate in estimates], is_json=json)


@sweep_app.command("add")
def add(
    file: FileArgument,
    priority: Annotated[int, typer.Option(help="Higher ones are captured first.")] = 0,
    url: UrlOption = DEFAULT_URL,
    token_file: OperatorOption = DEFAULT_OPERATOR,
) -> None:
    """Add the sweeps of a file to a running coordinator. One that it has already stays as it is."""
    from coordinator.sweep import load_sweeps

    specs = load_sweeps(file)
    order(url, token_file, *(Command("add_sweep", spec.name, priority or None, spec.to_json()) for spec in specs))


@sweep_app.command("pause")
def pause(name: NameArgument, url: UrlOption = DEFAULT_URL, token_file: OperatorOption = DEFAULT_OPERATOR) -> None:
    """Give out no further shards of a sweep; agents finish what they hold."""
    order(url, token_file, Command("pause_sweep", name))


@sweep_app.command("resume")
def resume(name: NameArgument, url: UrlOption = DEFAULT_URL, token_file: OperatorOption = DEFAULT_OPERATOR) -> None:
    """Go on with a sweep that was paused or cancelled."""
    order(url, token_file, Command("run_sweep", name))


@sweep_app.command("cancel")
def cancel(name: NameArgument, url: UrlOption = DEFAULT_URL, token_file: OperatorOption = DEFAULT_OPERATOR) -> None:
    """End a sweep: agents drop what they hold of it, committed rows stay."""
    order(url, token_file, Command("cancel_sweep", name))


@sweep_app.command("priority")
def priority(
    name: NameArgument,
    number: Annotated[int, typer.Argument(help="Higher ones are captured first; 0 is usual.")],
    url: UrlOption = DEFAULT_URL,
    token_file: OperatorOption = DEFAULT_OPERATOR,
) -> None:
    """Capture a sweep before or after others."""
    order(url, token_file, Command("rank_sweep", name, number))


@sweep_app.command("retry")
def retry(
    shard: Annotated[str, typer.Argument(help="A shard that was set aside, as `lookalike status` names it.")],
    url: UrlOption = DEFAULT_URL,
    token_file: OperatorOption = DEFAULT_OPERATOR,
) -> None:
    """Give a shard that was set aside another chance."""
    order(url, token_file, Command("release_shard", shard))


def _table(estimates: list[SweepEstimate], num_agents: int) -> Table:
    table = Table()
    table.add_column("sweep", overflow="fold")
    hours = f"hours, {num_agents} agent{'s' if num_agents > 1 else ''}"
    for heading in ("shards", "frames", "presses", "slider sets", hours, "GB"):
        table.add_column(heading, justify="right")
    for estimate in estimates:
        counts = (estimate.num_shards, estimate.num_frames, estimate.num_presses, estimate.num_slider_sets)
        table.add_row(
            estimate.name,
            *(f"{count:,}" for count in counts),
            few_digits(estimate.hours),
            few_digits(estimate.total_bytes / 1e9),
        )
    if len(estimates) > 1:
        frames, hours_sum = sum(e.num_frames for e in estimates), sum(e.hours for e in estimates)
        size = sum(estimate.total_bytes for estimate in estimates) / 1e9
        table.add_section()
        table.add_row("all", "", f"{frames:,}", "", "", few_digits(hours_sum), few_digits(size))
    return table
