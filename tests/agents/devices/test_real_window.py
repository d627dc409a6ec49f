"""The agent on a real window under X11: real time, real keys, pixels off the screen."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("Xlib")
from agents.calibrate import CalibrationResult
from agents.capture import capture_shard
from agents.driver import Driver
from agents.measure import measure_taps
from agents.x11_device import open_x11_device
from benchmarks.label_judge import Judge, Label
from benchmarks.timed_device import TimedDevice
from creator.profile import Profile
from protocol.character import Character
from standin.truth_log import TruthLog
from tests.agents.conftest import PlainPainter
from tests.agents.devices.conftest import Desk
from tests.agents.test_capture import make_shard
from tests.agents.test_driver import random_character

NUM_FRAMES = 24


def enumerated(profile: Profile) -> list[Character]:
    """One head under one face type after the other, then under the next skin."""
    one = random_character(profile, random.Random(3))
    return [
        Character(one.gender, face, skin, one.sliders)
        for skin in profile.ids("skin", one.gender)
        for face in profile.ids("face", one.gender)
    ][:NUM_FRAMES]


@pytest.mark.slow
def test_labels_of_a_real_window_are_true(desk: Desk, profile: Profile, learned: CalibrationResult) -> None:
    device = TimedDevice(open_x11_device(profile.title, display_name=desk.display))
    driver = Driver(device, profile, measure_taps(device, profile, learned.calibration))

    frames = capture_shard(driver, make_shard(profile, enumerated(profile)), agent="a", attempt=1)
    device.close()

    judge = Judge(TruthLog.read(desk.truth_log, profile), profile, PlainPainter)
    grabs = device.grab_seconds
    labels = [(frame.record.captured_seconds, frame.record.character, frame.image) for frame in frames]
    verdicts = [judge.verdict(Label(seconds, grabs[seconds], character, image)) for seconds, character, image in labels]
    assert len(verdicts) == len(enumerated(profile))
    assert verdicts.count("wrong") == 0
