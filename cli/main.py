"""The command's frame: its verbs, its errors, its exit codes (0 done, 1 error, 2 wrong usage, 130 interrupted)."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cli.console import err
from protocol.errors import LookalikeError

app = typer.Typer(
    name="lookalike",
    help="A photo becomes the settings of a game's character creator.",
    epilog="Start with `lookalike demo`: it captures, trains and matches on this machine, and leaves a report.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
) -> None:
    if debug:
        os.environ["LOOKALIKE_DEBUG"] = "1"


def _add_verbs() -> None:
    """In the order in which a newcomer meets them. Imports are here, so that --help is quick to fail and easy to follow."""
    from cli.agent import agent
    from cli.apply import apply
    from cli.calibrate import calibrate
    from cli.capture import capture
    from cli.coordinator import coordinator
    from cli.data import data_app
    from cli.demo.command import demo
    from cli.doctor.command import doctor
    from cli.enroll import enroll
    from cli.fleet import fleet_app
    from cli.match import match
    from cli.models import models_app
    from cli.profile import profile_app
    from cli.reembed import reembed
    from cli.serve import serve
    from cli.standin import standin
    from cli.status import status
    from cli.sweep import sweep_app
    from cli.train import train

    for verb in (
        demo,
        match,
        apply,
        serve,
        standin,
        calibrate,
        capture,
        train,
        reembed,
        coordinator,
        enroll,
        agent,
        status,
        doctor,
    ):
        app.command()(verb)
    app.add_typer(sweep_app, name="sweep")
    app.add_typer(fleet_app, name="fleet")
    app.add_typer(data_app, name="data")
    app.add_typer(models_app, name="models")
    app.add_typer(profile_app, name="profile")


def run() -> None:
    """The entry point."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin starve each other where cores are shared
    try:
        _add_verbs()
        app()
    except LookalikeError as error:
        if os.environ.get("LOOKALIKE_DEBUG"):
            raise
        err.print(f"[bold red]Error:[/] {_plain(str(error))}", soft_wrap=True)
        sys.exit(1)
    except OSError as error:
        if os.environ.get("LOOKALIKE_DEBUG"):
            raise
        err.print(f"[bold red]Error:[/] {_plain(str(error))}. Check the path and who may use it.", soft_wrap=True)
        sys.exit(1)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


if __name__ == "__main__":
    run()
