"""A character as the INI file that the public key-press tool for Dragon's Dogma 2 reads, so that a sheet is of use today.

The tool starts from a default file of its own and presses keys for every difference, section by section in menu order. Where a
section is missing it loses its way, where only a field is missing it leaves the row alone: so every section up to the last
captured one is written, empty or not. A choice's number is counted in presses from the default's, because ids have holes.
Source: docs/facts/dd2_creator.md, [M].
"""

from __future__ import annotations

from collections.abc import Iterator

from creator.character import check_character, default_character
from creator.profile import Page, Profile, Row, Section
from creator.sheet import SheetRow, sheet_rows
from protocol.character import Character

_SECTION_PREFIXES = {"ears": "ear_"}
"""What the tool leaves out of the names of a section's fields."""

_ALSO_WANTED = {"base_head": "skin"}
"""The tool's file for men has the skin's fields under base_head, the one for women has a section for them: it reads from both."""


def character_ini(profile: Profile, character: Character, name: str = "lookalike") -> str:
    """The file's text. Raises CharacterError when the character does not fit the profile."""
    check_character(profile, character)
    start = default_character(profile, character.gender)
    rows = {row.row: row for row in sheet_rows(profile, character, start)}
    return "\n".join([*_head(character, name), *_sections(profile, character, rows), ""])


def _head(character: Character, name: str) -> list[str]:
    quoted = "".join(sign for sign in name if sign.isprintable() and sign not in '"%')
    return [
        "[info]",
        f'name = "{quoted}"',
        'author = "lookalike"',
        f"; begin with a fresh human {character.gender}; in the tool choose Human {character.gender.capitalize()}",
        "",
    ]


def _sections(profile: Profile, character: Character, rows: dict[str, SheetRow]) -> Iterator[str]:
    for page in profile.pages:
        if not any(row.name in rows for section in page.sections for row in section.rows):
            return  # the pages after the last captured one need no walk
        for section in page.sections:
            yield f"[{_section_name(page, section)}]"
            for each in (section, *(also for also in page.sections if also.name == _ALSO_WANTED.get(section.name))):
                yield from _fields(each, character, rows)
            yield ""


def _fields(section: Section, character: Character, rows: dict[str, SheetRow]) -> Iterator[str]:
    for row in section.rows:
        if row.name in rows and row.role != "gender":
            yield f"{_field_name(section, row)} = {_number(rows[row.name], row, character)}"


def _section_name(page: Page, section: Section) -> str:
    return section.name if section.name.startswith(f"{page.name}_") else f"{page.name}_{section.name}"


def _field_name(section: Section, row: Row) -> str:
    return row.name.removeprefix(_SECTION_PREFIXES.get(section.name, ""))


def _number(line: SheetRow, row: Row, character: Character) -> int:
    if row.kind == "slider":
        return int(line.value)
    return int(row.defaults[character.gender]) + int(line.steps or 0)
