"""Writes a match's sheet in whichever forms its user names: .json, .ini, .png, .html."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from creator.character import default_character
from creator.ini import character_ini
from creator.profile import Profile
from matcher.card import CardText, card_png
from matcher.match import Match
from matcher.preview import Painter
from matcher.sheet_files import sheet_page, sheet_text
from protocol.character import Character
from protocol.errors import LookalikeError
from protocol.object_file import write_object

FORMS = {
    ".json": "the sheet for `lookalike apply` and other programs",
    ".ini": "for the public key-press tool",
    ".png": "a card to keep or send",
    ".html": "a page to print",
}


def check_form(place: str) -> None:
    """Raises LookalikeError for a file whose ending says nothing."""
    if PurePath(place).suffix.lower() not in FORMS:
        known = "; ".join(f"{suffix} {what}" for suffix, what in FORMS.items())
        raise LookalikeError(f"--sheet {place}: its ending says what is written. Known are {known}")


@dataclass(frozen=True)
class SheetWriter:
    """`open_painter` is asked only when a form shows the character."""

    profile: Profile
    match: Match
    open_painter: Callable[[], Painter]

    def write(self, place: str) -> None:
        """Raises LookalikeError naming the place when it cannot be written."""
        forms: Mapping[str, Callable[[], bytes]] = {
            ".json": lambda: sheet_text(self.match.sheet).encode(),
            ".ini": lambda: character_ini(self.profile, self.match.character).encode(),
            ".png": self._card,
            ".html": self._page,
        }
        content = forms[PurePath(place).suffix.lower()]()
        try:
            write_object(place, content)
        except OSError as error:
            raise LookalikeError(f"The sheet cannot be written to {place}: {error}") from error

    def _card(self) -> bytes:
        text = CardText(f"Character sheet, {self.profile.title}", self.match.meaning, (self._figures(),))
        preview = self.open_painter()(self.match.character)
        return card_png(self.profile, self.match.character, text, preview=preview, before=self._before)

    def _page(self) -> bytes:
        return sheet_page(self.profile, self.match.character, self._before).encode()

    @property
    def _before(self) -> Character:
        return default_character(self.profile, self.match.character.gender)

    def _figures(self) -> str:
        measured = self.match.similarity_measured
        figures = [f"similarity {self.match.similarity_predicted:.2f} predicted"]
        figures += [] if measured is None else [f"{measured:.2f} measured"]
        return ", ".join([*figures, f"{self.match.ceiling:.2f} best within reach"])
