"""Runs of one choice at the pace of the loads, and creators whose menu is not what the profile says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agents.calibrate import CalibrationResult, calibrate
from agents.calibration import Calibration
from agents.capture import CaptureConfig, capture_shard, one_turn
from agents.driver import Driver, DriverLimits
from agents.errors import DriverError
from creator.character import default_character
from creator.profile import Profile, Row, Section
from protocol.character import Character
from standin.truth_log import TruthLog
from tests.agents.conftest import MakeDevice
from tests.agents.test_capture import is_right, make_shard
from tests.agents.test_driver import ALL_FAULTS

MANY = tuple(range(2, 18))


def with_rows(profile: Profile, change: Callable[[Section], Section]) -> Profile:
    return replace(
        profile,
        pages=tuple(
            replace(page, sections=tuple(change(section) for section in page.sections)) for page in profile.pages
        ),
    )


def with_row(profile: Profile, name: str, change: Callable[[Row], Row | None]) -> Profile:
    def of(section: Section) -> Section:
        rows = ((change(row) if row.name == name else row) for row in section.rows)
        return replace(section, rows=tuple(row for row in rows if row is not None))

    return with_rows(profile, of)


@pytest.fixture(scope="module")
def many(profile: Profile) -> Profile:
    """The small creator with sixteen skin types."""
    ids, defaults = dict.fromkeys(profile.genders, MANY), dict.fromkeys(profile.genders, 5.0)
    return with_row(profile, "base_skin", lambda row: replace(row, ids=ids, defaults=defaults))


@pytest.fixture(scope="module")
def many_learned(many: Profile, make_device: MakeDevice) -> Calibration:
    return calibrate(make_device(many), many, checks_ranges=False).calibration


def enumeration(profile: Profile) -> list[Character]:
    one = default_character(profile, "male")
    return [replace(one, face=face, skin=skin) for face in profile.ids("face", "male") for skin in MANY]


@pytest.mark.parametrize("faults", ["", ALL_FAULTS])
def test_an_enumeration_is_labelled_with_what_its_pictures_show(
    faults: str, many: Profile, many_learned: Calibration, make_device: MakeDevice, tmp_path: Path
) -> None:
    device = make_device(many, faults=faults, seed=4, truth_log=tmp_path / "truth.jsonl")
    shard = make_shard(many, enumeration(many))

    frames = capture_shard(Driver(device, many, many_learned), shard, agent="a", attempt=1)
    device.close()

    log = TruthLog.read(tmp_path / "truth.jsonl", many)
    assert [frame.record.character for frame in frames] == list(shard.characters)
    assert [frame.record.step for frame in frames if not is_right(frame, log.at(frame.record.captured_seconds))] == []


def test_long_taps_as_a_real_clock_needs_them_cost_no_pictures(
    many: Profile, many_learned: Calibration, make_device: MakeDevice, tmp_path: Path
) -> None:
    device = make_device(many, seed=4, truth_log=tmp_path / "truth.jsonl")
    driver = Driver(device, many, many_learned.timed(hold_frames=2, gap_frames=2, show_frames=3))

    frames = capture_shard(driver, make_shard(many, enumeration(many)), agent="a", attempt=1)
    device.close()

    log = TruthLog.read(tmp_path / "truth.jsonl", many)
    assert [frame.record.step for frame in frames if not is_right(frame, log.at(frame.record.captured_seconds))] == []
    assert driver.counters.retakes <= len(frames) // 4  # as many as with short ones; more than there are frames if not


def test_neighbours_in_one_choice_make_a_turn_round_the_end_of_its_list_too(many: Profile) -> None:
    one = default_character(many, "male")
    skins = (16, 17, 2, 3, 9)

    turn = one_turn(many, [replace(one, skin=skin) for skin in skins])

    assert turn is not None
    assert (turn[0].name, turn[1]) == ("base_skin", [16, 17, 2, 3])


def test_a_turn_ends_with_the_press_that_the_character_after_it_needs_as_well(many: Profile) -> None:
    one = default_character(many, "male")
    faces = many.ids("face", "male")[:2]

    turn = one_turn(many, [replace(one, face=faces[face], skin=skin) for face, skin in ((0, 16), (0, 17), (1, 2))])

    assert turn is not None
    assert (turn[0].name, turn[1]) == ("base_skin", [16, 17, 2])


def test_characters_that_differ_elsewhere_make_no_turn(many: Profile) -> None:
    one = default_character(many, "male")

    assert one_turn(many, [one, replace(one, skin=6, sliders=(1, *one.sliders[1:]))]) is None


# The creator is not what the profile says: an error that names the row, pictures of it, and no frame.


def far_end(profile: Profile) -> Character:
    one = default_character(profile, "male")
    return replace(one, sliders=tuple(100 for _ in one.sliders))


def without_row(profile: Profile) -> Profile:
    return with_row(profile, "wrinkles", lambda _row: None)


def with_other_range(profile: Profile) -> Profile:
    return with_row(profile, "nose_length", lambda row: replace(row, maximum=60.0))


def with_unknown_section(profile: Profile) -> Profile:
    return with_rows(profile, lambda section: replace(section, label="Snout") if section.name == "nose" else section)


@pytest.mark.parametrize(
    ("change", "named"),
    [(without_row, "wrinkles"), (with_other_range, "nose_length"), (with_unknown_section, "nose")],
)
def test_a_creator_with_another_menu_ends_in_an_error_that_names_it_and_saves_the_picture(
    change: Callable[[Profile], Profile],
    named: str,
    profile: Profile,
    make_device: MakeDevice,
    learned: CalibrationResult,
    tmp_path: Path,
) -> None:
    device = make_device(change(profile))
    driver = Driver(device, profile, learned.calibration, DriverLimits(stuck_frames=60, blind_frames=120))
    shard = make_shard(profile, [far_end(profile)])

    with pytest.raises(DriverError, match=named):
        capture_shard(driver, shard, agent="a", attempt=1, config=CaptureConfig(evidence_folder=tmp_path / "evidence"))

    assert list((tmp_path / "evidence").glob("test-*.png"))
