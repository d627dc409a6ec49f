"""`lookalike models` installs, lists and checks."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "embedding"))
from generated_networks import write_detector, write_folder

Lookalike = Callable[..., Any]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOOKALIKE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def networks(tmp_path: Path) -> Path:
    (tmp_path / "tiny").mkdir()
    return write_folder(tmp_path / "tiny")


def test_an_added_network_is_listed_beside_the_default_one(lookalike: Lookalike, models: Path, networks: Path) -> None:
    added = lookalike("models", "add", networks, "--licence", "mine")
    listed = json.loads(lookalike("models", "list", "--json").out)

    assert "tiny is installed as arcface_tiny-" in " ".join(added.out.split())
    assert [network["name"] for network in listed] == ["dlib", "tiny"]
    assert [network["dimension"] for network in listed] == [128, 8]
    assert listed[1]["licence"] == "mine"


def test_a_damaged_network_fails_the_check_and_is_named(lookalike: Lookalike, models: Path, networks: Path) -> None:
    lookalike("models", "add", networks)
    assert lookalike("models", "verify", "tiny").code == 0
    path = models / "tiny" / "recogniser.onnx"
    path.write_bytes(path.read_bytes()[:-1])

    checked = lookalike("models", "verify", "tiny", "--json")

    assert checked.code == 1
    assert "sha256" in json.loads(checked.out)[0]["problem"]


def test_a_detector_that_sees_faces_everywhere_fails_the_check(
    lookalike: Lookalike, models: Path, networks: Path
) -> None:
    write_detector(networks, score=0.9)

    refused = lookalike("models", "add", networks)

    assert refused.code == 1
    assert "faces in an empty picture" in " ".join(refused.err.split())
    assert not (models / "tiny").exists()


def test_a_pack_shows_its_licence_and_a_no_downloads_nothing(
    lookalike: Lookalike, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.confirm", lambda question, **options: False)

    refused = lookalike("models", "add", "buffalo_l")

    assert refused.code == 1
    assert "non-commercial research only" in refused.err
    assert not models.exists()


def test_a_name_that_is_no_pack_lists_the_packs(lookalike: Lookalike, models: Path) -> None:
    unknown = lookalike("models", "add", "facebook")

    assert unknown.code == 1
    assert "buffalo_l, antelopev2" in unknown.err
