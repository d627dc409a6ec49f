"""The settings of every row, captured or not, and what keys do to them.

Values by row name: a slider's number, a choice's id (gender: its position in `Profile.genders`), a toggle's 0 or 1. Preset
rows have none. Mappings are never changed in place: whoever holds one holds that moment's settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from random import Random

from creator.couplings import move_slider
from creator.profile import Profile, Row
from protocol.character import Character

Values = Mapping[str, float]


class Settings:
    """Pure changes of settings under one profile."""

    def __init__(self, profile: Profile, *, lists_wrap: bool) -> None:
        self.profile = profile
        self._lists_wrap = lists_wrap
        self._gender_row = profile.roles["gender"].name
        self._face_row, self._skin_row = profile.roles["face"].name, profile.roles["skin"].name
        self._toggles = [row.name for row in profile.rows.values() if row.kind == "toggle"]
        self._sliders_of = itemgetter(*(row.name for row in profile.sliders))

    def defaults(self, gender: str) -> Values:
        """A fresh session of that gender."""
        values = {row.name: row.defaults.get(gender, 0.0) for row in self.profile.rows.values() if row.kind != "preset"}
        values[self._gender_row] = self.profile.genders.index(gender)
        return values

    def gender(self, values: Values) -> str:
        return self.profile.genders[int(values[self._gender_row])]

    def character(self, values: Values) -> Character:
        """The captured part."""
        sliders = self._sliders_of(values)
        whole = tuple(map(int, sliders if isinstance(sliders, tuple) else (sliders,)))
        return Character(self.gender(values), int(values[self._face_row]), int(values[self._skin_row]), whole)

    def values_of(self, character: Character) -> Values:
        """A fresh session of the character's gender, brought to the character."""
        sliders = {row.name: value for row, value in zip(self.profile.sliders, character.sliders, strict=True)}
        choices = {self._face_row: character.face, self._skin_row: character.skin}
        return {**self.defaults(character.gender), **sliders, **choices}

    def toggles_on(self, values: Values) -> frozenset[str]:
        return frozenset(name for name in self._toggles if values[name])

    def stepped(self, values: Values, row: Row, direction: int) -> Values:
        """One press of increase (1) or decrease (-1) on a slider or choice; the same object where nothing changes."""
        if row.kind == "slider":
            return self._slid(values, row, direction)
        if row.kind == "choice":
            return self._chosen(values, row, direction)
        return values

    def _slid(self, values: Values, row: Row, direction: int) -> Values:
        changed = dict(values)
        return changed if move_slider(self.profile, changed, row.name, direction * row.step) else values

    def _chosen(self, values: Values, row: Row, direction: int) -> Values:
        ids = row.ids[self.gender(values)]
        at = ids.index(int(values[row.name])) + direction
        at = at % len(ids) if self._lists_wrap else min(max(at, 0), len(ids) - 1)
        if ids[at] == values[row.name]:
            return values
        if row.name == self._gender_row:
            return self.defaults(self.profile.genders[ids[at]])
        return {**values, row.name: ids[at]}

    def flipped(self, values: Values, toggle: Row) -> Values:
        return {**values, toggle.name: 0 if values[toggle.name] else 1}

    def preset(self, values: Values, preset: Row, generator: Random) -> Values:
        """Every slider of the preset's page, captured or not, at random."""
        page = next(page for page in self.profile.pages if any(preset in section.rows for section in page.sections))
        drawn = {
            row.name: row.minimum + row.step * generator.randint(0, round((row.maximum - row.minimum) / row.step))
            for section in page.sections
            for row in section.rows
            if row.kind == "slider"
        }
        return {**values, **drawn}
