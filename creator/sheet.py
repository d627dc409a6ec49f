"""A character sheet: what to set, row by row in menu order, with the creator's own labels.

The file's form is published as `creator/schemas/sheet.schema.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

from creator.character import check_character
from creator.errors import CharacterError
from creator.profile import Profile, Row
from protocol.character import Character, JsonObject

SHEET_VERSION = 1


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line to set. `value` is a slider's number or a choice's id; `position` of `count` counts a choice's list from 1.

    `before` is where the row stands now and `steps` the presses from there, negative for down; None where nobody knows.
    """

    page: str
    section: str
    row: str
    label: str
    kind: str
    value: int | str
    position: int | None
    count: int | None
    before: int | str | None
    steps: int | None

    def to_json(self) -> JsonObject:
        return {name: getattr(self, name) for name in self.__slots__}


def sheet_rows(profile: Profile, character: Character, current: Character | None = None) -> list[SheetRow]:
    """The captured rows in menu order; `before` is what `current` has there. Raises CharacterError when it does not fit."""
    check_character(profile, character)
    return [
        _sheet_row(profile, character, current, (page.label, section.label), row)
        for page in profile.pages
        for section in page.sections
        for row in section.rows
        if row.is_captured
    ]


def _sheet_row(
    profile: Profile, character: Character, current: Character | None, place: tuple[str, str], row: Row
) -> SheetRow:
    return SheetRow(
        *place,
        row=row.name,
        label=row.label,
        kind=row.kind,
        value=_value(profile, character, row),
        position=_position(profile, character, row),
        count=_count(profile, character, row),
        before=None if current is None else _value(profile, current, row),
        steps=None if current is None else _steps(profile, character, current, row),
    )


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


def _count(profile: Profile, character: Character, row: Row) -> int | None:
    if row.kind == "slider":
        return None
    return len(profile.genders) if row.role == "gender" else len(row.ids[character.gender])


def _steps(profile: Profile, character: Character, current: Character, row: Row) -> int | None:
    """Another gender has another list and other values, from which nobody can count."""
    if row.kind == "slider":
        return round((int(_value(profile, character, row)) - int(_value(profile, current, row))) / row.step)
    if row.role != "gender" and character.gender != current.gender:
        return None
    return (_position(profile, character, row) or 0) - (_position(profile, current, row) or 0)


def sheet_json(profile: Profile, character: Character, current: Character | None = None) -> JsonObject:
    """The sheet as a file: machine readable, and readable by `sheet_character`."""
    return {
        "sheet_version": SHEET_VERSION,
        "profile": profile.name,
        "profile_hash": profile.hash,
        "character": character.to_json(),
        "rows": [row.to_json() for row in sheet_rows(profile, character, current)],
    }


def sheet_schema() -> JsonObject:
    """The JSON schema of `sheet_json`."""
    text = files("creator").joinpath("schemas/sheet.schema.json").read_text(encoding="utf-8")
    schema: JsonObject = json.loads(text)
    return schema


def sheet_character(profile: Profile, sheet: JsonObject) -> Character:
    """The character of a sheet file. Raises CharacterError when it was made for another profile or version."""
    if sheet.get("sheet_version") != SHEET_VERSION:
        raise CharacterError(
            f"Sheet version {sheet.get('sheet_version')!r}: this release reads version {SHEET_VERSION}. "
            "Write the sheet again with `lookalike match --sheet`"
        )
    if sheet.get("profile_hash") != profile.hash:
        raise CharacterError(
            f"The sheet was made for profile {sheet.get('profile')!r} ({sheet.get('profile_hash')}), not for this "
            f"{profile.name!r} ({profile.hash}). Name its profile, or write the sheet again with `lookalike match --sheet`"
        )
    character = Character.from_json(sheet.get("character", {}))
    check_character(profile, character)
    return character
