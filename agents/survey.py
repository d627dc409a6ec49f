"""The first walk through a menu that nobody has read yet: where the highlight is, what each page, section and row looks like.

Nothing is known but the profile and where lines stand. The highlight is found by what one press of 'next row' changes; from
then on every step is seen, so lost and doubled presses cost time but not truth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agents import cell
from agents.cell import Ink, Pixels
from agents.console import Console
from agents.errors import CalibrationError
from agents.layout import Layout
from agents.lines import Lines, Margins, colours_LM3, read_lines
from agents.readout import slot_ink
from creator.profile import Page, Profile, Row, Section

_MOST_TRIES = 60
_STEADY_FRAMES = 3  # a picture that stays that long is no animation
_SAME_COLOUR = 12  # of 255
_SAME_TITLE = 0.98


@dataclass
class Survey:
    """What the walk found, under the profile's names."""

    highlight_M3: Pixels = field(default_factory=lambda: np.zeros((0, 3), np.uint8))
    plain_colours_KM3: Pixels = field(default_factory=lambda: np.zeros((0, 0, 3), np.uint8))
    titles: dict[str, Ink] = field(default_factory=dict)
    sections: dict[str, Ink] = field(default_factory=dict)
    rows: dict[str, Ink] = field(default_factory=dict)
    words: dict[str, Ink] = field(default_factory=dict)
    disagreements: list[str] = field(default_factory=list)


def survey_menu(console: Console, profile: Profile, layout: Layout) -> Survey:
    """Raises CalibrationError when the menu does not answer to the profile's keys at all."""
    surveyor = _Surveyor(console, profile, layout)
    surveyor.find_highlight()
    for page_at, page in enumerate(profile.pages):
        surveyor.go_to_page(page_at)
        surveyor.survey_page(page)
    return surveyor.survey


class _Surveyor:
    def __init__(self, console: Console, profile: Profile, layout: Layout) -> None:
        self.survey = Survey()
        self._console = console
        self._profile = profile
        self._layout = layout
        self._margins = Margins(layout)

    # Seeing

    def _steady(self) -> Pixels:
        """The menu once it has stopped moving."""
        last = b""
        for _ in range(_MOST_TRIES * 4):
            picture = self._console.grab(self._layout.menu)
            if picture.rgb == last:
                return cell.pixels_HW3(picture)
            last = picture.rgb
            self._console.wait_frames(_STEADY_FRAMES)
        raise CalibrationError("The menu does not come to rest: take away what moves over it, such as overlays")

    def _clear(self) -> Pixels:
        """A steady menu with one highlighted line and nothing over it."""
        for attempt in range(_MOST_TRIES):
            menu_HW3 = self._steady()
            if self._lines(menu_HW3).is_clear:
                return menu_HW3
            self._console.wait_frames(10)
            if attempt % 2:
                self._console.tap("confirm")
            if attempt % 4 == 3:
                self._console.refocus()
        raise CalibrationError("Something covers the menu and does not go away: close it and calibrate again")

    def _lines(self, menu_HW3: Pixels) -> Lines:
        survey = self.survey
        return read_lines(self._margins.pixels_LRM3(menu_HW3), survey.highlight_M3, survey.plain_colours_KM3)

    def _name(self, menu_HW3: Pixels, line: int) -> Ink:
        return self._text(menu_HW3, line, self._layout.name_columns)

    def _value(self, menu_HW3: Pixels, line: int) -> Ink:
        return self._text(menu_HW3, line, self._layout.value_columns)

    def _text(self, menu_HW3: Pixels, line: int, columns: slice) -> Ink:
        return cell.trimmed(slot_ink(cell.cut(menu_HW3, self._layout.slots[line]), columns))

    def _title(self, menu_HW3: Pixels) -> Ink:
        title_HW3 = cell.cut(menu_HW3, self._layout.title)
        return cell.trimmed(cell.ink_HW(title_HW3, cell.background_3(title_HW3)))

    def _names(self, menu_HW3: Pixels) -> list[Ink]:
        """The names from the top down to the first empty line."""
        names = []
        for line in range(len(self._layout.slots)):
            name = self._name(menu_HW3, line)
            if not name.size:
                break
            names.append(name)
        return names

    # Pressing

    def find_highlight(self) -> None:
        """Learns the colours of plain and highlighted lines on the first page that has two sections."""
        for attempt in range(_MOST_TRIES):
            self._leave_all()
            if self._learn_highlight():
                return
            self._console.tap("confirm")
            if attempt % 4 == 1:
                self._console.refocus()
            if attempt % 4 == 3:
                self._console.tap("next_page")
        key = self._profile.keys.next_row
        raise CalibrationError(f"Key {key!r} (next row) moves nothing in the list: check keys and window regions")

    def _leave_all(self) -> None:
        """Presses 'leave' until nothing changes any more."""
        unchanged, before = 0, self._steady()
        while unchanged < 3:
            self._console.tap("leave")
            after = self._steady()
            unchanged = unchanged + 1 if np.array_equal(before, after) else 0
            before = after

    def _learn_highlight(self) -> bool:
        before_LM3 = colours_LM3(self._margins.pixels_LRM3(self._steady()))
        self._console.tap("next_row")
        after_LM3 = colours_LM3(self._margins.pixels_LRM3(self._steady()))
        changed = np.flatnonzero(_apart(before_LM3, after_LM3) > _SAME_COLOUR)
        if len(changed) != 2 or _apart(before_LM3[changed], after_LM3[changed[::-1]]).max() > _SAME_COLOUR:
            return False
        others_KM3 = np.unique(np.delete(before_LM3, changed, axis=0), axis=0)
        usual_M3 = (
            np.median(np.delete(before_LM3, changed, axis=0), axis=0) if len(others_KM3) else before_LM3[changed[1]]
        )
        plain_M3, highlight_M3 = sorted(before_LM3[changed], key=lambda look_M3: float(_apart(look_M3, usual_M3)))
        self.survey.highlight_M3 = highlight_M3
        self.survey.plain_colours_KM3 = np.concatenate((plain_M3[None], others_KM3))
        return True

    def _press_until(self, action: str, is_done: Callable[[Pixels], bool], what: str) -> Pixels:
        """Taps once at a time until it is seen to have helped."""
        menu_HW3 = self._clear()
        for _ in range(_MOST_TRIES):
            if is_done(menu_HW3):
                return menu_HW3
            self._console.tap(action)
            menu_HW3 = self._clear()
        raise CalibrationError(
            f"Pressing {getattr(self._profile.keys, action)!r} ({action}) {_MOST_TRIES} times does not lead to {what}"
        )

    def _move_to(self, line: int, name: str) -> Pixels:
        return self._press_until("next_row", lambda menu: self._lines(menu).highlighted == line, name)

    def go_to_page(self, page_at: int) -> None:
        self._press_until("next_page", lambda _menu: self._page_at() == page_at, f"page {page_at + 1}")

    def _page_at(self) -> int:
        """The tab that is filled with the colour most like the highlight."""
        tabs_HW3 = cell.pixels_HW3(self._console.grab(self._layout.tabs))
        tabs = np.array_split(tabs_HW3, len(self._profile.pages), axis=1)
        fills_P13 = np.array([cell.background_3(tab_HW3) for tab_HW3 in tabs])[:, None]
        # the usual colour: the highlight's first columns may lie beside the list
        usual_13 = np.median(self.survey.highlight_M3, axis=0, keepdims=True)
        return int(_apart(fills_P13, usual_13).argmin())

    # Walking

    def survey_page(self, page: Page) -> None:
        menu_HW3 = self._clear()
        self.survey.titles[page.name] = page_title = self._title(menu_HW3)
        names = self._names(menu_HW3)
        if len(names) != len(page.sections):
            self._disagree(f"Page {page.name} shows {len(names)} sections, the profile lists {len(page.sections)}")
        for line, section in enumerate(page.sections[: len(names)]):
            menu_HW3 = self._move_to(line, section.name)
            self.survey.sections[f"{page.name}/{section.name}"] = self._name(menu_HW3, line)
            self._press_until("enter", lambda menu: not self._has_title(menu, page_title), f"section {section.name}")
            self._survey_section(page, section)
            self._press_until("leave", lambda menu: self._has_title(menu, page_title), f"page {page.name}")

    def _has_title(self, menu_HW3: Pixels, title: Ink) -> bool:
        return cell.likeness(self._title(menu_HW3), title) >= _SAME_TITLE

    def _survey_section(self, page: Page, section: Section) -> None:
        menu_HW3 = self._clear()
        self.survey.titles[f"{page.name}/{section.name}"] = self._title(menu_HW3)
        names = self._names(menu_HW3)
        hidden = {name for row in section.rows for name in row.inserts}
        rows = [row for row in section.rows if row.name not in hidden]
        if len(names) != len(rows):
            rows = self._explain(page, section, rows, names)
        self.survey.rows |= {row.name: name for row, name in zip(rows, names, strict=False)}
        for line, row in enumerate(rows[: len(names)]):
            if row.kind == "toggle":
                self._survey_toggle(section, row, line)

    def _explain(self, page: Page, section: Section, rows: list[Row], names: Sequence[Ink]) -> list[Row]:
        """Says which row is missing, as far as the widths of the names tell, and leaves it out."""
        where = f"Section {page.name} > {section.name} shows {len(names)} rows, the profile lists {len(rows)}"
        if len(names) != len(rows) - 1 or len(names) < 2:
            self._disagree(f"{where}: {', '.join(row.name for row in rows)}")
            return rows
        widths = np.array([name.shape[1] for name in names], float)

        def misfit(left_out: int) -> float:
            lengths = np.array([len(row.label) for at, row in enumerate(rows) if at != left_out], float)
            return float(np.abs(lengths * (widths @ lengths) / (lengths @ lengths) - widths).sum())

        left_out = min(range(len(rows)), key=misfit)
        self._disagree(f"{where}: {rows[left_out].name} seems to be missing")
        return [row for at, row in enumerate(rows) if at != left_out]

    def _survey_toggle(self, section: Section, toggle: Row, line: int) -> None:
        """Switches it on and off again, to learn both words and the rows that it inserts."""
        menu_HW3 = self._move_to(line, toggle.name)
        off, num_rows = self._value(menu_HW3, line), len(self._names(menu_HW3))
        menu_HW3 = self._press_until(
            "enter", lambda menu: not np.array_equal(self._value(menu, line), off), f"{toggle.name} being on"
        )
        self.survey.words |= {"toggle/off": off, "toggle/on": self._value(menu_HW3, line)}
        names = self._names(menu_HW3)
        if len(names) - num_rows != len(toggle.inserts):
            self._disagree(
                f"{toggle.name} inserts {len(names) - num_rows} rows, the profile lists {len(toggle.inserts)}"
            )
        else:
            self.survey.rows |= dict(zip(toggle.inserts, names[line + 1 :], strict=False))
        self._press_until(
            "enter", lambda menu: np.array_equal(self._value(menu, line), off), f"{toggle.name} being off"
        )

    def _disagree(self, what: str) -> None:
        self.survey.disagreements.append(what)


def _apart(a_M3: Pixels, b_M3: Pixels) -> NDArray[np.int16]:
    """The largest difference of two looks, or of many at once."""
    largest: NDArray[np.int16] = np.abs(a_M3.astype(np.int16) - b_M3.astype(np.int16)).max(axis=(-2, -1))
    return largest
