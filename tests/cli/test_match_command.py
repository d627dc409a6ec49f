"""`lookalike match` over the toy networks: from photos to sheets in every form, and one clear line for what is wrong."""

from __future__ import annotations

import configparser
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from creator.profile_file import load_profile
from embedding.open import open_recogniser
from matcher.sheet_files import read_sheet

sys.path.insert(0, str(Path(__file__).parents[1] / "matcher"))  # the toy networks
from toy_model_files import write_card, write_networks
from toy_models import ToyModels

Lookalike = Callable[..., Any]
SMALL = load_profile("small")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models, a portrait, a picture of two, and a wall."""
    folder = tmp_path_factory.mktemp("match")
    identity = open_recogniser("dlib").identity
    models = ToyModels(SMALL, identity.dimension, str(identity))
    write_networks(models, folder / "models")
    write_card(models, folder / "models")
    portrait_HW3 = data.astronaut()[:300, 80:380]
    pictures = {
        "portrait.png": portrait_HW3,
        "two.png": np.concatenate([portrait_HW3, portrait_HW3[:, ::-1]], axis=1),
        "wall.png": np.full((200, 200, 3), 180, np.uint8),
    }
    for name, picture_HW3 in pictures.items():
        (folder / "photos").mkdir(exist_ok=True)
        Image.fromarray(picture_HW3).save(folder / "photos" / name)
    return folder


def test_a_portrait_becomes_a_sheet_in_every_form(lookalike: Lookalike, folder: Path, tmp_path: Path) -> None:
    sheets = [tmp_path / f"sheet.{form}" for form in ("json", "ini", "html", "png")]
    named = [part for sheet in sheets for part in ("--sheet", sheet)]
    outcome = lookalike("match", folder / "photos" / "portrait.png", "--models", folder / "models", "--trade", *named)
    assert outcome.code == 0, outcome.err
    assert "Runners-up" in outcome.out
    assert "Mildness" in outcome.out
    character = read_sheet(sheets[0], SMALL)
    ini = configparser.ConfigParser()
    ini.read(sheets[1])
    assert int(ini["head_nose"]["nose_length"]) == character.sliders[SMALL.slider_index["nose_length"]]
    assert "Nose length" in sheets[2].read_text()
    with Image.open(sheets[3]) as card:
        assert card.width == 1600


def test_for_programs_it_is_json_with_what_the_number_means(lookalike: Lookalike, folder: Path) -> None:
    outcome = lookalike(
        "match", folder / "photos" / "portrait.png", "--models", folder / "models", "--json", "--fix", "face=21",
        "--gender", "male", "--mildness", "0.5", "--alternatives", "2", "--trade",
    )  # fmt: skip
    found = json.loads(outcome.out)
    assert found["sheet"]["character"]["face"] == 21
    assert found["mildness"] == 0.5
    assert len(found["alternatives"]) == 2
    assert {"similarity_predicted", "ceiling", "percentile", "verdict", "meaning"} <= set(found)
    assert [trade["mildness"] for trade in found["trade"]] == [0.0, 0.2, 0.4, 0.6]


def test_of_a_folder_what_cannot_be_used_is_left_out_and_said(lookalike: Lookalike, folder: Path) -> None:
    outcome = lookalike("match", folder / "photos", "--models", folder / "models", "--json", "--face", "1")
    assert json.loads(outcome.out)["num_photos"] == 2
    assert "Left out: wall.png" in outcome.err


def test_of_two_faces_none_is_guessed_where_nobody_can_be_asked(lookalike: Lookalike, folder: Path) -> None:
    two = folder / "photos" / "two.png"
    refused = lookalike("match", two, "--models", folder / "models")
    assert refused.code == 1
    assert "2 faces, none of them clearly the main one" in refused.err
    assert "--face NUMBER" in refused.err
    assert lookalike("match", two, "--models", folder / "models", "--face", "2", "--json").code == 0


def test_a_number_for_all_photos_counts_where_there_are_several_faces(lookalike: Lookalike, folder: Path) -> None:
    portrait, two = folder / "photos" / "portrait.png", folder / "photos" / "two.png"
    models = ("--models", folder / "models", "--json")
    assert lookalike("match", portrait, two, *models, "--face", 2).code == 0
    assert lookalike("match", portrait, two, *models, "--face", 1, "--face", 2).code == 0
    refused = lookalike("match", portrait, two, *models, "--face", 1, "--face", 2, "--face", 1)
    assert (refused.code, "once for each" in refused.err) == (1, True)


def test_a_main_face_that_is_taken_for_granted_is_told(lookalike: Lookalike, folder: Path, tmp_path: Path) -> None:
    with Image.open(folder / "photos" / "portrait.png") as portrait:
        side = 2 * portrait.width
        crowd = Image.new("RGB", (2 * side, side), "white")
        crowd.paste(portrait.resize((side * 3 // 5, side * 3 // 5)), (0, 0))
        crowd.paste(portrait.resize((side, side)), (side, 0))
    crowd.save(tmp_path / "crowd.png")
    outcome = lookalike("match", tmp_path / "crowd.png", "--models", folder / "models", "--json")
    assert outcome.code == 0
    assert "2 faces; this is of number 2" in outcome.err


def test_a_sheet_that_cannot_be_written_does_not_cost_the_answer(lookalike: Lookalike, folder: Path) -> None:
    nowhere = folder / "photos" / "portrait.png" / "sheet.json"
    outcome = lookalike(
        "match", folder / "photos" / "portrait.png", "--models", folder / "models", "--json", "--sheet", nowhere
    )
    assert outcome.code == 1
    assert json.loads(outcome.out)["sheet"]
    assert "cannot be written" in outcome.err


def test_at_a_terminal_the_faces_are_shown_numbered_and_asked_about(
    lookalike: Lookalike, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr("cli.faces.IntPrompt.ask", lambda *_, **options: asked.append(2) or 2)
    outcome = lookalike("match", folder / "photos" / "two.png", "--models", folder / "models", "--json")
    assert outcome.code == 0
    assert asked == [2]
    assert "shows 2 faces" in outcome.err
    assert "▀" in outcome.err


def test_verified_the_most_alike_candidate_is_the_match_and_its_sheet_brings_the_creator_there(
    lookalike: Lookalike, folder: Path, tmp_path: Path
) -> None:
    learned, picture, sheet, card = (tmp_path / name for name in ("learned", "seen.png", "sheet.json", "card.png"))
    calibrated = lookalike("calibrate", "--profile", "small", "--device", "standin", "--no-ranges", "--to", learned)
    assert calibrated.code == 0, calibrated.err
    outcome = lookalike(
        "match", folder / "photos" / "portrait.png", "--models", folder / "models", "--json", "--alternatives", "1",
        "--verify", picture, "--calibration", learned, "--sheet", sheet, "--sheet", card,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["similarity_measured"] >= found["alternatives"][0]["similarity_measured"]
    assert read_sheet(sheet, SMALL).to_json() == found["sheet"]["character"]
    applied = tmp_path / "applied.png"
    again = lookalike("apply", sheet, "--device", "standin", "--calibration", learned, "--picture", applied)
    assert again.code == 0, again.err
    with Image.open(picture) as seen, Image.open(applied) as shown:
        assert np.abs(np.asarray(seen, int) - np.asarray(shown, int)).mean() < 5  # it sways


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--sheet", "sheet.exe"), ".json the sheet"),
        (("--fix", "face"), "face=12"),
        (("--fix", "face=99"), "offers"),
        (("--gender", "elf"), "male, female"),
        (("--profile", "standin"), "Use the profile that they were trained for"),
        (("--fix", "gender=male"), "--gender female"),
        (("--fix", "face=21", "--fix", "face=1"), "held at 21 already"),
        (("--verify", "picture"), "matched.png"),
        (("--verify", "/dev/null/there/picture.png"), "cannot be made"),
    ],
)
def test_what_makes_no_sense_is_one_line_with_the_remedy(
    lookalike: Lookalike, folder: Path, arguments: tuple[str, ...], named: str
) -> None:
    outcome = lookalike("match", folder / "photos" / "portrait.png", "--models", folder / "models", *arguments)
    assert outcome.code == 1
    assert named in outcome.err


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"recogniser": "dlib-00000000"}, "embed the frames again"),
        ({"profile_hash": "0" * 16}, "train anew"),
        ({"schema_version": 9}, "schema version"),
    ],
)
def test_models_of_something_else_are_refused_with_what_to_do(
    lookalike: Lookalike, folder: Path, tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    for network in (folder / "models").glob("*.onnx"):
        (tmp_path / network.name).symlink_to(network)
    identity = open_recogniser("dlib").identity
    write_card(ToyModels(SMALL, identity.dimension, str(identity)), tmp_path, **changes)
    outcome = lookalike("match", folder / "photos" / "portrait.png", "--models", tmp_path)
    assert outcome.code == 1
    assert named in outcome.err


def test_a_service_with_open_tokens_or_a_taken_port_does_not_start(
    lookalike: Lookalike, folder: Path, tmp_path: Path
) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("anna short\n")
    tokens.chmod(0o644)
    assert "chmod 600" in lookalike("serve", "--models", folder / "models", "--tokens", tokens).err
    tokens.chmod(0o600)
    assert "line 1" in lookalike("serve", "--models", folder / "models", "--tokens", tokens).err
    assert "without TLS" in lookalike("serve", "--models", folder / "models", "--host", "0.0.0.0").err
