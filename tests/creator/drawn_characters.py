"""Strategies that draw characters, slider values and places of a profile."""

from __future__ import annotations

from hypothesis import strategies

from creator.menu import Cursor, Menu
from creator.profile import Profile
from protocol.character import Character


def slider_values(profile: Profile) -> strategies.SearchStrategy[dict[str, int]]:
    """A value for each captured slider, often at its ends, where information is lost."""
    return strategies.fixed_dictionaries(
        {
            row.name: strategies.sampled_from([int(row.minimum), int(row.maximum)])
            | strategies.integers(int(row.minimum), int(row.maximum))
            for row in profile.sliders
        }
    )


def characters(profile: Profile) -> strategies.SearchStrategy[Character]:
    def build(combination: tuple[str, int, int], values: dict[str, int]) -> Character:
        return Character(*combination, sliders=tuple(values[row.name] for row in profile.sliders))

    return strategies.builds(build, strategies.sampled_from(profile.combinations), slider_values(profile))


def toggle_sets(profile: Profile) -> strategies.SearchStrategy[frozenset[str]]:
    names = [row.name for row in profile.rows.values() if row.kind == "toggle"]
    return strategies.frozensets(strategies.sampled_from(names))


def cursors(menu: Menu, toggles_on: frozenset[str]) -> strategies.SearchStrategy[Cursor]:
    """Any place of the menu, on the page level or on a visible row."""
    places = []
    for page_at, page in enumerate(menu.profile.pages):
        for section_at, section in enumerate(page.sections):
            places.append(Cursor(page_at, section_at))
            rows = range(len(menu.visible_rows(section, toggles_on)))
            places += [Cursor(page_at, section_at, row_at) for row_at in rows]
    return strategies.sampled_from(places)
