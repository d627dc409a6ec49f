"""`lookalike doctor`: looks at everything once, changes nothing, and says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.console import show
from cli.devices import DeviceKind
from cli.doctor.check import Check, Verdict, failure, ok, skipped
from cli.doctor.files import check_modes, check_token_store, secret_files
from cli.doctor.machine import check_disk, check_gpu, check_python, check_roles, check_shared_memory, is_installed
from cli.doctor.network import check_gateway
from creator.profile_file import load_profile
from protocol.errors import LookalikeError

if TYPE_CHECKING:
    from creator.profile import Profile

_STYLES = {"ok": "green", "warning": "yellow", "failure": "bold red", "skipped": "dim"}


def doctor(
    url: Annotated[str, typer.Option(help="The coordinator's address.")] = "http://127.0.0.1:8420",
    token_file: Annotated[Path, typer.Option(help="This machine's token.")] = Path("watch.token"),
    tokens: Annotated[Path, typer.Option(help="The coordinator's token file.")] = Path("tokens.json"),
    data: Annotated[str | None, typer.Option(help="Race this store: a folder or s3://bucket/prefix.")] = None,
    device: Annotated[DeviceKind | None, typer.Option(help="Look for the game's window there.")] = None,
    profile: Annotated[str, typer.Option(help="The creator's profile: a name or a file.")] = "standin",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check versions, packages, ports, clock, tokens, store, GPU, disk and the game's window, and say what to do.

    Ends with code 1 when something fails. Store and window are looked at when --data and --device name them.
    """
    checks = [
        check_python(),
        *check_roles(),
        check_gpu(),
        check_disk(Path(data) if data and "://" not in data else Path()),
        check_shared_memory(),
        check_modes(secret_files([Path(), Path("campaign"), Path("cluster")])),
        *check_token_store(tokens),
        *check_gateway(url, token_file),
        _check_store(data),
        *_check_window(device, profile),
    ]
    show(_table(checks), as_json=[check.to_json() for check in checks], is_json=json)
    if any(check.verdict == Verdict.FAILURE for check in checks):
        raise typer.Exit(1)


def _check_store(data: str | None) -> Check:
    if data is None:
        return skipped("store", "not asked for", "Name it with --data to have writers race on it")
    if not is_installed("deltalake"):
        return skipped("store", "the coordinator's packages are not installed here")
    from dataset.probe import probe_store
    from dataset.store import open_store

    try:
        probe_store(open_store(data))
    except LookalikeError as error:
        return failure("store", str(error), "No coordinator starts on such a store; choose another")
    return ok("store", f"{data}: of racing writers exactly one won, every time")


def _check_window(kind: DeviceKind | None, name: str) -> Iterator[Check]:
    if kind is None:
        yield skipped("game window", "not asked for", "Name the device with --device to look for it")
        return
    described = load_profile(name)
    try:
        yield _window(kind, described)
    except (LookalikeError, ImportError, OSError) as error:
        yield failure("game window", str(error), f"Open the creator; its title must be {described.title!r}")


def _window(kind: DeviceKind, described: Profile) -> Check:
    from cli.devices import open_device

    opened = open_device(kind, described)
    try:
        window = opened.window()
    finally:
        opened.close()
    size = f"{window.width} x {window.height}"
    screen = described.screen
    if window.width * screen.height != window.height * screen.width:
        return failure(
            "game window",
            f"{size}; the profile describes {screen.width} x {screen.height}",
            "Set a resolution of the same proportions in the game",
        )
    return ok("game window", f"found, {size}")


def _table(checks: list[Check]) -> Table:
    table = Table("", "what", "finding", "what to do")
    for check in checks:
        style = _STYLES[check.verdict]
        table.add_row(f"[{style}]{check.verdict}[/]", check.name, escape(check.finding), escape(check.remedy))
    return table
