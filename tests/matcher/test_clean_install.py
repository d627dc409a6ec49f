"""`pip install lookalike[matcher]` and nothing else: photos become sheets, and what needs more says so in one line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from toy_model_files import write_card, write_networks
from toy_models import ToyModels

from creator.profile_file import load_profile
from embedding.recogniser import Recogniser

ROOT = Path(__file__).parents[2]
NOT_COPIED = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__", "node_modules", "tests")
NOT_FOUND = ("No matching distribution", "Could not find a version", "Connection", "Temporary failure")
LIBRARY_USE = """
import json, sys
from matcher import Matcher
matcher = Matcher.load("models")
match = matcher.match("photo.png")
loaded = sorted({"torch", "ray", "pyarrow", "fastapi"} & set(sys.modules))
print(json.dumps({"label": match.sheet["rows"][1]["label"], "loaded": loaded}))
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a new environment in which only the matcher's extra is installed."""
    folder = tmp_path_factory.mktemp("clean")
    shutil.copytree(ROOT, folder / "source", ignore=NOT_COPIED)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    programs = folder / "venv" / "bin"
    command = [programs / "pip", "install", "--quiet", f"{folder / 'source'}[matcher]"]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    if installed.returncode and any(text in installed.stderr for text in NOT_FOUND):
        pytest.skip(f"the packages cannot be got here: {installed.stderr.strip().splitlines()[-1]}")
    assert installed.returncode == 0, installed.stderr
    return programs


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, recogniser: Recogniser, photo_HW3: NDArray[np.uint8]) -> Path:
    """A folder with models and a photo."""
    place = tmp_path_factory.mktemp("place")
    identity = recogniser.identity
    models = ToyModels(load_profile("small"), identity.dimension, str(identity))
    write_networks(models, place / "models")
    write_card(models, place / "models")
    Image.fromarray(photo_HW3).save(place / "photo.png")
    return place


def run(place: Path, *command: object) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        [str(part) for part in command], cwd=place, env=environment, capture_output=True, text=True, timeout=300
    )


def test_neither_torch_nor_ray_nor_a_dataset_comes_along(programs: Path, place: Path) -> None:
    installed = {
        package["name"].lower()
        for package in json.loads(run(place, programs / "pip", "list", "--format", "json").stdout)
    }
    assert "onnxruntime" in installed
    assert installed & {"torch", "ray", "pyarrow", "deltalake", "fastapi", "uvicorn", "scipy", "pandas"} == set()


def test_a_photo_becomes_a_sheet_in_its_plain_forms(programs: Path, place: Path) -> None:
    sheets = [part for form in ("json", "ini", "html") for part in ("--sheet", f"sheet.{form}")]
    matched = run(place, programs / "lookalike", "match", "photo.png", "--models", "models", "--json", *sheets)
    assert matched.returncode == 0, matched.stderr
    assert json.loads(matched.stdout)["sheet"] == json.loads((place / "sheet.json").read_text())
    assert (place / "sheet.ini").read_text().startswith("[info]")


def test_the_librarys_example_runs_without_torch_and_ray(programs: Path, place: Path) -> None:
    used = run(place, programs / "python", "-c", LIBRARY_USE)
    assert used.returncode == 0, used.stderr
    said = json.loads(used.stdout)
    assert said["label"] == "Head width"
    assert said["loaded"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve", "--models", "models", "--plain"),
        ("match", "photo.png", "--models", "models", "--data", ".", "--sheet", "s.png"),
    ],
)
def test_what_needs_more_says_what_to_install(programs: Path, place: Path, arguments: tuple[str, ...]) -> None:
    refused = run(place, programs / "lookalike", *arguments)
    assert refused.returncode == 1
    assert "pip install 'lookalike[" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "Serving on" not in refused.stdout
