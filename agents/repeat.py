"""What the creator does with a key that stays down: measured on a slider, frame by frame."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from agents.driver import Driver
from agents.measure import longest_slider, slider_room
from creator.profile import Profile, Row

_WATCHED_FRAMES = 75
_NUM_TRIALS, _MOST_TRIALS = 3, 9  # the middle one of those that showed repeats counts: pop-ups and freezes end a hold
_TOLERATED_FRAMES = 1


def measure_repeat(driver: Driver) -> tuple[int, int]:
    """Frames from the first step to the second, and between further ones; zeros where a held key does not repeat."""
    row = longest_slider(driver.profile)
    trials: list[tuple[int, int]] = []
    for _ in range(_MOST_TRIALS):
        steps = _steps_while_held(driver, row)
        gaps = [after - before for before, after in pairwise(steps)]
        if len(gaps) > 1:
            trials.append((gaps[0], round(median(gaps[1:]))))
        if len(trials) == _NUM_TRIALS:
            break
    if not trials:
        return 0, 0
    return round(median(delay for delay, _ in trials)), round(median(every for _, every in trials))


def _steps_while_held(driver: Driver, row: Row) -> list[int]:
    """Frames after which the value was another one."""
    driver.console.refocus()
    _, action = slider_room(driver, row)
    steps: list[int] = []
    last = driver.see().value
    for frame in driver.console.hold(action, _WATCHED_FRAMES):
        state = driver.look()
        if state.row == row.name and state.is_value_sure and state.value != last:
            steps.append(frame)
            last = state.value
    return steps


def repeat_disagreements(profile: Profile, delay_frames: int, every_frames: int) -> list[str]:
    """Where a held key repeats otherwise than the profile says."""
    timing = profile.timing
    figures = (
        ("starts to repeat", delay_frames, timing.repeat_delay_frames),
        ("repeats every", every_frames, timing.repeat_every_frames),
    )
    return [
        f"A held key {what} after {measured} frames, the profile says {expected}"
        if what.startswith("starts")
        else f"A held key {what} {measured} frames, the profile says {expected}"
        for what, measured, expected in figures
        if abs(measured - expected) > _TOLERATED_FRAMES
    ]
