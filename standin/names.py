"""What the stand-in calls the choices that nobody captures: a name, or where a list is long a word and a number.

Choices that are captured show their ids instead, as the game numbers its faces and skins.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """English names of a choice's first ids; those after them are the word and 1, 2, 3 ..."""

    firsts: tuple[str, ...] = ()
    word: str = "Style"

    def of(self, at_id: int) -> tuple[str, int | None]:
        """A name, or a word with its number."""
        return (self.firsts[at_id], None) if at_id < len(self.firsts) else (self.word, at_id + 1 - len(self.firsts))


_HAIR_COLORS = (
    *("Black", "Ash", "Umber", "Brown", "Walnut", "Chestnut", "Hazel", "Copper", "Auburn", "Red", "Orange", "Amber"),
    *("Honey", "Gold", "Blond", "Platinum", "White", "Silver", "Gray", "Blue", "Navy", "Green", "Purple", "Pink"),
)
_PAINTS = ("Red", "Pink", "Orange", "Gold", "Brown", "Purple", "Blue", "Black")
_NAMES = {
    "stance": Names(("Upright", "Relaxed", "Proud", "Meek", "Slouched", "Ready")),
    "skin_color": Names(word="Tone"),
    "ear_style": Names(("Round", "Pointed", "Long", "Small")),
    "hair_color": Names(_HAIR_COLORS, word="Color"),
    "beard_style": Names(("None",)),
    "eye_shadow": Names(("None", *_PAINTS), word="Color"),
    "lip_color": Names(("None", *_PAINTS), word="Color"),
    "scar": Names(("None",)),
}


def names_of(row_name: str) -> Names:
    """Of any row: those that are not known here are styles."""
    return _NAMES.get(row_name, Names())
