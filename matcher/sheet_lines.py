"""A character sheet as it is drawn: sections of lines in menu order, each with its bar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from creator.profile import Profile
from creator.sheet import SheetRow, sheet_rows
from protocol.character import Character


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One row to set. `at` and `origin` are shares of the slider's range, 0 to 1: where it goes, and where its bar starts (zero,
    or the lower end where zero is outside); None for a choice. `hint` is the choice's place in its list, or the way from where
    the row stands before."""

    label: str
    value: str
    hint: str
    is_changed: bool
    at: float | None = None
    origin: float | None = None
    before: float | None = None


@dataclass(frozen=True, slots=True)
class SheetSection:
    """A section of the menu with its rows to set."""

    page: str
    section: str
    lines: tuple[SheetLine, ...]


def sheet_sections(profile: Profile, character: Character, before: Character | None = None) -> tuple[SheetSection, ...]:
    """The sheet in menu order; `before` is the character that the creator shows now, if it is known."""
    rows = sheet_rows(profile, character, before)
    return tuple(
        SheetSection(page, section, tuple(_lines(profile, group)))
        for (page, section), group in groupby(rows, key=lambda row: (row.page, row.section))
    )


def _lines(profile: Profile, rows: Iterable[SheetRow]) -> Iterable[SheetLine]:
    for row in rows:
        is_slider = row.position is None
        yield _slider_line(profile, row) if is_slider else _choice_line(profile, row)


def _choice_line(profile: Profile, row: SheetRow) -> SheetLine:
    kind = profile.rows[row.row]
    is_changed = row.before is not None and row.before != row.value
    if kind.role == "gender":
        return SheetLine(row.label, str(row.value).capitalize(), "", is_changed)
    return SheetLine(row.label, f"{int(row.value):03d}", f"{row.position} of {row.count}", is_changed)


def _slider_line(profile: Profile, row: SheetRow) -> SheetLine:
    kind = profile.rows[row.row]
    low, high = kind.minimum, kind.maximum
    value = int(row.value)
    before = None if row.before is None else int(row.before)
    return SheetLine(
        label=row.label,
        value=_number(value),
        hint="" if before is None or before == value else f"from {_number(before)}",
        is_changed=before is not None and before != value,
        at=(value - low) / (high - low),
        origin=(min(max(0.0, low), high) - low) / (high - low),
        before=None if before is None else (before - low) / (high - low),
    )


def _number(value: int) -> str:
    """With a true minus sign, which is as wide as a plus in every font."""
    return f"{value}".replace("-", "\N{MINUS SIGN}")
