from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agents.binding import check_binding
from agents.calibrate import CalibrationResult
from agents.errors import CalibrationError
from creator.profile import Profile
from creator.profile_file import load_profile
from standin.looks import Looks
from tests.agents.conftest import MakeDevice


def test_the_creator_that_was_calibrated_is_taken_even_under_a_pop_up(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult
) -> None:
    check_binding(make_device(profile), profile, learned.calibration)
    device = make_device(profile, faults="popup=10", seed=1)
    device.wait(2)
    check_binding(device, profile, learned.calibration)


@pytest.mark.parametrize(
    ("looks", "what"),
    [
        (Looks(theme="frost"), "theme"),
        (Looks(language="japanese"), "language"),
        (Looks(scale=1.5), "640 x 360"),
    ],
)
def test_another_look_of_the_creator_is_refused_and_named(
    looks: Looks, what: str, profile: Profile, make_device: MakeDevice, learned: CalibrationResult
) -> None:
    device = make_device(profile, looks=looks)

    with pytest.raises(CalibrationError, match=f"{what}.*lookalike calibrate"):
        check_binding(device, profile, learned.calibration)


def test_another_version_of_the_game_is_refused(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult
) -> None:
    newer = replace(profile, game_version="1.2")

    with pytest.raises(CalibrationError, match=r"1\.2.*calibrate"):
        check_binding(make_device(newer), newer, learned.calibration)


def test_another_profile_is_refused(make_device: MakeDevice, learned: CalibrationResult, tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text('extends = "small"\nname = "other"\n')
    other = load_profile(path)

    with pytest.raises(CalibrationError, match="with this profile"):
        check_binding(make_device(other), other, learned.calibration)
