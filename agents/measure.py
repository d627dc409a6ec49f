"""Measures the creator's pace: how short a tap may be, how soon its effect shows, how still a face at rest is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from agents.calibration import Calibration
from agents.camera import Lens
from agents.console import Console
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
_NUM_WAITS, _LATE_SHARE = 30, 0.9  # of the waits, whose lateness counts as usual
_EXACT_FRAMES = 1e-3  # a real clock is never that exact
_NUM_REST_PICTURES, _REST_EVERY_FRAMES = 30, 10
_REST_SHARE, _REST_MARGIN, _LEAST_REST = (
    0.8,
    1.4,
    3.0,
)  # the stand-in's faces: at rest under 8.3, a beginning blink over 10.9
_EYE_BLOCK = 8  # pixels of the halved face
_MOST_LID_SHARE, _LEAST_LID_FRAMES = 0.2, 3  # of the face's blocks that a lid may move; frames on which it does
_LID_CHANGE, _STILL_CHANGE = (
    3.0,
    0.3,
)  # mean steps of brightness of 255 in a block: moved by a lid, and not moved at all


def measure_taps(device: Device, profile: Profile, calibration: Calibration) -> Calibration:
    """Finds the shortest reliable tap on a slider, then how long its effect takes to show; adds what the clocks need."""
    row = longest_slider(profile)
    driver = Driver(device, profile, calibration)
    slack_frames = clock_slack(driver.console)
    for hold_frames, gap_frames in _PACES:
        driver.console.hold_frames, driver.console.gap_frames = hold_frames, gap_frames
        if max(_arrived(driver, row) for _ in range(_NUM_TRIALS)) >= _RELIABLE_SHARE * _NUM_TAPS:
            break
    return calibration.timed(
        hold_frames=driver.console.hold_frames + slack_frames,
        gap_frames=driver.console.gap_frames + slack_frames,
        show_frames=_show_frames(driver, row) + slack_frames,
        slack_frames=slack_frames,
    )


def clock_slack(console: Console) -> int:
    """Frames that a hold or wait needs beyond what did in a trial. None where waits end to the frame: then the creator's clock
    is ours. Else one, since a wait that begins anywhere in a frame holds one poll less than frames, and the usual lateness."""
    late_frames = []
    for _ in range(_NUM_WAITS):
        started = console.device.now()
        console.wait_frames(1)
        late_frames.append((console.device.now() - started) * console.frames_per_second - 1)
    if max(late_frames) < _EXACT_FRAMES:
        return 0
    return 1 + round(float(np.quantile(late_frames, _LATE_SHARE)))


def longest_slider(profile: Profile) -> Row:
    """The one with the most steps."""
    return max(profile.sliders, key=lambda row: (row.maximum - row.minimum) / row.step)


def _arrived(driver: Driver, row: Row) -> int:
    """How many steps a burst moved the slider away from where there is room."""
    driver.console.refocus()
    before, action = slider_room(driver, row)
    driver.console.tap(action, _NUM_TAPS)
    driver.console.wait_frames(_MOST_SHOW_FRAMES)
    return min(_steps_between(row, before, _number(driver, row)), _NUM_TAPS)


def _show_frames(driver: Driver, row: Row) -> int:
    """Frames to wait after a tap until its effect is on the screen: the most that a tap needed, lost taps aside."""
    needed = [0]
    for _ in range(_NUM_TRIALS * 4):
        before, action = slider_room(driver, row)
        driver.console.tap(action)
        for frames in range(_MOST_SHOW_FRAMES):
            state = driver.look()
            if state.row == row.name and state.is_value_sure and state.value != before:
                needed.append(frames)
                break
            driver.console.wait_frames(1)
    return max(needed)


def slider_room(driver: Driver, row: Row) -> tuple[float, str]:
    """The slider's value and the direction in which it has more room."""
    value = _number(driver, row)
    return value, "decrease" if value - row.minimum > row.maximum - value else "increase"


def _number(driver: Driver, row: Row) -> float:
    return float(driver.read_row(row.name))


def _steps_between(row: Row, before: float, after: float) -> int:
    return round(abs(after - before) / row.step)


def measure_rest(device: Device, profile: Profile, calibration: Calibration) -> Calibration:
    """How much pictures of the resting face differ, and where a blink moves it. The few pictures that fall into a blink are
    the largest differences and do not count."""
    driver = Driver(device, profile, calibration)
    driver.see()
    lens = Lens(driver)
    looks = []
    for at in range(_NUM_REST_PICTURES * _REST_EVERY_FRAMES):
        looks.append(lens.face())
        driver.console.wait_frames(1)
        if at % _REST_EVERY_FRAMES == 0:
            driver.see()
    apart = looks[::_REST_EVERY_FRAMES]
    usual = float(np.quantile([difference(first, second) for first, second in pairwise(apart)], _REST_SHARE))
    return calibration.timed(rest_difference=max(_REST_MARGIN * usual, _LEAST_REST), eyes=eyes_box(looks))


def eyes_box(looks: Sequence[FaceLook]) -> tuple[int, int, int, int]:
    """Left, top, width and height of what moved again and again while nothing else did, with a margin: a blink. All zeros
    where there was none."""
    height, width = (size // _EYE_BLOCK for size in looks[0].brightness_HW.shape)
    counts_BB = np.zeros((height, width), int)
    for first, second in pairwise(looks):
        change_BB = _block_changes(first, second)
        if (change_BB > _STILL_CHANGE).mean() <= _MOST_LID_SHARE:
            counts_BB += change_BB > _LID_CHANGE
    rows, columns = np.nonzero(counts_BB >= _LEAST_LID_FRAMES)
    if not rows.size:
        return 0, 0, 0, 0
    pixels = 2 * _EYE_BLOCK  # a block's edge in the face, whose brightness is halved
    left, right = (int(columns.min()) - 1) * pixels, (int(columns.max()) + 2) * pixels
    top, bottom = (int(rows.min()) - 1) * pixels, (int(rows.max()) + 2) * pixels
    left, top = max(left, 0), max(top, 0)
    return left, top, min(right, width * pixels) - left, min(bottom, height * pixels) - top


def _block_changes(first: FaceLook, second: FaceLook) -> NDArray[np.float32]:
    height, width = (size // _EYE_BLOCK for size in first.brightness_HW.shape)
    change_HW = np.abs(second.brightness_HW - first.brightness_HW)[: height * _EYE_BLOCK, : width * _EYE_BLOCK]
    changes_BB: NDArray[np.float32] = change_HW.reshape(height, _EYE_BLOCK, width, _EYE_BLOCK).mean(axis=(1, 3))
    return changes_BB
