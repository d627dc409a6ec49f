from __future__ import annotations

from pathlib import Path

import pytest

from agents.calibrate import CalibrationResult
from agents.driver import Driver
from agents.errors import RecordingError
from agents.recording import PlaybackDevice, RecordingDevice
from creator.character import default_character
from creator.profile import Profile
from protocol.device import Device
from protocol.errors import GameOverError
from tests.agents.conftest import MakeDevice


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.recording"


def set_a_woman(device: Device, profile: Profile, learned: CalibrationResult) -> dict[str, float]:
    driver = Driver(device, profile, learned.calibration)
    driver.set_character(default_character(profile, "female"))
    device.close()
    return driver.counters.as_numbers()


def test_an_agent_does_the_same_again_on_what_was_recorded(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult, path: Path
) -> None:
    live = make_device(profile, faults="dropped_press=0.05,popup=0.2", seed=4)
    counters = set_a_woman(RecordingDevice(live, path, note="popups"), profile, learned)

    playback = PlaybackDevice(path)

    assert playback.note == "popups"
    assert set_a_woman(playback, profile, learned) == counters
    assert counters["presses"] > 20


def test_doing_something_else_than_was_recorded_is_an_error_that_names_the_place(
    profile: Profile, make_device: MakeDevice, path: Path
) -> None:
    recording = RecordingDevice(make_device(profile), path)
    recording.wait(0.5)
    recording.key_down("d")
    recording.close()
    playback = PlaybackDevice(path)
    playback.wait(0.5)

    with pytest.raises(RecordingError, match=r"call 2.*key_down\(\['d'\]\), now key_down\(\['s'\]\)"):
        playback.key_down("s")


def test_what_went_wrong_then_goes_wrong_again(profile: Profile, make_device: MakeDevice, path: Path) -> None:
    recording = RecordingDevice(make_device(profile, faults="crash=10"), path)
    recording.wait(20)
    with pytest.raises(GameOverError) as first:
        recording.grab()
    recording.close()

    playback = PlaybackDevice(path)
    playback.wait(20)
    with pytest.raises(GameOverError) as again:
        playback.grab()
    assert str(again.value) == str(first.value)


def test_what_a_kill_cut_off_is_played_up_to_there(profile: Profile, make_device: MakeDevice, path: Path) -> None:
    recording = RecordingDevice(make_device(profile), path)
    recording.grab()
    recording.grab()
    recording.close()
    path.write_bytes(path.read_bytes()[:-5])

    playback = PlaybackDevice(path)
    playback.grab()
    with pytest.raises(RecordingError, match="ends after 1 calls"):
        playback.grab()


def test_a_picture_that_looks_the_same_is_stored_once(profile: Profile, make_device: MakeDevice, path: Path) -> None:
    recording = RecordingDevice(make_device(profile), path)
    first = recording.grab()
    for _ in range(50):
        recording.grab()
    recording.close()

    assert path.stat().st_size < len(first.rgb)


def test_a_file_that_is_no_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello\n")

    with pytest.raises(RecordingError, match=r"notes\.txt"):
        PlaybackDevice(tmp_path / "notes.txt")
    with pytest.raises(RecordingError, match="No such file"):
        PlaybackDevice(tmp_path / "missing")
