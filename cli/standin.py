"""`lookalike standin`: the stand-in creator in a window, to play with or to be driven."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Annotated

import typer

from cli.console import err
from creator.profile_file import load_profile
from standin.faults import ALL_FAULTS, Faults
from standin.looks import Looks
from standin.rules import Rules
from standin.theme import THEMES
from standin.wording import LANGUAGES

_FAULT = f"What goes wrong and how often; may be given several times. One of {', '.join(ALL_FAULTS)}."
_RULE = (
    "How the game keeps time, as load_frames=3..8, page_frames=0, lists_wrap=no (sections, rows and choices end at their ends; "
    "pages go round all the same); may be given several times."
)
_CRASH_EXIT_CODE = 3
_SEED = "Of all that happens by chance, and other than 0 of typeface and layout."


def _finite(seconds: float | None) -> float | None:
    if seconds is not None and not 0 < seconds < math.inf:
        raise typer.BadParameter(f"{seconds:g} is no time to play for: it takes a number above 0")
    return seconds


def standin(
    profile: Annotated[str, typer.Option(help="Which creator to stand in for: a name or a file.")] = "standin",
    theme: Annotated[str, typer.Option(help=f"Colours: {' or '.join(THEMES)}.")] = next(iter(THEMES)),
    language: Annotated[str, typer.Option(help=f"What it speaks: {' or '.join(LANGUAGES)}.")] = LANGUAGES[0],
    scale: Annotated[float, typer.Option(min=0.5, max=4.0, help="How large the window is.")] = 2.0,
    seed: Annotated[int, typer.Option(min=0, help=_SEED)] = 0,
    fault: Annotated[list[str] | None, typer.Option(metavar="NAME=RATE", help=_FAULT)] = None,
    rule: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help=_RULE)] = None,
    truth_log: Annotated[Path | None, typer.Option(help="Write what is really shown to this file.")] = None,
    seconds: Annotated[float | None, typer.Option(callback=_finite, help="Close the window after so long.")] = None,
) -> None:
    """Open the stand-in creator and play with it.

    [bold]W[/] and [bold]S[/] move, [bold]A[/] and [bold]D[/] change (hold them to go on), [bold]Space[/] enters a section or
    flips a switch, [bold]Esc[/] leaves, [bold]Q[/] and [bold]E[/] turn pages, [bold]Enter[/] answers a message. Presets (>>)
    dice a whole page. Click into the window when another one has taken the keys.

    It behaves like the game: presses count once a frame, faces take a while to load, and the faults that you switch on happen:
    [cyan]lookalike standin --language japanese --theme frost --fault popup=0.1 --fault dropped_press=0.05[/]

    Ends with exit code 3 when the fault [cyan]crash[/] has ended it.
    """
    described = load_profile(profile)
    looks = Looks(theme=theme, language=language, scale=scale, seed=seed)
    rules, faults = Rules.parse(described, rule or ()), Faults.parse(",".join(fault or ()))
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    from standin.window import run_window  # SDL is slow to import

    played = run_window(
        described, looks=looks, rules=rules, faults=faults, seed=seed, truth_log=truth_log, max_seconds=seconds
    )
    if played.is_crashed:
        err.print("The creator has crashed, as the fault `crash` wants it to.")
        raise typer.Exit(_CRASH_EXIT_CODE)
