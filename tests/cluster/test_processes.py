"""What a head started is found by its session, also when the head is gone; nobody else's process is touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cluster.processes import Leader

# A leader with a child that keeps a file open in the folder and ignores SIGTERM, as a stuck worker would.
CHILD = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
file = open(sys.argv[1], "w")
print("up", file=file, flush=True)
time.sleep(60)
"""
LEADER = (
    f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {CHILD!r}, sys.argv[1]]); time.sleep(60)"
)


@pytest.fixture
def leader(tmp_path: Path) -> Iterator[Leader]:
    process = subprocess.Popen([sys.executable, "-c", LEADER, str(tmp_path / "held")], start_new_session=True)
    found = Leader.of(process.pid, tmp_path)
    deadline = time.monotonic() + 60
    while not (tmp_path / "held").exists() or not (tmp_path / "held").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield found
    for pid in found.family():
        os.kill(pid, signal.SIGKILL)
    process.wait(10)


def test_the_whole_session_is_ended_even_what_will_not(leader: Leader) -> None:
    assert len(leader.family()) == 2

    leader.end(patience_seconds=0.5)

    assert leader.family() == []
    assert not leader.is_alive


def test_what_a_killed_leader_leaves_behind_is_found_and_ended(leader: Leader) -> None:
    os.kill(leader.pid, signal.SIGKILL)
    os.waitpid(leader.pid, 0)
    assert len(leader.family()) == 1

    leader.end(patience_seconds=0.5)

    assert leader.family() == []


def test_a_stranger_that_got_the_leaders_number_is_left_alone(leader: Leader, tmp_path: Path) -> None:
    other_start = replace(leader, started=leader.started + 1, folder=str(tmp_path / "elsewhere"))
    other_boot = replace(leader, boot="another boot")
    for old in (other_start, other_boot):
        assert not old.is_alive
        assert old.family() == []
        old.end(patience_seconds=0.2)

    assert leader.is_alive
