"""The menu as a state machine: where the cursor is and what navigation keys do to it.

Levels: on a page the cursor stands on a section; inside a section it stands on a row. Next and previous page work on the page
level only. The stand-in lives by this; drivers plan with it and believe the screen instead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from creator.profile import Page, Profile, Row, Section

Actions = list[str]  # names of the fields of `creator.profile.Keys`


@dataclass(frozen=True, slots=True)
class Cursor:
    """Indices of page and section, and of the row among the visible ones; `row` None: on the page level."""

    page: int = 0
    section: int = 0
    row: int | None = None


@dataclass(frozen=True)
class Menu:
    """Moves of the cursor. `toggles_on` names the toggles whose inserted rows are visible."""

    profile: Profile

    def page(self, cursor: Cursor) -> Page:
        return self.profile.pages[cursor.page]

    def section(self, cursor: Cursor) -> Section:
        return self.page(cursor).sections[cursor.section]

    def visible_rows(self, section: Section, toggles_on: Collection[str] = ()) -> tuple[Row, ...]:
        hidden = {name for row in section.rows if row.name not in toggles_on for name in row.inserts}
        return tuple(row for row in section.rows if row.name not in hidden)

    def row(self, cursor: Cursor, toggles_on: Collection[str] = ()) -> Row | None:
        """The highlighted row, None on the page level."""
        return None if cursor.row is None else self.visible_rows(self.section(cursor), toggles_on)[cursor.row]

    def apply(self, cursor: Cursor, action: str, toggles_on: Collection[str] = ()) -> Cursor:
        """The cursor after a navigation key; the same cursor where the key means nothing there."""
        step = {"next_row": 1, "previous_row": -1, "next_page": 1, "previous_page": -1}.get(action, 0)
        if cursor.row is not None:
            if action == "leave":
                return replace(cursor, row=None)
            if action in ("next_row", "previous_row"):
                count = len(self.visible_rows(self.section(cursor), toggles_on))
                return replace(cursor, row=self._step(cursor.row, step, count))
            return cursor
        if action == "enter":
            return replace(cursor, row=0)
        if action in ("next_row", "previous_row"):
            return replace(cursor, section=self._step(cursor.section, step, len(self.page(cursor).sections)))
        if action in ("next_page", "previous_page"):
            return Cursor(page=(cursor.page + step) % len(self.profile.pages))
        return cursor

    def _step(self, at: int, step: int, count: int) -> int:
        return (at + step) % count if self.profile.timing.lists_wrap else min(max(at + step, 0), count - 1)

    def find(self, name: str, toggles_on: Collection[str] = ()) -> Cursor:
        """Where a visible row stands. Raises KeyError for a row that is unknown or hidden."""
        for page_at, page in enumerate(self.profile.pages):
            for section_at, section in enumerate(page.sections):
                for row_at, row in enumerate(self.visible_rows(section, toggles_on)):
                    if row.name == name:
                        return Cursor(page_at, section_at, row_at)
        raise KeyError(name)

    def path(self, start: Cursor, goal: Cursor, toggles_on: Collection[str] = ()) -> Actions:
        """Navigation actions from one place to another, by the shorter way round where lists wrap.

        Stays in the section and on the page where both places are: leaving and coming back would sometimes save keys, but
        costs two animations.
        """
        same_section = (start.page, start.section) == (goal.page, goal.section)
        if same_section and start.row is not None and goal.row is not None:
            count = len(self.visible_rows(self.section(start), toggles_on))
            return self._steps(start.row, goal.row, count, "row")
        actions: Actions = []
        if start.row is not None:
            actions.append("leave")
            start = replace(start, row=None)
        if start.page != goal.page:
            actions += self._steps(start.page, goal.page, len(self.profile.pages), "page", wraps=True)
            start = Cursor(page=goal.page)
        actions += self._steps(start.section, goal.section, len(self.page(goal).sections), "row")
        if goal.row is None:
            return actions
        count = len(self.visible_rows(self.section(goal), toggles_on))
        return [*actions, "enter", *self._steps(0, goal.row, count, "row")]

    def _steps(self, start: int, goal: int, count: int, what: str, *, wraps: bool | None = None) -> Actions:
        wraps = self.profile.timing.lists_wrap if wraps is None else wraps
        forward, backward = goal - start, start - goal
        if wraps:
            forward, backward = forward % count, backward % count
        if forward >= 0 and (forward <= backward or backward < 0):
            return [f"next_{what}"] * forward
        return [f"previous_{what}"] * backward

    def captured_rows(self) -> Iterator[tuple[Cursor, Row]]:
        """Captured rows with their places while every toggle is off."""
        for row in self.profile.rows.values():
            if row.is_captured:
                yield self.find(row.name), row
