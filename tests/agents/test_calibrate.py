from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agents.calibrate import CalibrationResult, calibrate
from agents.calibration_file import load_calibration, save_calibration
from agents.driver import Driver
from agents.errors import CalibrationError
from agents.measure import measure_taps
from creator.character import default_character
from creator.profile import Profile, Row
from creator.profile_file import load_profile
from standin.looks import Looks
from standin.memory_device import MemoryDevice
from tests.agents.conftest import MakeDevice


def test_a_creator_that_is_as_described_gives_no_disagreement(learned: CalibrationResult) -> None:
    assert learned.disagreements == []


def test_every_row_and_gender_of_the_profile_is_learned(learned: CalibrationResult, profile: Profile) -> None:
    assert set(learned.calibration.rows) == set(profile.rows)
    assert {f"gender/{name}" for name in profile.genders} <= set(learned.calibration.words)


def test_the_shortest_tap_that_the_game_takes_is_found(learned: CalibrationResult) -> None:
    assert (learned.calibration.timing.hold_frames, learned.calibration.timing.gap_frames) == (1, 1)


class RealClock:
    """A device whose waits end a little late, as every real one's do."""

    def __init__(self, device: MemoryDevice) -> None:
        self._device = device

    def __getattr__(self, name: str) -> object:
        return getattr(self._device, name)

    def wait(self, seconds: float) -> None:
        self._device.wait(seconds + 0.001)


def test_a_pace_learned_on_a_real_clock_has_room(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult
) -> None:
    device = RealClock(make_device(profile))

    timing = measure_taps(device, profile, learned.calibration).timing  # type: ignore[arg-type]

    assert (timing.hold_frames, timing.gap_frames, timing.slack_frames) == (2, 2, 1)
    assert timing.show_frames >= 1


def test_what_a_held_key_does_is_measured(learned: CalibrationResult, profile: Profile) -> None:
    timing = learned.calibration.timing

    assert abs(timing.repeat_delay_frames - profile.timing.repeat_delay_frames) <= 1
    assert timing.repeat_every_frames == profile.timing.repeat_every_frames


def test_another_repeat_than_the_profile_says_is_reported(profile: Profile, make_device: MakeDevice) -> None:
    device = make_device(replace(profile, timing=replace(profile.timing, repeat_every_frames=7)))

    disagreements = calibrate(device, profile, checks_ranges=False).disagreements

    assert disagreements == ["A held key repeats every 7 frames, the profile says 3"]


def test_calibrating_takes_less_than_a_quarter_of_an_hour_of_game_time(learned: CalibrationResult) -> None:
    assert 0 < learned.game_seconds < 15 * 60


def test_where_a_blink_moves_the_face_is_learned(learned: CalibrationResult) -> None:
    left, top, width, height = learned.calibration.timing.eyes

    assert left <= 85
    assert left + width >= 173
    assert top <= 110
    assert top + height >= 122


def test_another_theme_and_size_are_learned_as_well(profile: Profile, make_device: MakeDevice) -> None:
    device = make_device(profile, looks=Looks(theme="frost", scale=1.5, seed=3), faults="dropped_press=0.02", seed=2)

    result = calibrate(device, profile, checks_ranges=False)

    assert result.disagreements == []
    assert (result.calibration.width, result.calibration.height) == (960, 540)


@pytest.mark.parametrize("lower_pixels", [-1, 1])
def test_a_list_a_pixel_higher_or_lower_than_the_profile_says_is_learned_as_well(
    profile: Profile, make_device: MakeDevice, lower_pixels: int
) -> None:
    screen = profile.screen
    elsewhere = replace(profile, screen=replace(screen, list=replace(screen.list, top=screen.list.top + lower_pixels)))
    device = make_device(profile, faults="dropped_press=0.02", seed=5)

    result = calibrate(device, elsewhere, checks_ranges=False)

    assert result.disagreements == []
    target = replace(
        default_character(profile, profile.genders[0]), sliders=tuple(row.maximum for row in profile.sliders)
    )
    assert Driver(device, elsewhere, result.calibration).set_character(target) == target


def test_freezes_and_lost_focus_while_calibrating_teach_nothing_wrong(
    profile: Profile, make_device: MakeDevice
) -> None:
    faults = (
        "dropped_press=0.02,doubled_press=0.01,popup=0.2,freeze=0.02,black_frame=0.1,torn_frame=0.1,focus_loss=0.05"
    )
    device = make_device(profile, faults=faults, seed=1)

    assert calibrate(device, profile, checks_ranges=False).disagreements == []


def test_a_calibration_comes_back_from_its_file_as_it_was(learned: CalibrationResult, tmp_path: Path) -> None:
    path = tmp_path / "machine.npz"

    save_calibration(learned.calibration, path)

    assert load_calibration(path).id == learned.calibration.id
    assert [item.name for item in tmp_path.iterdir()] == ["machine.npz"]


def test_a_calibration_of_another_profile_is_refused_by_name(learned: CalibrationResult) -> None:
    with pytest.raises(CalibrationError, match=r"'small'.*not for 'standin'"):
        learned.calibration.check(load_profile("standin"), 640, 360)


def test_a_calibration_of_another_window_size_is_refused(learned: CalibrationResult, profile: Profile) -> None:
    with pytest.raises(CalibrationError, match=r"640 x 360.*1280 x 720"):
        learned.calibration.check(profile, 1280, 720)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"some text"])
def test_a_damaged_calibration_file_is_told_as_such(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "damaged.npz"
    path.write_bytes(content)

    with pytest.raises(CalibrationError, match="calibrate again"):
        load_calibration(path)


def test_a_missing_calibration_file_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="lookalike calibrate"):
        load_calibration(tmp_path / "nothing.npz")


def changed(profile: Profile, name: str, **fields: object) -> Profile:
    """The profile with one row changed, or left out."""

    def rows(before: tuple[Row, ...]) -> tuple[Row, ...]:
        kept = (row for row in before if row.name != name or fields)
        return tuple(replace(row, **fields) if row.name == name else row for row in kept)  # type: ignore[arg-type]

    pages = tuple(
        replace(page, sections=tuple(replace(section, rows=rows(section.rows)) for section in page.sections))
        for page in profile.pages
    )
    return replace(profile, pages=pages)


def test_a_missing_row_is_reported_by_name(profile: Profile, make_device: MakeDevice) -> None:
    device = make_device(changed(profile, "wrinkles"))

    with pytest.raises(CalibrationError, match="not found: wrinkles"):
        calibrate(device, profile, checks_ranges=False)


def test_another_range_is_reported_with_both(profile: Profile, make_device: MakeDevice) -> None:
    device = make_device(changed(profile, "nose_length", minimum=-80))

    disagreements = calibrate(device, profile).disagreements

    assert disagreements == ["Slider nose_length goes from -80 to 100, the profile says -100 to 100"]


def test_choices_that_are_not_there_are_reported(profile: Profile, make_device: MakeDevice) -> None:
    ids = {"male": (3, 20, 35), "female": (5, 17, 18, 22)}
    device = make_device(changed(profile, "base_head", ids=ids))

    disagreements = calibrate(device, profile, checks_ranges=False).disagreements

    assert len(disagreements) == 1
    assert "base_head shows 3 choices for male, the profile lists 4: misses 21" in disagreements[0]
