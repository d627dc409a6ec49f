"""Measures the creator's pace: how short a tap may be, how soon its effect shows, how still a face at rest is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from agents import cell
from agents.calibration import Calibration
from agents.driver import Driver
from agents.rest import FaceLook, difference
from creator.profile import Profile, Row
from protocol.device import Device

_PACES = (
    (1, 1),
    (2, 2),
    (3, 3),
    (5, 5),
    (8, 8),
)  # frames down and up; 5 is the 75 ms that navigation needs in the real game
_NUM_TAPS = 30
_RELIABLE_SHARE = 0.9  # of the taps; what a creator loses by chance is far less, what a poll misses far more
_NUM_TRIALS = 3  # the best counts: a pop-up in between is not the pace's fault
_MOST_SHOW_FRAMES = 8
_NUM_REST_PICTURES, _REST_EVERY_FRAMES = 30, 10
_REST_SHARE, _REST_MARGIN, _LEAST_REST = (
    0.8,
    1.4,
    3.0,
)  # the stand-in's faces: at rest under 8.3, a beginning blink over 10.9


def measure_taps(device: Device, profile: Profile, calibration: Calibration) -> Calibration:
    """Finds the shortest reliable tap on a slider, then how long its effect takes to show."""
    row = max(profile.sliders, key=lambda row: (row.maximum - row.minimum) / row.step)
    driver = Driver(device, profile, calibration)
    for hold_frames, gap_frames in _PACES:
        driver.console.hold_frames, driver.console.gap_frames = hold_frames, gap_frames
        if max(_arrived(driver, row) for _ in range(_NUM_TRIALS)) >= _RELIABLE_SHARE * _NUM_TAPS:
            break
    return calibration.timed(
        hold_frames=driver.console.hold_frames,
        gap_frames=driver.console.gap_frames,
        show_frames=_show_frames(driver, row),
    )


def _arrived(driver: Driver, row: Row) -> int:
    """How many steps a burst moved the slider away from where there is room."""
    driver.console.refocus()
    before, action = _room(driver, row)
    driver.console.tap(action, _NUM_TAPS)
    driver.console.wait_frames(_MOST_SHOW_FRAMES)
    return min(_steps_between(row, before, _number(driver, row)), _NUM_TAPS)


def _show_frames(driver: Driver, row: Row) -> int:
    """Frames to wait after a tap until its effect is on the screen: the most that a tap needed, lost taps aside."""
    needed = [0]
    for _ in range(_NUM_TRIALS * 4):
        before, action = _room(driver, row)
        driver.console.tap(action)
        for frames in range(_MOST_SHOW_FRAMES):
            state = driver.look()
            if state.row == row.name and state.is_value_sure and state.value != before:
                needed.append(frames)
                break
            driver.console.wait_frames(1)
    return max(needed)


def _room(driver: Driver, row: Row) -> tuple[float, str]:
    """The slider's value and the direction in which it has more room."""
    value = _number(driver, row)
    return value, "decrease" if value - row.minimum > row.maximum - value else "increase"


def _number(driver: Driver, row: Row) -> float:
    return float(driver.read_row(row.name))


def _steps_between(row: Row, before: float, after: float) -> int:
    return round(abs(after - before) / row.step)


def measure_rest(device: Device, profile: Profile, calibration: Calibration) -> Calibration:
    """How much pictures of the resting face differ. The few that fall into a blink are the largest and do not count."""
    driver = Driver(device, profile, calibration)
    driver.see()
    looks = []
    for _ in range(_NUM_REST_PICTURES):
        looks.append(FaceLook(cell.pixels_HW3(driver.console.grab(driver.readout.layout.face))))
        driver.console.wait_frames(_REST_EVERY_FRAMES)
    differences = [difference(first, second) for first, second in pairwise(looks)]
    usual = float(np.quantile(differences, _REST_SHARE))
    return calibration.timed(rest_difference=max(_REST_MARGIN * usual, _LEAST_REST))
