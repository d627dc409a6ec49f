"""What the stand-in's screen says, in its languages: English is in the profile and here, others in `languages/`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from creator.profile import Profile, Row
from standin.names import names_of
from standin.settings import Values

ENGLISH = "english"
LANGUAGES = (ENGLISH, "japanese")
PRESET_SIGN = ">>"
SIGNATURE = "CHARACTER CREATOR"
TAKER_TITLE, TAKER_LINE = "Message", "Updates are ready to be installed."
_FOLDER = Path(__file__).parent / "languages"

MESSAGES = (
    ("A traveller has shared a character", "It was added to your guest book."),
    ("Connection restored", "Your characters are being kept safe online."),
    ("Storage is filling up", "Consider removing old characters."),
)


@dataclass(frozen=True)
class Wording:
    """Texts of a profile's creator. What a language does not know is said in English."""

    profile: Profile
    language: str = ENGLISH

    def label(self, label: str) -> str:
        """A page, section or row by the profile's label, or any other English text."""
        return self._texts.get(label, label)

    @cached_property
    def _texts(self) -> Mapping[str, str]:
        return texts_of(self.language)

    def title(self, page: str, section: str | None) -> str:
        return self.label(page) if section is None else f"{self.label(page)} > {self.label(section)}"

    def value(self, row: Row, values: Values) -> str:
        """What stands at the end of a row's line."""
        if row.kind == "preset":
            return PRESET_SIGN
        value = values[row.name]
        if row.kind == "toggle":
            return self.label("On" if value else "Off")
        if row.role == "gender":
            return self.label(self.profile.genders[int(value)].capitalize())
        return self._choice(row, int(value)) if row.kind == "choice" else f"{value:g}"

    def _choice(self, row: Row, chosen_id: int) -> str:
        if row.is_captured:
            return f"{chosen_id:03d}"
        name, number = names_of(row.name).of(chosen_id)
        return self.label(name) if number is None else f"{self.label(name)} {number}"

    def message(self, number: int) -> tuple[str, str]:
        """Headline and line of a pop-up."""
        headline, line = MESSAGES[number % len(MESSAGES)]
        return self.label(headline), self.label(line)

    def hints(self) -> tuple[tuple[tuple[str, str], ...], ...]:
        """(keys, what they do), row by row, for the foot of the screen."""
        keys = self.profile.keys
        rows = (
            (
                (f"{keys.previous_row} {keys.next_row}", "Move"),
                (f"{keys.decrease} {keys.increase}", "Change"),
                (f"{keys.previous_page} {keys.next_page}", "Page"),
            ),
            ((keys.enter, "Enter"), (keys.leave, "Back")),
        )
        return tuple(tuple((names.upper(), self.label(what)) for names, what in row) for row in rows)


@lru_cache(maxsize=len(LANGUAGES))
def texts_of(language: str) -> Mapping[str, str]:
    """A language's texts by their English ones; empty for English."""
    if language == ENGLISH:
        return {}
    with (_FOLDER / f"{language}.toml").open("rb") as file:
        texts: dict[str, str] = tomllib.load(file)["texts"]
    return texts
