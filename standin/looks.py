"""How the stand-in's screen looks: what a calibration must not depend on."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from standin.errors import RulesError
from standin.letters import LATIN_TYPEFACE, WIDE_TYPEFACES, Letters
from standin.theme import THEMES
from standin.wording import ENGLISH, LANGUAGES

_TEXT_SHARE = 0.6  # letters' size in a row's height


@dataclass(frozen=True, slots=True, kw_only=True)
class Jitter:
    """Where one seed's screen is not another's. Pixels at scale 1, to the right and down."""

    text_share: float = _TEXT_SHARE
    lift_pixels: int = 0  # of texts in their rows
    indent_pixels: int = 0  # of names
    value_inset_pixels: int = 0  # of numbers from the list's right, so that they stay where the profile has them
    list_pixels: int = 0  # by which the list stands to the right of its place
    title_pixels: tuple[int, int] = (0, 0)
    bar_pixels: float = 3.0  # thickness of a slider's track


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """`scale` is of the whole window. `seed` picks typeface, size of letters, and moves texts and the list by a pixel or two;
    0 leaves everything at its place.

    Raises RulesError for a theme or language that is not there, or a scale beyond 0.5 to 4.
    """

    theme: str = "ember"
    language: str = ENGLISH
    scale: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for what, name, known in (("theme", self.theme, THEMES), ("language", self.language, LANGUAGES)):
            if name not in known:
                raise RulesError(f"No {what} {name!r}: there are {', '.join(known)}")
        if not 0.5 <= self.scale <= 4:
            raise RulesError(f"Scale {self.scale:g}: the screen can be drawn at 0.5 to 4 times its size")

    @property
    def letters(self) -> Letters:
        """Seeds take turns through the typefaces that know the language."""
        known = (LATIN_TYPEFACE, *WIDE_TYPEFACES) if self.language == ENGLISH else WIDE_TYPEFACES
        return Letters(known[self.seed % len(known)])

    @property
    def jitter(self) -> Jitter:
        if not self.seed:
            return Jitter()
        draw = Random(f"{self.seed} looks")
        list_pixels = draw.randint(0, 2)
        return Jitter(
            text_share=draw.uniform(0.52, 0.62),
            lift_pixels=draw.randint(-1, 1),
            indent_pixels=draw.randint(0, 4),
            value_inset_pixels=list_pixels + draw.randint(1, 2),  # one more: some letters reach beyond their width
            list_pixels=list_pixels,
            title_pixels=(draw.randint(0, 8), draw.randint(-1, 1)),
            bar_pixels=draw.uniform(2.0, 5.0),
        )
