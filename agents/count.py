"""Learns digits by counting: a slider is brought to its lower end and up again, and every step's picture has a known number."""

from __future__ import annotations

from dataclasses import replace

from agents import cell
from agents.calibration import Calibration
from agents.cell import Ink
from agents.driver import Driver
from agents.errors import CalibrationError
from agents.readout import SURE, read_text
from creator.profile import Profile, Row
from protocol.device import Device

_BURST = 50
_STOPPED_AFTER = 16  # taps without a change; from the fifth on they are `_PAUSE_FRAMES` apart, to outlast a frozen game
_PAUSE_FRAMES = 30
_MOST_COUNTS = 8
_SAME_GLYPH = 0.985
_MOST_VARIANTS = 16


def learn_glyphs(device: Device, profile: Profile, calibration: Calibration) -> Calibration:
    """Raises CalibrationError when a slider of known range shows another number of values, or digits look alike."""
    row = max(profile.sliders, key=lambda row: (row.maximum - row.minimum) / row.step)
    counter = _Counter(Driver(device, profile, calibration), row)
    texts = [f"{row.minimum + at * row.step:g}" for at in range(round((row.maximum - row.minimum) / row.step) + 1)]
    pictures = counter.count(len(texts))
    glyphs = glyphs_of(list(zip(texts, pictures, strict=True)))
    wrong = [text for text, ink in zip(texts, pictures, strict=True) if not _reads(ink, glyphs, text)]
    if wrong:
        raise CalibrationError(f"Numbers cannot be told apart by their digits: {', '.join(wrong[:8])}")
    return replace(calibration, glyphs=glyphs)


def glyphs_of(examples: list[tuple[str, Ink]]) -> dict[str, tuple[Ink, ...]]:
    """The looks of each character, from pictures of known texts; texts whose characters touch teach nothing."""
    glyphs: dict[str, list[Ink]] = {}
    for text, ink in examples:
        pieces = cell.glyphs(ink)
        if len(pieces) != len(text):
            continue
        for character, piece in zip(text, pieces, strict=True):
            known = glyphs.setdefault(character, [])
            if len(known) < _MOST_VARIANTS and all(cell.likeness(piece, other) < _SAME_GLYPH for other in known):
                known.append(piece)
    return {character: tuple(known) for character, known in sorted(glyphs.items())}


def _reads(ink_HW: Ink, glyphs: dict[str, tuple[Ink, ...]], text: str) -> bool:
    read, confidence = read_text(ink_HW, glyphs)
    return read == text and confidence >= SURE


class _Counter:
    """Steps through one slider and keeps the pictures of its values in order."""

    def __init__(self, driver: Driver, row: Row) -> None:
        self._driver = driver
        self._row = row
        self._inks: dict[bytes, Ink] = {}

    def count(self, num_expected: int) -> list[Ink]:
        """Counts up and down until every value has been met; one count may skip a value, two rarely the same."""
        order: list[bytes] = []
        self._to_end("decrease")
        for attempt in range(_MOST_COUNTS):
            met = self._count_once("decrease" if attempt % 2 else "increase")
            order = merged(order, met[::-1] if attempt % 2 else met)
            if attempt and len(order) >= num_expected:
                break
        if len(order) != num_expected:
            raise CalibrationError(
                f"Slider {self._row.name} shows {len(order)} values, the profile expects {num_expected} "
                f"({self._row.minimum:g} to {self._row.maximum:g} in steps of {self._row.step:g}): correct the profile"
            )
        return [self._inks[key] for key in order]

    def _to_end(self, action: str) -> None:
        unchanged, before = 0, self._look()
        while unchanged < _STOPPED_AFTER:
            self._driver.console.tap(action, _BURST if unchanged < 2 else 1)
            after = self._look()
            unchanged, before = (unchanged + 1 if after == before else 0), after
            self._outlast(unchanged)

    def _outlast(self, unchanged: int) -> None:
        if unchanged > 4:
            self._driver.console.refocus()
            self._driver.console.wait_frames(_PAUSE_FRAMES)

    def _count_once(self, action: str) -> list[bytes]:
        met, unchanged = [self._look()], 0
        while unchanged < _STOPPED_AFTER:
            self._driver.console.tap(action)
            now = self._look()
            unchanged = unchanged + 1 if now == met[-1] else 0
            self._outlast(unchanged)
            if now != met[-1]:
                met.append(now)
        return met

    def _look(self) -> bytes:
        """The value's picture as a key; the highlight is on the row."""
        self._driver.console.wait_frames(self._driver.calibration.timing.show_frames)
        self._driver.go_to(self._row.name)
        ink = self._driver.value_ink()
        key = repr(ink.shape).encode() + ink.tobytes()
        self._inks.setdefault(key, ink)
        return key


def merged(order: list[bytes], met: list[bytes]) -> list[bytes]:
    """Both lists in one: what only the second has is put after the one it followed there."""
    if not order:
        return list(dict.fromkeys(met))
    result = list(order)
    for before, key in zip([None, *met], met, strict=False):
        if key not in result:
            result.insert(result.index(before) + 1 if before is not None else 0, key)
    return result
