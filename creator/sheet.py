"""A character sheet: what to set, row by row in menu order, with the creator's own labels."""

from __future__ import annotations

from dataclasses import dataclass

from creator.character import check_character
from creator.errors import CharacterError
from creator.profile import Profile, Row
from protocol.character import Character, JsonObject

SHEET_VERSION = 1


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line to set. `value` is a slider's number or a choice's id; `position` counts a choice's list from 1."""

    page: str
    section: str
    row: str
    label: str
    value: int | str
    position: int | None
    before: int | str | None


def sheet_rows(profile: Profile, character: Character, current: Character | None = None) -> list[SheetRow]:
    """The captured rows in menu order; `before` is what `current` has there. Raises CharacterError when it does not fit."""
    check_character(profile, character)
    return [
        SheetRow(
            page.label,
            section.label,
            row.name,
            row.label,
            _value(profile, character, row),
            _position(profile, character, row),
            None if current is None else _value(profile, current, row),
        )
        for page in profile.pages
        for section in page.sections
        for row in section.rows
        if row.is_captured
    ]


def _value(profile: Profile, character: Character, row: Row) -> int | str:
    if row.kind == "slider":
        return character.sliders[profile.slider_index[row.name]]
    if row.role == "gender":
        return character.gender
    return character.face if row.role == "face" else character.skin


def _position(profile: Profile, character: Character, row: Row) -> int | None:
    if row.kind == "slider":
        return None
    if row.role == "gender":
        return profile.genders.index(character.gender) + 1
    return row.ids[character.gender].index(int(_value(profile, character, row))) + 1


def sheet_json(profile: Profile, character: Character) -> JsonObject:
    """The sheet as a file: machine readable, and readable by `sheet_character`."""
    return {
        "sheet_version": SHEET_VERSION,
        "profile": profile.name,
        "profile_hash": profile.hash,
        "character": character.to_json(),
        "rows": [
            {
                "page": r.page,
                "section": r.section,
                "row": r.row,
                "label": r.label,
                "value": r.value,
                "position": r.position,
            }
            for r in sheet_rows(profile, character)
        ],
    }


def sheet_character(profile: Profile, sheet: JsonObject) -> Character:
    """The character of a sheet file. Raises CharacterError when it was made for another profile or version."""
    if sheet.get("sheet_version") != SHEET_VERSION:
        raise CharacterError(
            f"Sheet version {sheet.get('sheet_version')!r}: this release reads version {SHEET_VERSION}"
        )
    if sheet.get("profile_hash") != profile.hash:
        raise CharacterError(f"The sheet was made for profile {sheet.get('profile')!r}, not for this {profile.name!r}")
    character = Character.from_json(sheet.get("character", {}))
    check_character(profile, character)
    return character
