"""`lookalike standin`: the stand-in creator in a window, to play with or to be driven."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from creator.profile_file import load_profile
from standin.faults import Faults


def standin(
    profile: Annotated[str, typer.Option(help="Which creator to stand in for: a name or a file.")] = "standin",
    scale: Annotated[float, typer.Option(min=0.5, max=4.0, help="How large the window is.")] = 2.0,
    faults: Annotated[str, typer.Option(help="What goes wrong, as dropped_press=0.02,popup=0.01.")] = "",
    seed: Annotated[int, typer.Option(help="Of everything that happens by chance.")] = 0,
    truth_log: Annotated[Path | None, typer.Option(help="Write what is really shown to this file.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Close the window after so long.")] = None,
) -> None:
    """Open the stand-in creator.

    W and S move, A and D change, Space enters, Esc leaves, Q and E turn pages. It behaves like the game: presses count once a
    frame, faces take a while to load, and the faults that you switch on happen.
    """
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    from standin.window import run_window  # SDL is slow to import

    described = load_profile(profile)
    wanted = Faults.parse(faults)
    run_window(described, scale=scale, faults=wanted, seed=seed, truth_log=truth_log, max_seconds=seconds)
