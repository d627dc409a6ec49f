"""`lookalike fleet`: orders about agents to a running coordinator."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.gateway import DEFAULT_OPERATOR, DEFAULT_URL, OperatorOption, UrlOption, order
from coordinator.commands import Command

fleet_app = typer.Typer(
    help="Drain agents of a running coordinator, or give them another chance.", no_args_is_help=True
)

AgentArgument = Annotated[str, typer.Argument(help="The agent's name.")]


@fleet_app.command("drain")
def drain(agent: AgentArgument, url: UrlOption = DEFAULT_URL, token_file: OperatorOption = DEFAULT_OPERATOR) -> None:
    """Let an agent finish what it holds and give it no further shard, as before its machine is needed elsewhere."""
    order(url, token_file, Command("drain_agent", agent))


@fleet_app.command("undrain")
def undrain(agent: AgentArgument, url: UrlOption = DEFAULT_URL, token_file: OperatorOption = DEFAULT_OPERATOR) -> None:
    """Give a drained agent shards again."""
    order(url, token_file, Command("undrain_agent", agent))


@fleet_app.command("release")
def release(agent: AgentArgument, url: UrlOption = DEFAULT_URL, token_file: OperatorOption = DEFAULT_OPERATOR) -> None:
    """Give an agent that was set aside another chance, after what was wrong there has been put right."""
    order(url, token_file, Command("release_agent", agent))
