"""The command's frame: its verbs, its errors, its exit codes.

0 done, 1 error, 2 wrong usage, 3 the stand-in crashed as a fault asked, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

from cli.console import err
from cli.verbs import add_verbs, missing_package, not_installed
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


def run() -> None:
    """The entry point."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin starve each other where cores are shared
    try:
        add_verbs(app)
        app()
    except ModuleNotFoundError as error:
        if os.environ.get("LOOKALIKE_DEBUG"):
            raise
        _end_with(str(not_installed(missing_package(error))))
    except LookalikeError as error:
        if os.environ.get("LOOKALIKE_DEBUG"):
            raise
        _end_with("\n".join([str(error), *getattr(error, "__notes__", ())]))
    except OSError as error:
        if os.environ.get("LOOKALIKE_DEBUG"):
            raise
        _end_with(f"{error}. Check the path and who may use it.")


def _end_with(text: str) -> NoReturn:
    plain = text.replace("[", r"\[")
    err.print(f"[bold red]Error:[/] {plain}", soft_wrap=True)
    sys.exit(1)


if __name__ == "__main__":
    run()
