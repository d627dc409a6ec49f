"""What the stand-in's screen says, in its languages."""

from __future__ import annotations

from dataclasses import dataclass

from creator.profile import Profile, Row
from standin.settings import Values

LANGUAGES = ("english",)
PRESET_SIGN = ">>"

_MESSAGES = (
    ("A traveller has shared a character", "It was added to your guest book."),
    ("Connection restored", "Your characters are being kept safe online."),
    ("Storage is filling up", "Consider removing old characters."),
)


@dataclass(frozen=True)
class Wording:
    """Texts of a profile's creator."""

    profile: Profile
    language: str = "english"

    def label(self, label: str) -> str:
        """A page, section or row by the profile's label."""
        return label

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
        return f"{int(value):03d}" if row.kind == "choice" else f"{value:g}"

    def message(self, number: int) -> tuple[str, str]:
        """Headline and line of a pop-up."""
        headline, line = _MESSAGES[number % len(_MESSAGES)]
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
