"""What a picture of the menu says: where the cursor is, which value stands in each row, and how sure that is.

What was read once is remembered by its bytes, so that a screen that looks the same costs a look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from agents import cell
from agents.calibration import Calibration
from agents.cell import Ink, Pixels
from agents.layout import Layout
from agents.lines import Lines, Margins, read_lines
from creator.profile import Profile, Row
from protocol.device import Picture, Region

Value = int | float | str
T = TypeVar("T")

SURE = 0.8  # confidence from which a readout may be acted on
_LEAST_LIKENESS, _LEAST_LEAD = (
    0.6,
    0.02,
)  # of the best template, and over the second; same text at another scale stays above
_SAME_LIKENESS = 0.97  # from which no shift by a pixel can do better
_MOST_REMEMBERED = 20_000  # entries of a few KiB


@dataclass(frozen=True, slots=True)
class RowReading:
    """A row's value as it stands in a line of the list. `value` None: nothing readable, or a row without a value."""

    row: str
    line: int
    value: Value | None
    confidence: float
    name_confidence: float


@dataclass(frozen=True, slots=True)
class ScreenState:
    """Where the cursor is. On the page level `section` is None and `highlighted` a section's name; inside a section it is a
    row's, with its value. `confidence` is that of the place. `is_covered`: title readable, list not: a pop-up or an animation.
    `is_unknown`: nothing is."""

    page: str | None
    section: str | None
    highlighted: str | None
    line: int | None
    value: Value | None
    confidence: float
    value_confidence: float = 0.0
    is_covered: bool = False
    is_unknown: bool = False

    @property
    def row(self) -> str | None:
        return self.highlighted if self.section is not None else None

    @property
    def where(self) -> tuple[str | None, str | None, str | None, Value | None]:
        """What a key can change."""
        return self.page, self.section, self.highlighted, self.value

    @property
    def is_sure(self) -> bool:
        """Whether the place is; the value may not be."""
        return self.confidence >= SURE and not self.is_covered and not self.is_unknown

    @property
    def is_value_sure(self) -> bool:
        return self.is_sure and self.value is not None and self.value_confidence >= SURE

    def __str__(self) -> str:
        if self.is_unknown or self.is_covered:
            return "a covered list" if self.is_covered else "an unknown screen"
        where = " > ".join(name for name in (self.page, self.section, self.highlighted) if name)
        return f"{where} at {self.value} (confidence {self.confidence:.2f}, of the value {self.value_confidence:.2f})"


class Readout:
    """Reads pictures of the whole window or of `menu`, the only part that it needs."""

    def __init__(self, calibration: Calibration, profile: Profile) -> None:
        self.calibration = calibration
        self.profile = profile
        self.layout = Layout(profile.screen, calibration.width, calibration.height)
        self._margins = Margins(self.layout)
        self._sections = {f"{page.name}/{section.name}": section for page in profile.pages for section in page.sections}
        self._remembered: dict[tuple[object, ...], object] = {}
        self._last_read: tuple[bytes, ScreenState] | None = None

    @property
    def menu(self) -> Region:
        """The region to grab for a readout."""
        return self.layout.menu

    def read_screen(self, picture: Picture) -> ScreenState:
        """Where the cursor is and what stands there. While nothing changes, the same picture is read only once."""
        if self._last_read is None or self._last_read[0] != picture.rgb:
            self._last_read = picture.rgb, self._read_screen(picture)
        return self._last_read[1]

    def _read_screen(self, picture: Picture) -> ScreenState:
        menu_HW3 = self.menu_pixels(picture)
        title, title_confidence = self._title(menu_HW3)
        lines = self._lines(menu_HW3)
        page, _, section = title.partition("/")
        if title_confidence < SURE:
            return ScreenState(None, None, None, None, None, title_confidence, is_unknown=True)
        if not lines.is_clear or lines.highlighted is None:
            return ScreenState(page, section or None, None, None, None, 0.0, is_covered=True)
        line = lines.highlighted
        slot_HW3 = cell.cut(menu_HW3, self.layout.slots[line])
        if not section:
            name, confidence = self._section_name(slot_HW3, page)
            return ScreenState(page, None, name, line, None, min(confidence, title_confidence))
        reading = self._row(slot_HW3, title, line)
        if reading is None:
            return ScreenState(page, section, None, line, None, 0.0)
        confidence = min(reading.name_confidence, title_confidence)
        return ScreenState(page, section, reading.row, line, reading.value, confidence, reading.confidence)

    def read_rows(self, picture: Picture) -> tuple[RowReading, ...]:
        """Every row that the list shows; empty on the page level and where the list is covered."""
        menu_HW3 = self.menu_pixels(picture)
        title, confidence = self._title(menu_HW3)
        lines = self._lines(menu_HW3)
        if confidence < SURE or "/" not in title or not lines.is_clear:
            return ()
        readings = (self._row(cell.cut(menu_HW3, slot), title, at) for at, slot in enumerate(self.layout.slots))
        return tuple(reading for reading in readings if reading is not None)

    def read_value(self, slot: Picture, row: Row) -> tuple[Value | None, float]:
        """The value in a picture of one line of the list, and its confidence."""
        return self._value(cell.pixels_HW3(slot), row)

    def value_ink(self, picture: Picture, line: int) -> Ink:
        """What stands in the value column of a line, unread."""
        menu_HW3 = self.menu_pixels(picture)
        return slot_ink(cell.cut(menu_HW3, self.layout.slots[line]), self.layout.value_columns)

    def menu_pixels(self, picture: Picture) -> Pixels:
        pixels_HW3 = cell.pixels_HW3(picture)
        if (picture.width, picture.height) == (self.menu.width, self.menu.height):
            return pixels_HW3
        return cell.cut(pixels_HW3, self.menu)

    def _title(self, menu_HW3: Pixels) -> tuple[str, float]:
        title_HW3 = cell.cut(menu_HW3, self.layout.title)

        def read() -> tuple[str, float]:
            ink = cell.trimmed(cell.ink_HW(title_HW3, cell.background_3(title_HW3)))
            name, confidence = best_match(ink, self.calibration.titles.items())
            return name or "", confidence

        return self._once(("title", title_HW3.tobytes()), read)

    def _lines(self, menu_HW3: Pixels) -> Lines:
        learned = self.calibration

        def read() -> Lines:
            margins_LRM3 = self._margins.pixels_LRM3(menu_HW3)
            return read_lines(margins_LRM3, learned.highlight_colours_M3, learned.plain_colours_KM3)

        return self._once(("lines", self._margins.key(menu_HW3)), read)

    def _section_name(self, slot_HW3: Pixels, page: str) -> tuple[str | None, float]:
        keys = [key for key in self._sections if key.startswith(f"{page}/")]
        key, confidence = self._name(slot_HW3, page, self.calibration.sections, keys)
        return (key.partition("/")[2] if key else None), confidence

    def _row(self, slot_HW3: Pixels, section: str, line: int) -> RowReading | None:
        """None for an empty line."""
        rows = {row.name: row for row in self._sections[section].rows}
        name, confidence = self._name(slot_HW3, section, self.calibration.rows, rows)
        if name is None:
            return None
        value, value_confidence = self._value(slot_HW3, rows[name])
        return RowReading(name, line, value, min(confidence, value_confidence), confidence)

    def _name(
        self, slot_HW3: Pixels, where: str, templates: Mapping[str, Ink], keys: Iterable[str]
    ) -> tuple[str | None, float]:
        name_HW3 = slot_HW3[:, self.layout.name_columns]

        def read() -> tuple[str | None, float]:
            ink = cell.trimmed(slot_ink(slot_HW3, self.layout.name_columns))
            return best_match(ink, [(key, templates[key]) for key in keys if key in templates])

        return self._once(("name", where, name_HW3.tobytes()), read)

    def _value(self, slot_HW3: Pixels, row: Row) -> tuple[Value | None, float]:
        if row.kind == "preset":
            return None, 1.0
        value_HW3 = slot_HW3[:, self.layout.value_columns]

        if row.role == "gender" or row.kind == "toggle":
            return self._word(value_HW3, "gender/" if row.role == "gender" else "toggle/")
        text, confidence = self._text(value_HW3)
        value = number(text)
        return value, confidence if value is not None and offers(row, value) else min(confidence, SURE / 2)

    def _word(self, value_HW3: Pixels, kind: str) -> tuple[str | None, float]:
        def read() -> tuple[str | None, float]:
            words = self.calibration.words.items()
            ink = cell.trimmed(cell.line_ink_HW(value_HW3))
            return best_match(ink, [(key.removeprefix(kind), known) for key, known in words if key.startswith(kind)])

        return self._once((kind, value_HW3.tobytes()), read)

    def _text(self, value_HW3: Pixels) -> tuple[str, float]:
        """The same number looks the same in every row, so it is read once for all of them."""

        def read() -> tuple[str, float]:
            return read_text(cell.line_ink_HW(value_HW3), self.calibration.glyphs)

        return self._once(("text", value_HW3.tobytes()), read)

    def _once(self, key: tuple[object, ...], read: Callable[[], T]) -> T:
        if key in self._remembered:
            return self._remembered[key]  # type: ignore[return-value]  # a key's first word tells the kind of its entry
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        result = self._remembered[key] = read()
        return result


def slot_ink(slot_HW3: Pixels, columns: slice) -> Ink:
    """Ink of some columns of a line of the list."""
    return cell.line_ink_HW(slot_HW3[:, columns])


def best_match(ink_HW: Ink, templates: Iterable[tuple[str, Ink]]) -> tuple[str | None, float]:
    """The likeliest template's key and a confidence: low when nothing is alike or two are equally so."""
    if not ink_HW.size:
        return None, 0.0
    scores = sorted(((cell.likeness(ink_HW, ink), key) for key, ink in templates), reverse=True)
    if not scores or scores[0][0] < _LEAST_LIKENESS:
        return None, 0.0
    (best, key), second = scores[0], scores[1][0] if len(scores) > 1 else 0.0
    return key, best if best - second >= _LEAST_LEAD else min(best, SURE / 2)


def read_text(ink_HW: Ink, glyphs: Mapping[str, tuple[Ink, ...]]) -> tuple[str, float]:
    """Digits and signs from left to right; the confidence is that of the least sure one, 0 where one is unknown."""
    variants = [(character, ink) for character, inks in glyphs.items() for ink in inks]
    readings = [_read_piece(piece, variants) for piece in cell.glyphs(ink_HW)]
    return "".join(text for text, _ in readings), min((confidence for _, confidence in readings), default=0.0)


def _read_piece(piece_HW: Ink, variants: Sequence[tuple[str, Ink]]) -> tuple[str, float]:
    """One character, or several that touch: then the cut at which both sides look most like characters."""
    whole = _read_character(piece_HW, variants)
    if whole[1] >= _LEAST_LIKENESS:
        return whole
    best = whole
    widths = {ink.shape[1] + rounding for _, ink in variants for rounding in (-1, 0, 1)}
    for at in sorted(width for width in widths if 0 < width < piece_HW.shape[1]):
        first = _read_character(piece_HW[:, :at], variants)
        if first[1] > best[1]:
            rest = _read_piece(piece_HW[:, at:], variants)
            best = max(best, (first[0] + rest[0], min(first[1], rest[1])), key=lambda reading: reading[1])
    return best


def _read_character(piece_HW: Ink, variants: Iterable[tuple[str, Ink]]) -> tuple[str, float]:
    best: dict[str, float] = {}
    for character, ink_HW in variants:
        score = cell.likeness(piece_HW, ink_HW)
        if score < _SAME_LIKENESS:
            score = max(score, *(cell.likeness(np.roll(piece_HW, shift, axis=0), ink_HW) for shift in (-1, 1)))
        best[character] = max(best.get(character, 0.0), score)
    ranked = sorted(((score, character) for character, score in best.items()), reverse=True)
    if not ranked or ranked[0][0] < _LEAST_LIKENESS:
        return "?", 0.0
    score, character = ranked[0]
    is_clear = len(ranked) == 1 or score - ranked[1][0] >= _LEAST_LEAD
    return character, score if is_clear else min(score, SURE / 2)


def number(text: str) -> int | float | None:
    """None for what is no number."""
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return None


def offers(row: Row, value: float) -> bool:
    """Whether the profile's row can have that value at all, for one gender or another."""
    if row.kind == "slider":
        return row.minimum <= value <= row.maximum and (value - row.minimum) % row.step == 0
    return any(value in ids for ids in row.ids.values())
