"""What a character may be in a profile's creator."""

from __future__ import annotations

from creator.errors import CharacterError
from creator.profile import Profile
from protocol.character import Character

__all__ = ["Character", "check_character", "default_character", "nearest_character"]


def default_character(profile: Profile, gender: str) -> Character:
    """The character that a fresh session of that gender starts with."""
    return Character(
        gender,
        int(profile.roles["face"].defaults[gender]),
        int(profile.roles["skin"].defaults[gender]),
        tuple(int(row.defaults[gender]) for row in profile.sliders),
    )


def check_character(profile: Profile, character: Character) -> None:
    """Raises CharacterError naming the setting that the creator does not offer."""
    if character.gender not in profile.genders:
        raise CharacterError(f"Gender {character.gender!r}: {profile.name} offers {', '.join(profile.genders)}")
    for role, value in (("face", character.face), ("skin", character.skin)):
        ids = profile.ids(role, character.gender)
        if value not in ids:
            raise CharacterError(f"{role.capitalize()} type {value}: {profile.name} offers {', '.join(map(str, ids))}")
    if len(character.sliders) != len(profile.sliders):
        raise CharacterError(
            f"{len(character.sliders)} slider values: {profile.name} has {len(profile.sliders)} sliders"
        )
    for row, value in zip(profile.sliders, character.sliders, strict=True):
        if not row.minimum <= value <= row.maximum or (value - row.minimum) % row.step:
            raise CharacterError(
                f"Slider {row.name} at {value}: it goes from {row.minimum:g} to {row.maximum:g} in steps of {row.step:g}"
            )


def nearest_character(profile: Profile, character: Character) -> Character:
    """The same character with every slider brought to the nearest value that the creator offers."""
    values = []
    for row, value in zip(profile.sliders, character.sliders, strict=True):
        bounded = min(max(value, row.minimum), row.maximum)
        values.append(int(row.minimum + round((bounded - row.minimum) / row.step) * row.step))
    return Character(character.gender, character.face, character.skin, tuple(values))
