"""Characters of the stand-in for measurements and pictures, drawn from a seed."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from creator.profile import Profile
from creator.profile_file import load_profile
from standin.render import GENDERS, HeadRenderer, Pose

Pixels = NDArray[np.uint8]
MIDDLE, ENDS = 0.8, 1.0  # how far random sliders reach
_AT_REST = Pose()


@dataclass(frozen=True, slots=True)
class Character:
    gender: str
    face: int
    skin: int
    values: tuple[float, ...]  # of the sliders in the profile's order, scaled to [-1, 1]

    def moved(self, index: int, value: float) -> "Character":
        return replace(self, values=(*self.values[:index], value, *self.values[index + 1 :]))


class Cast:
    """Makes characters and draws them."""

    def __init__(self, seed: int, profile: Profile | None = None) -> None:
        self.profile = profile or load_profile("standin")
        self.names = tuple(slider.name for slider in self.profile.sliders)
        self.rng = np.random.default_rng(seed)
        self._renderer = HeadRenderer()

    def random(self, index: int) -> Character:
        """Sliders uniform in their middle 80 %; genders take turns."""
        return self._character(index, self.rng.uniform(-MIDDLE, MIDDLE, len(self.names)))

    def at_ends(self, index: int) -> Character:
        return self._character(index, self.rng.choice([-ENDS, ENDS], len(self.names)))

    def fresh(self, gender: str, **choices: int) -> Character:
        """The creator's fresh character, but for the choices: `face`, `skin`."""
        profile = self.profile
        values = [2 * (s.defaults[gender] - s.minimum) / (s.maximum - s.minimum) - 1 for s in profile.sliders]
        ids = {role: int(profile.roles[role].defaults[gender]) for role in ("face", "skin")} | choices
        return Character(gender, ids["face"], ids["skin"], tuple(values))

    def with_other(self, role: str, character: Character) -> Character:
        """Another face type, skin type, or other sliders."""
        if role == "face":
            return replace(character, face=self._id("face", character.gender, character.face))
        if role == "skin":
            return replace(character, skin=self._id("skin", character.gender, character.skin))
        return replace(character, values=self.random(0).values)

    def draw(self, character: Character, pose: Pose = _AT_REST) -> Pixels:
        sliders = dict(zip(self.names, character.values, strict=True))
        return self._renderer.render(
            gender=character.gender, face=character.face, skin=character.skin, sliders=sliders, pose=pose
        )

    def _character(self, index: int, values: NDArray[np.float64]) -> Character:
        gender = GENDERS[index % len(GENDERS)]
        return Character(gender, self._id("face", gender), self._id("skin", gender), tuple(values.tolist()))

    def _id(self, role: str, gender: str, other_than: int = -1) -> int:
        return int(self.rng.choice([i for i in self.profile.ids(role, gender) if i != other_than]))
