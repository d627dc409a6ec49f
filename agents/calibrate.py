"""Learns a creator by walking its menu once and counting through values, with nothing but keys, pixels and the profile.

Where the highlight stands is seen from the first press on, so a lost or doubled press only costs another press. Numbers are
learned by counting up from where a slider stops; two counts must agree. Everything that disagrees with the profile is told.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from agents.calibration import Calibration, LearnedTiming
from agents.console import Console, Counters
from agents.count import learn_glyphs
from agents.driver import Driver
from agents.errors import CalibrationError
from agents.layout import Layout
from agents.measure import measure_rest, measure_taps
from agents.repeat import measure_repeat, repeat_disagreements
from agents.survey import Survey, survey_menu
from agents.verify import learn_genders, verify_choices, verify_sliders
from creator.profile import Profile
from protocol.device import Device
from protocol.errors import DeviceError

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class CalibrationResult:
    """What was learned, where the creator is not what the profile says, and how long it took on the creator's clock."""

    calibration: Calibration
    disagreements: list[str] = field(default_factory=list)
    game_seconds: float = 0.0


def calibrate(
    device: Device, profile: Profile, *, checks_ranges: bool = True, on_progress: Progress | None = None
) -> CalibrationResult:
    """Leaves the creator at some character on some page. `on_progress` is told what is done now and the share behind it.

    Raises CalibrationError, with a picture, when the creator cannot be learned at all.
    """
    tell = on_progress or (lambda _what, _share: None)
    started_seconds = device.now()
    try:
        calibration, disagreements = _learn(device, profile, tell, checks_ranges=checks_ranges)
    except CalibrationError as error:
        with suppress(DeviceError):
            error.pictures = error.pictures or (device.grab(),)
        raise
    tell("done", 1.0)
    return CalibrationResult(calibration, disagreements, device.now() - started_seconds)


def _learn(device: Device, profile: Profile, tell: Progress, *, checks_ranges: bool) -> tuple[Calibration, list[str]]:
    window = device.window()
    console = _careful_console(device, profile)
    tell("walking the menu", 0.0)
    survey = survey_menu(console, profile, Layout(profile.screen, window.width, window.height))
    calibration = _first_calibration(profile, survey, window.width, window.height)
    tell("counting through numbers", 0.2)
    calibration = learn_glyphs(device, profile, calibration)
    tell("measuring keys and the face at rest", 0.4)
    calibration = measure_rest(device, profile, measure_taps(device, profile, calibration))
    tell("telling genders apart", 0.5)
    calibration, disagreements = learn_genders(device, profile, calibration)
    driver = Driver(device, profile, calibration)
    delay_frames, every_frames = measure_repeat(driver)
    disagreements += repeat_disagreements(profile, delay_frames, every_frames)
    tell("walking the choices", 0.6)
    calibration, wrong_choices = verify_choices(driver)
    disagreements += wrong_choices
    if checks_ranges:
        tell("checking ranges of sliders", 0.75)
        disagreements += verify_sliders(driver)
    calibration = calibration.timed(repeat_delay_frames=delay_frames, repeat_every_frames=every_frames)
    return calibration, [*survey.disagreements, *disagreements]


def _careful_console(device: Device, profile: Profile) -> Console:
    """Until the creator's pace is measured, keys are held twice as long as the profile says."""
    timing = profile.timing
    return Console(
        device,
        profile.keys,
        frames_per_second=timing.frames_per_second,
        hold_frames=2 * timing.hold_frames,
        gap_frames=2 * timing.gap_frames,
        counters=Counters(),
    )


def _first_calibration(profile: Profile, survey: Survey, width: int, height: int) -> Calibration:
    """All that reads places; numbers, words and the measured pace are still to come."""
    timing = profile.timing
    missing = [row.name for row in profile.rows.values() if row.is_captured and row.name not in survey.rows]
    if missing:
        raise CalibrationError(
            f"Captured rows were not found: {', '.join(missing)}. {'; '.join(survey.disagreements)}. Correct the profile"
        )
    return Calibration(
        profile_name=profile.name,
        profile_hash=profile.hash,
        game_version=profile.game_version,
        width=width,
        height=height,
        timing=LearnedTiming(
            frames_per_second=timing.frames_per_second,
            hold_frames=2 * timing.hold_frames,
            gap_frames=2 * timing.gap_frames,
            show_frames=2,
            section_frames=timing.section_frames,
            page_frames=timing.page_frames,
            blink_frames=timing.blink_frames,
            longest_load_frames=0,
            longest_gender_frames=0,
            rest_difference=0.0,
        ),
        plain_colours_KM3=survey.plain_colours_KM3,
        highlight_colours_M3=survey.highlight_M3,
        titles=survey.titles,
        sections=survey.sections,
        rows=survey.rows,
        words=survey.words,
        glyphs={},
    )
