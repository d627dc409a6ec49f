"""Whatever is handed in: an embedding or a clear error, soon, within a bounded memory, and the process lives."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from bad_pictures import NUM_PICTURES, pictures

SCRIPT = Path(__file__).with_name("embed_bad_pictures.py")
LARGEST_BYTES = 500_000_000
LONGEST_SECONDS = 5.0
"""Of CPU time: what others do on the machine is not the picture's fault. A hang meets the time limit of the process."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks are measured on Linux only")


def embed_all(first: int, step: int, timeout_seconds: float) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(first), str(step)],
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONWARNINGS": "ignore", "PATH": ""},
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"{lines[-1:]} ended the process: {done.stderr[-2000:]}"
    return [line for line in lines if "outcome" in line]


def check(results: list[dict[str, Any]]) -> Counter[str]:
    slow = [result for result in results if result["seconds"] > LONGEST_SECONDS]
    large = [result for result in results if result["bytes"] > LARGEST_BYTES]
    assert slow == []
    assert large == []
    return Counter(result["outcome"] for result in results)


def test_there_are_as_many_as_promised_and_no_name_twice() -> None:
    names = [name for name, _ in pictures()]

    assert len(names) == len(set(names)) == NUM_PICTURES


def test_some_of_the_bad_pictures_are_answered() -> None:
    results = embed_all(3, 15, timeout_seconds=200)

    outcomes = check(results)
    assert len(results) == len(pictures()[3::15])
    assert {"embedded", "NotAPhotoError", "DamagedPhotoError", "NoFaceError"} <= set(outcomes)


@pytest.mark.slow
def test_all_of_the_bad_pictures_are_answered() -> None:
    results = embed_all(0, 1, timeout_seconds=1500)

    outcomes = check(results)
    assert sum(outcomes.values()) == NUM_PICTURES
    assert {"PhotoTooLargeError", "SeveralFacesError"} <= set(outcomes)
    by_name = {result["name"]: result["outcome"] for result in results}
    assert by_name["50 faces"] == "SeveralFacesError"
    assert {by_name[f"JPEG with orientation {number}"] for number in (1, 2, 0, 999)} == {"embedded"}
    assert {by_name[f"{kind} of 16 bits"] for kind in ("PNG", "TIFF", "PPM")} == {"embedded"}
    assert {by_name[f"HEIC of brand {brand}"] for brand in ("heic", "mif1", "msf1")} == {"NotAPhotoError"}
