"""A display of its own with the stand-in's window on it, for as long as a test file runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from creator.profile_file import load_profile
from protocol.errors import WindowError

ROOT = Path(__file__).parents[3]
START_SECONDS = 60.0


@dataclass(frozen=True)
class Desk:
    """An X11 display with a creator on it."""

    display: str
    truth_log: Path


def start_display(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    with (folder / "xvfb.log").open("wb") as log:
        server = subprocess.Popen(command, pass_fds=[write], stderr=log, stdout=log)
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    return server, f":{number}"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Skipped where there is no Xvfb."""
    if shutil.which("Xvfb") is None:
        pytest.skip("no Xvfb here: apt-get install -y xvfb")
    folder = tmp_path_factory.mktemp("desk")
    server, display = start_display(folder)
    truth = folder / "truth.jsonl"
    script = Path(__file__).parent / "plain_window.py"
    environment = {**os.environ, "DISPLAY": display, "SDL_VIDEODRIVER": "x11", "PYTHONPATH": str(ROOT)}
    creator = subprocess.Popen([sys.executable, script, "small", truth, "280"], env=environment)
    try:
        wait_for_window(display, creator, load_profile("small").title)
        yield Desk(display, truth)
    finally:
        for process in (creator, server):
            process.terminate()
            process.wait(10)


def wait_for_window(display: str, creator: subprocess.Popen[bytes], title: str) -> None:
    from agents.x11_device import X11Desktop

    end = time.monotonic() + START_SECONDS
    while True:
        try:
            X11Desktop(title, display).close()
            return
        except WindowError:
            if creator.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.2)
