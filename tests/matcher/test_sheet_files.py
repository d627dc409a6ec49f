"""The sheet on the screen, on paper and as a file says the same."""

from __future__ import annotations

import io
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from creator.character import default_character
from creator.errors import CharacterError
from creator.profile_file import load_profile
from matcher.sheet_files import read_sheet, sheet_html, sheet_page, sheet_table, write_sheet
from matcher.sheet_lines import sheet_sections
from protocol.character import Character

SMALL = load_profile("small")
MALE = default_character(SMALL, "male")
CHARACTER = Character("male", 35, 30, (-100, 100, 75, *[0] * 9))


def printed(width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(sheet_table(SMALL, CHARACTER, MALE))
    return console.file.getvalue()  # type: ignore[attr-defined]


class Text(HTMLParser):
    """Collects what a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def test_a_sheet_file_is_read_back(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sheet.json", SMALL, CHARACTER)
    assert read_sheet(tmp_path / "sheet.json", SMALL) == CHARACTER


@pytest.mark.parametrize("content", ["", "[]", "{", '{"sheet_version": 9}', "\x00"])
def test_a_file_that_is_no_sheet_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "sheet.json"
    path.write_text(content)
    with pytest.raises(CharacterError):
        read_sheet(path, SMALL)
    with pytest.raises(CharacterError, match=r"missing\.json"):
        read_sheet(tmp_path / "missing.json", SMALL)


def test_the_table_names_every_row_in_menu_order_with_its_value() -> None:
    text = printed()
    places = [text.index(line.label) for section in sheet_sections(SMALL, CHARACTER) for line in section.lines[:1]]
    assert places == sorted(places)
    assert "−100" in text
    assert "4 of 4" in text
    assert "from 24" in text


def test_a_bar_starts_at_zero_or_at_the_lower_end() -> None:
    lines = {line.label: line for section in sheet_sections(SMALL, CHARACTER, MALE) for line in section.lines}
    assert (lines["Head width"].origin, lines["Head width"].at) == (0.5, 0.0)
    assert (lines["Wrinkles"].origin, lines["Wrinkles"].at) == (0.0, 0.75)
    assert (lines["Face height"].before, lines["Face height"].hint) == (0.62, "from 24")


def test_rows_that_stay_as_they_are_are_told_apart() -> None:
    lines = {line.label: line for section in sheet_sections(SMALL, CHARACTER, MALE) for line in section.lines}
    assert lines["Base head"].is_changed
    assert not lines["Gender"].is_changed
    assert not lines["Brow depth overall"].is_changed
    assert not any(line.is_changed for section in sheet_sections(SMALL, CHARACTER) for line in section.lines)


def test_the_page_to_print_shows_every_label_and_value() -> None:
    text = Text()
    text.feed(sheet_page(SMALL, CHARACTER, MALE))
    words = " ".join(text.words)
    for section in sheet_sections(SMALL, CHARACTER, MALE):
        for line in section.lines:
            assert f"{line.label} {line.value}" in words


def test_labels_of_a_profile_are_text_and_never_markup(tmp_path: Path) -> None:
    path = tmp_path / "evil.toml"
    source = (Path(__file__).parents[2] / "creator" / "profiles" / "small.toml").read_text()
    path.write_text(
        source.replace('{ slider = "head_width"', '{ slider = "head_width", label = "<script>alert(1)</script>"')
    )
    evil = load_profile(path)
    html = sheet_html(evil, default_character(evil, "male"))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
