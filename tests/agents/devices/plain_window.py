"""Opens the stand-in's window with plain faces: python plain_window.py PROFILE TRUTH_LOG SECONDS [FAULTS]."""

import sys

from creator.profile_file import load_profile
from standin.faults import Faults
from standin.screen import Screen
from standin.window import run_window
from tests.agents.conftest import PlainPainter


def main(name: str, truth_log: str, seconds: str, faults: str = "") -> None:
    profile = load_profile(name)
    screen = Screen(profile, PlainPainter())
    run_window(
        profile, screen=screen, faults=Faults.parse(faults), seed=5, truth_log=truth_log, max_seconds=float(seconds)
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
