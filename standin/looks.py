"""How the stand-in's screen looks: what a calibration must not depend on."""

from __future__ import annotations

from dataclasses import dataclass

from standin.errors import RulesError
from standin.theme import THEMES
from standin.wording import LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """`scale` is of the whole window; `seed` other than 0 moves texts by a pixel or two and picks the size of letters.

    Raises RulesError for a theme or language that is not there, or a scale beyond 0.5 to 4.
    """

    theme: str = "ember"
    language: str = "english"
    scale: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for what, name, known in (("theme", self.theme, THEMES), ("language", self.language, LANGUAGES)):
            if name not in known:
                raise RulesError(f"No {what} {name!r}: there are {', '.join(known)}")
        if not 0.5 <= self.scale <= 4:
            raise RulesError(f"Scale {self.scale:g}: the screen can be drawn at 0.5 to 4 times its size")
