"""`lookalike enroll`: gives an agent, or a person who watches, a token of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import out
from cli.secrets import write_token


def enroll(
    agent: Annotated[str, typer.Argument(help="The agent's name; it stands in every row that it captures.")],
    tokens: Annotated[Path, typer.Option(help="The coordinator's token file.")] = Path("tokens.json"),
    to: Annotated[Path | None, typer.Option(help="Where the token goes; AGENT.token unless told otherwise.")] = None,
    days: Annotated[float, typer.Option(help="How long it is valid.")] = 90.0,
    watch_only: Annotated[bool, typer.Option("--watch-only", help="May read the status and nothing else.")] = False,
) -> None:
    """Issue a token.

    The coordinator keeps a hash only, so the token cannot be shown again. Copy the file to the agent's machine.
    """
    from coordinator.tokens import TokenStore

    token = TokenStore(tokens).issue(
        agent, scopes=("status",) if watch_only else ("capture", "status"), expires_in_days=days
    )
    path = to or Path(f"{agent}.token")
    write_token(path, token)
    out.print(f"Token of {agent} in {path}, valid for {days:g} days. Keep it secret.")
