"""Compares a creator that can be read with its profile: genders, ids of choices, ranges of sliders, couplings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents import cell
from agents.calibration import Calibration
from agents.cell import Ink
from agents.driver import Driver
from agents.errors import CalibrationError
from agents.readout import Value
from creator.profile import Profile, Row
from protocol.device import Device

_MOST_TAPS = 400  # until a load is over, at the longest
_SAME_WORD = 0.98
_STOPPED_AFTER, _PAUSE_FRAMES = 12, 30  # bursts without effect, and the wait between them: longer than a freeze
_OVERSHOOT = 6  # taps beyond a slider's end, to see that it is the end


def learn_genders(device: Device, profile: Profile, calibration: Calibration) -> tuple[Calibration, list[str]]:
    """Toggles through the genders; which is which is told by the sliders' defaults that each brings along."""
    driver = Driver(device, profile, calibration)
    row = profile.roles["gender"]
    words: list[Ink] = []
    values: list[dict[str, Value]] = []
    while not words or not _is_known(words, _word(driver, row)):
        words.append(_word(driver, row))
        values.append(_slider_values(driver))
        if len(words) > len(profile.genders):
            break
        _press_gender(driver, row, words[-1])
    disagreements = []
    if len(words) != len(profile.genders):
        disagreements.append(f"Row {row.name} shows {len(words)} genders, the profile lists {len(profile.genders)}")
    names = _tell_genders(profile, values[: len(profile.genders)])
    learned = {f"gender/{name}": word for name, word in zip(names, words, strict=False)}
    if len(learned) != len(profile.genders):
        raise CalibrationError(f"Row {row.name}: not every gender of the profile was met; {'; '.join(disagreements)}")
    return replace(calibration, words={**calibration.words, **learned}), disagreements


def _word(driver: Driver, row: Row) -> Ink:
    driver.go_to(row.name)
    return cell.trimmed(driver.value_ink())


def _is_known(words: Sequence[Ink], word: Ink) -> bool:
    return any(cell.likeness(word, known) >= _SAME_WORD for known in words)


def _press_gender(driver: Driver, row: Row, before: Ink) -> None:
    for _ in range(_MOST_TAPS):
        driver.console.tap("increase")
        driver.console.wait_frames(driver.calibration.timing.show_frames)
        if not _is_known([before], _word(driver, row)):
            driver.is_load_pending = True
            return driver.prove_loaded()
    raise CalibrationError(f"Row {row.name} does not change when {driver.profile.keys.increase!r} is pressed")


def _slider_values(driver: Driver) -> dict[str, Value]:
    return {row.name: driver.read_row(row.name) for row in driver.profile.sliders}


def _tell_genders(profile: Profile, values: list[dict[str, Value]]) -> list[str]:
    """Each met gender by the defaults it agrees with most; in menu order where that does not settle it."""

    def agreement(gender: str, met: dict[str, Value]) -> int:
        return sum(row.defaults[gender] == met[row.name] for row in profile.sliders)

    names = [max(profile.genders, key=lambda gender: agreement(gender, met)) for met in values]
    return names if len(set(names)) == len(names) else list(profile.genders)


def verify_choices(driver: Driver) -> tuple[Calibration, list[str]]:
    """Walks face and skin types of every gender once round, and measures how long loads take."""
    disagreements: list[str] = []
    longest, longest_gender = 0, 0
    for gender in driver.profile.genders:
        longest_gender = max(longest_gender, _set_gender(driver, gender))
        for role in ("face", "skin"):
            row = driver.profile.roles[role]
            met, frames = _walk_choice(driver, row, len(row.ids[gender]))
            longest = max(longest, frames)
            if set(met) != set(row.ids[gender]):
                disagreements.append(_choice_difference(row, gender, met))
    return driver.calibration.timed(longest_load_frames=longest, longest_gender_frames=longest_gender), disagreements


def _set_gender(driver: Driver, gender: str) -> int:
    """Frames that the change took, 0 when it was that gender already."""
    row = driver.profile.roles["gender"]
    if driver.read_row(row.name) == gender:
        return 0
    for _ in driver.profile.genders:
        started = driver.console.device.now()
        _press_gender(driver, row, _word(driver, row))
        if driver.read_row(row.name) == gender:
            break
    driver.forget()
    return round((driver.console.device.now() - started) * driver.console.frames_per_second)


def _walk_choice(driver: Driver, row: Row, num_expected: int) -> tuple[list[Value], int]:
    """Ids in the order met, until all expected ones were or none is new any more, and the longest load in frames."""
    met, longest, repeats = [driver.read_row(row.name)], 0, 0
    while repeats < 3 and (len(met) < num_expected or repeats == 0):
        started = driver.console.device.now()
        value = _press_choice(driver, row, met[-1] if not repeats else driver.read_row(row.name))
        longest = max(longest, round((driver.console.device.now() - started) * driver.console.frames_per_second))
        repeats = repeats + 1 if value in met else 0
        if value not in met:
            met.append(value)
    return met, longest


def _press_choice(driver: Driver, row: Row, before: Value) -> Value:
    """One step on; the load of the step before may still swallow taps."""
    for _ in range(_MOST_TAPS):
        driver.console.tap("increase")
        driver.console.wait_frames(driver.calibration.timing.show_frames)
        value = driver.read_row(row.name)
        if value != before:
            return value
    raise CalibrationError(f"Row {row.name} stays at {before} when {driver.profile.keys.increase!r} is pressed")


def _choice_difference(row: Row, gender: str, met: Sequence[Value]) -> str:
    missing = sorted(set(row.ids[gender]) - set(met), key=str)
    extra = sorted(set(met) - set(row.ids[gender]), key=str)
    parts = [f"misses {', '.join(map(str, missing))}"] if missing else []
    parts += [f"also offers {', '.join(map(str, extra))}"] if extra else []
    return f"Row {row.name} shows {len(met)} choices for {gender}, the profile lists {len(row.ids[gender])}: {'; '.join(parts)}"


def verify_sliders(driver: Driver) -> list[str]:
    """Brings every captured slider to both ends and looks which others move along. At the shortest taps that did: thousands of
    them are needed, and one that is lost only costs another."""
    timing, console = driver.calibration.timing, driver.console
    console.hold_frames, console.gap_frames = (
        frames - timing.slack_frames for frames in (timing.hold_frames, timing.gap_frames)
    )
    try:
        return _slider_disagreements(driver)
    finally:
        console.hold_frames, console.gap_frames = timing.hold_frames, timing.gap_frames


def _slider_disagreements(driver: Driver) -> list[str]:
    disagreements: list[str] = []
    for row in driver.profile.sliders:
        lowest = _go_to_end(driver, row, "decrease")
        before = driver.values_here()
        highest = _go_to_end(driver, row, "increase")
        after = driver.values_here()
        if (lowest, highest) != (row.minimum, row.maximum):
            disagreements.append(
                f"Slider {row.name} goes from {lowest} to {highest}, the profile says {row.minimum:g} to {row.maximum:g}"
            )
        moved = {name for name in before if before[name] != after.get(name) and name != row.name}
        expected = {
            name for name in driver.profile.children.get(row.name, ()) if before.get(name) != _maximum(driver, name)
        }
        if moved != expected:
            disagreements.append(f"Slider {row.name} moves {sorted(moved)} along, the profile says {sorted(expected)}")
    return disagreements


def _maximum(driver: Driver, name: str) -> float:
    return driver.profile.rows[name].maximum


def _go_to_end(driver: Driver, row: Row, action: str) -> Value:
    """Bursts as long as the value moves, beyond the end that the profile gives; at that end, one such burst shows that it is."""
    end = row.minimum if action == "decrease" else row.maximum
    value, unchanged = driver.read_row(row.name), 0
    while unchanged < _STOPPED_AFTER:
        remaining = abs(end - float(value)) / row.step
        driver.console.tap(action, round(remaining) + _OVERSHOOT)
        driver.console.wait_frames(driver.calibration.timing.show_frames)
        after = driver.read_row(row.name)
        unchanged, value = (unchanged + 1 if after == value else 0), after
        if value == end:
            break
        if unchanged > 1:
            driver.console.refocus()
            driver.console.wait_frames(_PAUSE_FRAMES)
    return value
