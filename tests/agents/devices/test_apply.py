"""A character sheet on its way into a creator. The creator's faces are plain here; what is tested is what a player is told."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from agents.calibrate import CalibrationResult
from agents.capture import Camera
from agents.driver import Driver
from agents.errors import DriverError
from cli.apply import check_picture_name, compared, read_sheet, set_and_read
from cli.studio import Studio
from creator.errors import CharacterError
from creator.profile import Profile
from creator.sheet import sheet_json
from protocol.character import Character
from protocol.errors import LookalikeError
from tests.agents.conftest import MakeDevice
from tests.agents.test_driver import random_character


@pytest.fixture
def wanted(profile: Profile) -> Character:
    return random_character(profile, random.Random(8))


@pytest.fixture
def sheet(profile: Profile, wanted: Character) -> dict[str, Any]:
    return sheet_json(profile, wanted)


def written(tmp_path: Path, sheet: object) -> Path:
    path = tmp_path / "sheet.json"
    path.write_text(json.dumps(sheet))
    return path


def open_studio(device: Any, profile: Profile, learned: CalibrationResult) -> Studio:
    driver = Driver(device, profile, learned.calibration)
    driver.read_all()
    return Studio(driver, Camera(driver))


def test_a_sheet_is_set_read_back_and_photographed(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult, sheet: dict[str, Any], tmp_path: Path
) -> None:
    device = make_device(profile, faults="dropped_press=0.02,doubled_press=0.01", seed=2)
    described, character = read_sheet(written(tmp_path, sheet), None)

    rows = set_and_read(open_studio(device, described, learned), character, tmp_path / "face.png")

    assert [row.read for row in rows] == [row["value"] for row in sheet["rows"]]
    assert all(row.is_right for row in rows)
    assert any(row.before != row.wanted for row in rows)
    assert Image.open(tmp_path / "face.png").size == (256, 256)


def test_a_row_that_reads_otherwise_is_found(profile: Profile, wanted: Character) -> None:
    sliders = list(wanted.sliders)
    sliders[2] += -1 if sliders[2] > 0 else 1
    other = Character(wanted.gender, wanted.face, wanted.skin, tuple(sliders))

    rows = compared(profile, wanted, wanted, other)

    (wrong,) = (row for row in rows if not row.is_right)
    assert wrong.row == profile.sliders[2].name
    assert (wrong.wanted, wrong.read) == (wanted.sliders[2], sliders[2])


def test_a_creator_that_cannot_be_brought_there_leaves_a_picture_of_its_screen(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult, wanted: Character, tmp_path: Path
) -> None:
    studio = open_studio(make_device(profile, faults="dropped_press=0.02"), profile, learned)
    studio.driver.set_character = refuse(studio.driver)  # type: ignore[method-assign]

    with pytest.raises(DriverError):
        set_and_read(studio, wanted, tmp_path / "face.png")

    assert Image.open(tmp_path / "face.png").size[0] > 256


def refuse(driver: Driver) -> Any:
    def set_character(target: Character) -> Character:
        raise driver.error("a row that is not there", driver.look())

    return set_character


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"profile": "nowhere"}, "nowhere"),
        ({"profile_hash": "0" * 16}, "made for profile"),
        ({"sheet_version": 99}, "version 99"),
        ({"profile": 7}, "names no profile"),
    ],
)
def test_a_sheet_of_something_else_is_refused(
    change: dict[str, Any], message: str, sheet: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(LookalikeError, match=message):
        read_sheet(written(tmp_path, {**sheet, **change}), None)


def test_settings_that_the_creator_does_not_offer_are_named(
    sheet: dict[str, Any], profile: Profile, tmp_path: Path
) -> None:
    no_face = {**sheet, "character": {**sheet["character"], "face": 999}}
    with pytest.raises(CharacterError, match="Face type 999"):
        read_sheet(written(tmp_path, no_face), None)

    beyond = {**sheet, "character": {**sheet["character"], "sliders": [300, *sheet["character"]["sliders"][1:]]}}
    with pytest.raises(CharacterError, match=f"{profile.sliders[0].name} at 300"):
        read_sheet(written(tmp_path, beyond), None)


def test_a_sheet_that_was_changed_in_one_place_only_is_refused(sheet: dict[str, Any], tmp_path: Path) -> None:
    sheet["rows"][-1]["value"] += 1

    with pytest.raises(CharacterError, match="contradicts itself"):
        read_sheet(written(tmp_path, sheet), None)


def test_files_that_are_no_sheets_are_named(tmp_path: Path) -> None:
    with pytest.raises(CharacterError, match="lookalike match"):
        read_sheet(tmp_path / "missing.json", None)
    (tmp_path / "sheet.json").write_text("{")
    with pytest.raises(CharacterError, match="no readable sheet"):
        read_sheet(tmp_path / "sheet.json", None)


def test_a_picture_that_could_not_be_written_is_told_before_a_key_is_pressed(tmp_path: Path) -> None:
    with pytest.raises(LookalikeError, match=r"face\.png"):
        check_picture_name(tmp_path / "face.txt")
    with pytest.raises(LookalikeError, match="make it first"):
        check_picture_name(tmp_path / "nowhere" / "face.png")
