from __future__ import annotations

import random
from pathlib import Path

import pytest

from agents.calibrate import CalibrationResult
from agents.driver import Driver, DriverLimits
from agents.errors import DriverError
from creator.errors import CharacterError
from creator.profile import Profile
from protocol.character import Character
from standin.truth_log import TruthLog
from tests.agents.conftest import MakeDevice

FAULTS = "dropped_press=0.02,doubled_press=0.01,popup=0.2"
ALL_FAULTS = f"{FAULTS},long_load=0.02,freeze=0.05,black_frame=0.2,torn_frame=0.2,focus_loss=0.1,window_move=0.1"


def random_character(profile: Profile, generator: random.Random) -> Character:
    gender = generator.choice(profile.genders)
    sliders = tuple(
        generator.randrange(int(row.minimum), int(row.maximum) + 1, int(row.step)) for row in profile.sliders
    )
    face, skin = (generator.choice(profile.ids(role, gender)) for role in ("face", "skin"))
    return Character(gender, face, skin, sliders)


@pytest.mark.parametrize("faults", ["", FAULTS, ALL_FAULTS])
def test_characters_are_set_as_wanted_whatever_gets_lost(
    faults: str, profile: Profile, make_device: MakeDevice, learned: CalibrationResult, tmp_path: Path
) -> None:
    device = make_device(profile, faults=faults, seed=5, truth_log=tmp_path / "truth.jsonl")
    driver, generator = Driver(device, profile, learned.calibration), random.Random(1)
    set_at = []

    for _ in range(20):
        target = random_character(profile, generator)
        assert driver.set_character(target) == target
        set_at.append((device.now(), target))
    device.close()

    truth = TruthLog.read(tmp_path / "truth.jsonl", profile)
    assert [truth.at(seconds).character for seconds, _ in set_at] == [target for _, target in set_at]


def test_reading_all_rows_gives_the_character_that_is_there(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult, tmp_path: Path
) -> None:
    device = make_device(profile, seed=3, truth_log=tmp_path / "truth.jsonl")

    read = Driver(device, profile, learned.calibration).read_all()
    device.close()

    assert read == TruthLog.read(tmp_path / "truth.jsonl", profile).at(device.now()).character


def test_every_row_can_be_reached_from_every_other(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult
) -> None:
    driver = Driver(make_device(profile, faults=FAULTS, seed=8), profile, learned.calibration)
    names = [row.name for row in profile.rows.values() if row.is_captured] * 2
    random.Random(4).shuffle(names)

    assert [driver.go_to(name).row for name in names] == names


def test_a_hidden_row_is_an_error_that_names_it_and_keeps_the_pictures(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult
) -> None:
    driver = Driver(make_device(profile), profile, learned.calibration)

    with pytest.raises(DriverError, match="squint_left_eye") as error:
        driver.go_to("squint_left_eye")

    assert error.value.pictures


def test_a_character_outside_the_profile_presses_no_key(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult
) -> None:
    driver = Driver(make_device(profile), profile, learned.calibration)

    with pytest.raises(CharacterError, match="999"):
        driver.set_character(Character("male", 999, 4, tuple(0 for _ in profile.sliders)))

    assert driver.counters.presses == 0


def test_a_creator_that_never_answers_ends_in_an_error_not_in_a_guess(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult
) -> None:
    device = make_device(profile, faults="dropped_press=1")
    driver = Driver(device, profile, learned.calibration, DriverLimits(stuck_frames=300, blind_frames=300))

    with pytest.raises(DriverError):
        driver.read_all()


def test_a_row_that_was_moved_unseen_is_a_surprise(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult
) -> None:
    device = make_device(profile)
    driver = Driver(device, profile, learned.calibration)
    driver.read_all()
    driver.go_to("wrinkles")

    driver.console.tap("increase", 2)
    driver.read_all()

    assert driver.surprises == ["wrinkles stood at 52, but was left at 50"]
