"""An agent's machine has the packages of its extra and no others: the command must do there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = """
import importlib.abc, sys
blocked = "ray torch pyarrow deltalake onnxruntime onnx dlib numba scipy jinja2 markupsafe fastapi fsspec s3fs pygame"
blocked += " prometheus_client"
class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked.split():
            raise ModuleNotFoundError(f"{name} is not installed here", name=name)
sys.meta_path.insert(0, Blocker())
sys.argv = ["lookalike", *sys.argv[1:]]
from cli.main import run
run()
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["agent", "--help"],
        ["calibrate", "--help"],
        ["apply", "--help"],
        ["status", "--help"],
        ["profile", "check", "dd2"],
    ],
)
def test_the_command_needs_no_more_than_the_agents_packages(arguments: list[str]) -> None:
    ended = subprocess.run([sys.executable, "-c", _SCRIPT, *arguments], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr


def test_the_doctor_works_there_too(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT, "doctor", "--url", "http://127.0.0.1:59999", "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    found = {check["name"]: check["verdict"] for check in json.loads(ended.stdout)}
    assert ended.returncode == 0, ended.stderr
    assert (found["python"], found["gpu"]) == ("ok", "skipped")


def test_a_verb_that_needs_more_says_what_is_missing() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT, "train", "--data", "x"], capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 1
    assert "pip install 'lookalike[all]'" in " ".join(ended.stderr.split())
