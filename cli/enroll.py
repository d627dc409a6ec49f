"""`lookalike enroll`: gives an agent, or a person, a token of its own; lists and revokes them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import out, show
from cli.secrets import write_token

if TYPE_CHECKING:
    from coordinator.tokens import Scope, Token, TokenStore


def enroll(
    name: Annotated[
        str | None, typer.Argument(help="The agent's name; it stands in every row that it captures.")
    ] = None,
    tokens: Annotated[Path, typer.Option(help="The coordinator's token file.")] = Path("tokens.json"),
    to: Annotated[Path | None, typer.Option(help="Where the token goes; NAME.token unless told otherwise.")] = None,
    expires: Annotated[float, typer.Option("--expires", "--days", help="Days that it is valid; 0: for ever.")] = 90.0,
    watch_only: Annotated[bool, typer.Option("--watch-only", help="May read the status and nothing else.")] = False,
    operator: Annotated[bool, typer.Option("--operator", help="May order sweeps and agents, not capture.")] = False,
    trainer: Annotated[
        bool, typer.Option("--trainer", help="May watch, and add sweeps, as training asks for.")
    ] = False,
    player: Annotated[bool, typer.Option("--player", help="May have photos matched by lookalike serve.")] = False,
    list_all: Annotated[bool, typer.Option("--list", help="Show the tokens that were issued.")] = False,
    revoke: Annotated[str | None, typer.Option(help="End a token by its id, or all of a name.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """Issue a token, list those that were issued, or revoke some.

    The coordinator keeps a hash only, so a token cannot be shown again. Copy the file to the agent's machine. A revoked or
    expired token is refused from the next request on.
    """
    from coordinator.tokens import TokenStore

    store = TokenStore(tokens)
    if sum((name is not None, list_all, revoke is not None)) != 1 or sum((watch_only, operator, trainer, player)) > 1:
        raise typer.BadParameter(
            "Name an agent, or say --list, or --revoke; --watch-only, --operator, --trainer and --player exclude each other"
        )
    if list_all:
        issued = store.tokens()
        show(_table(issued), as_json=[_public(token) for token in issued], is_json=json)
    elif revoke is not None:
        out.print(_revoked(revoke, store.revoke(revoke)))
    elif name is not None:
        path = to or Path(f"{name}.token")
        scopes = _scopes(watch_only=watch_only, operator=operator, trainer=trainer, player=player)
        _hand_over(path, store, store.issue(name, scopes=scopes, expires_in_days=expires or None))
        until = f"valid for {expires:g} days" if expires else "valid until it is revoked"
        out.print(f"Token of {name} in {path}, {until}. Keep it secret.")


def _hand_over(path: Path, store: TokenStore, token: str) -> None:
    """A token that nobody has must not stay valid."""
    try:
        write_token(path, token)
    except BaseException:
        store.revoke(token.split("_")[1])  # its id
        raise


def _scopes(*, watch_only: bool, operator: bool, trainer: bool, player: bool) -> tuple[Scope, ...]:
    if operator:
        return ("status", "operate")
    if trainer:
        return ("status", "train")
    if player:
        return ("match",)
    return ("status",) if watch_only else ("capture", "status")


def _revoked(what: str, count: int) -> str:
    if not count:
        return f"No token of {what} was there"
    return f"{count} token{'s' if count > 1 else ''} of {what} revoked"


def _public(token: Token) -> dict[str, object]:
    return {name: value for name, value in token.to_json().items() if name != "secret_sha256"}


def _table(issued: list[Token]) -> Table:
    table = Table("id", "name", "may", "issued", "expires")
    for token in issued:
        table.add_row(
            token.token_id, token.agent, ", ".join(token.scopes), _day(token.issued_unix_seconds), _end(token)
        )
    return table


def _end(token: Token) -> str:
    if not token.expires_unix_seconds:
        return "never"
    day = _day(token.expires_unix_seconds)
    return f"{day} (over)" if token.expires_unix_seconds <= time.time() else day


def _day(unix_seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(unix_seconds))
