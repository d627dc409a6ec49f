"""The character sheet in the forms that people and programs take: JSON, a table in the terminal, a page to print."""

from __future__ import annotations

import json

from markupsafe import Markup
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from creator.errors import CharacterError
from creator.profile import Profile
from creator.sheet import sheet_character, sheet_json
from matcher.errors import MatcherError
from matcher.render import render
from matcher.sheet_lines import SheetLine, sheet_sections
from protocol.character import Character, JsonObject
from protocol.object_file import Place, read_object, write_object

_BAR_CELLS = 11


def sheet_text(sheet: JsonObject) -> str:
    """A sheet as the text of its file."""
    return json.dumps(sheet, indent=1) + "\n"


def write_sheet(path: Place, profile: Profile, character: Character) -> None:
    """The sheet as JSON, readable by `read_sheet`. Raises MatcherError when it cannot be written."""
    try:
        write_object(path, sheet_text(sheet_json(profile, character)).encode())
    except OSError as error:
        raise MatcherError(f"The sheet cannot be written to {path}: {error}") from error


def read_sheet(path: Place, profile: Profile) -> Character:
    """Raises CharacterError when the file is no sheet, or one of another profile or version."""
    try:
        sheet = json.loads(read_object(path))
    except (OSError, ValueError) as error:
        raise CharacterError(
            f"{path} is no readable sheet: {error}. Write one with `lookalike match --sheet`"
        ) from error
    if not isinstance(sheet, dict):
        raise CharacterError(f"{path} is no sheet: expected a JSON object, got {type(sheet).__name__}")
    return sheet_character(profile, sheet)


def sheet_table(profile: Profile, character: Character, before: Character | None = None) -> Table:
    """The sheet for the terminal; with `before`, each row also says where it stands now."""
    table = Table(title=f"Character sheet, {profile.title}", title_justify="left", header_style="bold", box=SIMPLE)
    table.add_column("Page > Section", style="dim", no_wrap=True)
    table.add_column("Row", no_wrap=True)
    table.add_column("Set to", justify="right", style="bold", no_wrap=True, min_width=6)
    table.add_column("", no_wrap=True, max_width=_BAR_CELLS)
    table.add_column("", style="dim", no_wrap=True)
    for section in sheet_sections(profile, character, before):
        for number, line in enumerate(section.lines):
            place = f"{section.page} > {section.section}" if number == 0 else ""
            table.add_row(place, line.label, line.value, Text(_bar(line)), line.hint)
        table.add_section()
    return table


def sheet_html(profile: Profile, character: Character, before: Character | None = None) -> Markup:
    """The sheet as a fragment of HTML; its look is in `templates/sheet.css`."""
    return render("sheet.html.j2", sections=sheet_sections(profile, character, before))


def sheet_page(profile: Profile, character: Character, before: Character | None = None) -> Markup:
    """A whole page with nothing but the sheet, made for printing."""
    return render(
        "sheet_page.html.j2", title=f"Character sheet, {profile.title}", sheet=sheet_html(profile, character, before)
    )


def _bar(line: SheetLine) -> str:
    """A slider as a row of cells, filled between its origin and its value."""
    if line.at is None or line.origin is None:
        return ""
    at, origin = (round(share * (_BAR_CELLS - 1)) for share in (line.at, line.origin))
    low, high = sorted((at, origin))
    return "".join("●" if cell == at else "━" if low <= cell <= high else "─" for cell in range(_BAR_CELLS))
