"""The menu's paths lead where they claim to, and none is longer than it must be."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import pytest
from drawn_characters import cursors, toggle_sets
from hypothesis import given, settings
from hypothesis import strategies as st

from creator.menu import Cursor, Menu
from creator.profile_file import load_profile

STANDIN = load_profile("standin")
NAVIGATION = ("enter", "leave", "next_row", "previous_row", "next_page", "previous_page")
MENUS = {
    f"{name}, {'wrapping' if wraps else 'ending'} lists": Menu(
        replace(profile := load_profile(name), timing=replace(profile.timing, lists_wrap=wraps))
    )
    for name in ("standin", "small")
    for wraps in (True, False)
}


def walk(menu: Menu, cursor: Cursor, actions: list[str], toggles_on: frozenset[str]) -> Cursor:
    for action in actions:
        cursor = menu.apply(cursor, action, toggles_on)
    return cursor


def shortest(menu: Menu, start: Cursor, toggles_on: frozenset[str]) -> dict[Cursor, int]:
    """The fewest keys to every place, by trying all of them."""
    distances, waiting = {start: 0}, deque([start])
    while waiting:
        cursor = waiting.popleft()
        for action in NAVIGATION:
            after = menu.apply(cursor, action, toggles_on)
            if after not in distances:
                distances[after] = distances[cursor] + 1
                waiting.append(after)
    return distances


@pytest.mark.parametrize("name", MENUS)
@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_a_path_leads_to_its_goal(name: str, data: st.DataObject) -> None:
    menu = MENUS[name]
    toggles_on = data.draw(toggle_sets(menu.profile))
    start, goal = data.draw(cursors(menu, toggles_on)), data.draw(cursors(menu, toggles_on))
    assert walk(menu, start, menu.path(start, goal, toggles_on), toggles_on) == goal


@pytest.mark.parametrize("name", MENUS)
@pytest.mark.parametrize("page", [0, 1])
def test_from_the_top_of_a_page_no_path_is_longer_than_the_shortest(name: str, page: int) -> None:
    menu, start = MENUS[name], Cursor(page)
    for goal, distance in shortest(menu, start, frozenset()).items():
        assert len(menu.path(start, goal)) == distance, goal


@pytest.mark.parametrize("name", MENUS)
def test_within_a_section_a_path_never_leaves_it(name: str) -> None:
    menu = MENUS[name]
    nose, tip = menu.find("nose_length"), menu.find("nostril_width")
    assert {"leave", "enter"}.isdisjoint([*menu.path(nose, tip), *menu.path(tip, nose)])


@pytest.mark.parametrize("name", MENUS)
def test_every_place_can_be_reached_from_the_start(name: str) -> None:
    menu = MENUS[name]
    rows = sum(1 + len(menu.visible_rows(section)) for page in menu.profile.pages for section in page.sections)
    assert len(shortest(menu, Cursor(), frozenset())) == rows


def test_a_row_is_found_where_the_cursor_shows_it() -> None:
    menu = Menu(STANDIN)
    row = menu.row(menu.find("nose_length"))
    assert row is not None
    assert row.name == "nose_length"


def test_a_toggle_inserts_its_row_below_itself_and_moves_the_others_down() -> None:
    menu = Menu(STANDIN)
    with pytest.raises(KeyError):
        menu.find("squint_left_eye")
    before = menu.find("right_closed")
    on = frozenset({"left_closed"})
    assert menu.find("squint_left_eye", on).row == menu.find("left_closed", on).row + 1  # type: ignore[operator]
    assert menu.find("right_closed", on).row == before.row + 1  # type: ignore[operator]


def test_keys_that_mean_nothing_there_change_nothing() -> None:
    menu = Menu(STANDIN)
    inside = menu.find("nose_length")
    for action in ("enter", "next_page", "previous_page", "increase", "decrease", "confirm"):
        assert menu.apply(inside, action) == inside
    assert menu.apply(Cursor(), "leave") == Cursor()


def test_the_captured_rows_come_in_menu_order_with_their_places() -> None:
    menu = Menu(STANDIN)
    found = list(menu.captured_rows())
    assert [row.name for _, row in found if row.kind == "slider"] == [row.name for row in STANDIN.sliders]
    assert len(found) == len(STANDIN.sliders) + len(STANDIN.roles)
    assert all(menu.row(cursor) == row for cursor, row in found)
