"""`lookalike fleet`: orders about agents to a running coordinator."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.console import out
from cli.gateway import DEFAULT_OPERATOR, DEFAULT_URL, OperatorOption, UrlOption, open_gateway

fleet_app = typer.Typer(
    help="Drain agents of a running coordinator, or give them another chance.", no_args_is_help=True
)

AgentArgument = Annotated[str, typer.Argument(help="The agent's name.")]


@fleet_app.command("drain")
def drain(agent: AgentArgument, url: UrlOption = DEFAULT_URL, token_file: OperatorOption = DEFAULT_OPERATOR) -> None:
    """Let an agent finish what it holds and give it no further shard, as before its machine is needed elsewhere."""
    from coordinator.commands import Command

    with open_gateway(url, token_file) as gateway:
        out.print(gateway.execute(Command("drain_agent", agent)))


@fleet_app.command("undrain")
def undrain(agent: AgentArgument, url: UrlOption = DEFAULT_URL, token_file: OperatorOption = DEFAULT_OPERATOR) -> None:
    """Give a drained agent shards again."""
    from coordinator.commands import Command

    with open_gateway(url, token_file) as gateway:
        out.print(gateway.execute(Command("undrain_agent", agent)))


@fleet_app.command("release")
def release(agent: AgentArgument, url: UrlOption = DEFAULT_URL, token_file: OperatorOption = DEFAULT_OPERATOR) -> None:
    """Give an agent that was set aside another chance, after what was wrong there has been put right."""
    from coordinator.commands import Command

    with open_gateway(url, token_file) as gateway:
        out.print(gateway.execute(Command("release_agent", agent)))
