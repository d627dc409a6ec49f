from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from PIL import Image

from agents.calibrate import CalibrationResult, calibrate
from agents.capture import CaptureConfig, capture_shard
from agents.driver import Driver
from agents.errors import CaptureError
from creator.character import default_character
from creator.profile import Profile
from creator.profile_file import load_profile
from protocol.character import Character
from protocol.chunk import checksum
from protocol.frame import Frame
from protocol.shard import Shard
from standin.truth_log import Truth, TruthLog
from tests.agents.conftest import MakeDevice
from tests.agents.test_driver import ALL_FAULTS, random_character


def make_shard(profile: Profile, characters: list[Character]) -> Shard:
    return Shard("test", 3, profile.hash, tuple(characters), tuple(range(len(characters))))


def walk(profile: Profile, num: int, seed: int) -> list[Character]:
    """Neighbours differ in one slider and now and then in face or skin."""
    generator = random.Random(seed)
    character = random_character(profile, generator)
    characters = []
    for at in range(num):
        other = random_character(profile, generator)
        sliders = list(character.sliders)
        moved = generator.randrange(len(sliders))
        sliders[moved] = max(min(sliders[moved] + generator.randint(-20, 20), 100), int(profile.sliders[moved].minimum))
        face = generator.choice(profile.ids("face", character.gender)) if at % 2 else character.face
        skin = character.skin if at % 2 else generator.choice(profile.ids("skin", character.gender))
        character = other if at % 20 == 19 else Character(character.gender, face, skin, tuple(sliders))
        characters.append(character)
    return characters


@pytest.mark.parametrize("faults", ["", ALL_FAULTS])
def test_every_frame_is_labelled_with_what_its_picture_shows(
    faults: str, profile: Profile, make_device: MakeDevice, learned: CalibrationResult, tmp_path: Path
) -> None:
    device = make_device(profile, faults=faults, seed=21, truth_log=tmp_path / "truth.jsonl")
    shard = make_shard(profile, walk(profile, 60, seed=2))

    frames = capture_shard(Driver(device, profile, learned.calibration), shard, agent="a", attempt=1)
    device.close()

    log = TruthLog.read(tmp_path / "truth.jsonl", profile)
    assert [frame.record.character for frame in frames] == list(shard.characters)
    assert [frame.record.step for frame in frames if not is_right(frame, log.at(frame.record.captured_seconds))] == []


def is_right(frame: Frame, truth: Truth) -> bool:
    return truth.is_settled and truth.character == frame.record.character


def test_a_frame_says_where_it_comes_from(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult
) -> None:
    shard = make_shard(profile, walk(profile, 2, seed=1))
    driver = Driver(make_device(profile), profile, learned.calibration)

    frame = capture_shard(driver, shard, agent="a7", attempt=4, steps=[1], unix_seconds=lambda: 12.5)[0]

    record = frame.record
    assert (record.shard_id, record.step, record.attempt, record.agent) == ("test-00003", 1, 4, "a7")
    assert record.is_verified
    assert record.confidence >= 0.8
    assert record.captured_unix_seconds == 12.5
    assert record.calibration_id == learned.calibration.id
    assert record.sha256 == checksum(frame.image)
    assert Image.open(io.BytesIO(frame.image)).size == (record.width, record.height) == (256, 256)


def test_frames_are_taken_again_when_a_setting_changed_unseen(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult
) -> None:
    driver = Driver(make_device(profile), profile, learned.calibration)
    shard = make_shard(profile, walk(profile, 4, seed=1))
    meddled = []

    def meddle_once(step: int) -> None:
        if step == 2 and not meddled:
            meddled.append(step)
            driver.go_to("mouth_width")
            driver.console.tap("increase" if shard.characters[1].sliders[-2] < 0 else "decrease")

    frames = capture_shard(driver, shard, agent="a", attempt=1, on_step=meddle_once)

    assert [frame.record.character for frame in frames] == list(shard.characters)
    assert driver.counters.voided_frames > 0


def test_a_shard_of_another_profile_is_refused(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult
) -> None:
    driver = Driver(make_device(profile), profile, learned.calibration)

    with pytest.raises(CaptureError, match="give it the shard's profile"):
        capture_shard(driver, Shard("test", 0, "0" * 16, (), ()), agent="a", attempt=1)


def test_a_face_that_never_rests_is_not_kept(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult
) -> None:
    driver = Driver(make_device(profile, faults="black_frame=10"), profile, learned.calibration)
    shard = make_shard(profile, walk(profile, 1, seed=1))

    with pytest.raises(CaptureError, match="settled"):
        capture_shard(driver, shard, agent="a", attempt=1, config=CaptureConfig(max_tries=1))


def test_a_change_unseen_before_a_gender_change_is_noticed(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult, tmp_path: Path
) -> None:
    device = make_device(profile, truth_log=tmp_path / "truth.jsonl")
    driver = Driver(device, profile, learned.calibration)
    man, woman = (default_character(profile, gender) for gender in profile.genders)
    wider = Character(man.gender, man.face, man.skin, (1, *man.sliders[1:]))
    shard = make_shard(profile, [man, wider, woman])
    meddled = []

    def meddle_once(step: int) -> None:
        if step == 1 and not meddled:
            meddled.append(step)
            state = device._game.state
            device._game.state = state._replace(values={**state.values, "jaw_width": state.values["jaw_width"] + 7})

    frames = capture_shard(driver, shard, agent="a", attempt=1, on_step=meddle_once)
    device.close()

    log = TruthLog.read(tmp_path / "truth.jsonl", profile)
    assert all(is_right(frame, log.at(frame.record.captured_seconds)) for frame in frames)
    assert driver.counters.voided_frames > 0


def test_a_coupled_slider_in_another_section_is_read_again(make_device: MakeDevice, tmp_path: Path) -> None:
    path = tmp_path / "far.toml"
    path.write_text(
        'extends = "small"\nname = "far"\n[[couplings]]\nparent = "nose_length"\nchildren = ["jaw_width"]\n'
    )
    profile = load_profile(path)
    device = make_device(profile, truth_log=tmp_path / "truth.jsonl")
    calibration = calibrate(device, profile, checks_ranges=False).calibration
    plain = default_character(profile, "male")
    nose = profile.slider_index["nose_length"]
    longer = Character(
        "male", plain.face, plain.skin, (*plain.sliders[:nose], plain.sliders[nose] + 10, *plain.sliders[nose + 1 :])
    )

    frames = capture_shard(
        Driver(device, profile, calibration), make_shard(profile, [plain, longer]), agent="a", attempt=1
    )
    device.close()

    log = TruthLog.read(tmp_path / "truth.jsonl", profile)
    assert [frame.record.character for frame in frames] == [plain, longer]
    assert all(is_right(frame, log.at(frame.record.captured_seconds)) for frame in frames)
