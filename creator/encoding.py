"""Characters as numbers for the networks, and back.

Shapes: N characters, S captured sliders, C combinations. Choices are positions, not ids: gender in `Profile.genders`, face
and skin in the list of their gender.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creator.profile import Profile
from protocol.character import Character

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Encoding:
    """How a profile's characters become arrays."""

    profile: Profile

    @property
    def num_sliders(self) -> int:
        return len(self.profile.sliders)

    @property
    def choice_counts(self) -> tuple[int, int, int]:
        """Numbers of genders, of face types and of skin types (the larger gender's, where they differ)."""
        genders = self.profile.genders
        return (
            len(genders),
            max(len(self.profile.ids("face", gender)) for gender in genders),
            max(len(self.profile.ids("skin", gender)) for gender in genders),
        )

    @property
    def ranges_S2(self) -> Floats:
        """Lowest and highest value of each slider."""
        return np.array([(row.minimum, row.maximum) for row in self.profile.sliders], np.float32)

    def choices_N3(self, characters: Sequence[Character]) -> Ints:
        """Positions of gender, face and skin type."""
        lists = {
            gender: (
                {v: i for i, v in enumerate(self.profile.ids("face", gender))},
                {v: i for i, v in enumerate(self.profile.ids("skin", gender))},
            )
            for gender in self.profile.genders
        }
        rows = [
            (self.profile.genders.index(c.gender), lists[c.gender][0][c.face], lists[c.gender][1][c.skin])
            for c in characters
        ]
        return np.array(rows, np.int64).reshape(-1, 3)

    def sliders_NS(self, characters: Sequence[Character]) -> Floats:
        """Slider values scaled so that each slider's range is [-1, 1]."""
        values_NS = np.array([c.sliders for c in characters], np.float32).reshape(-1, self.num_sliders)
        return self.scale(values_NS)

    def scale(self, values_NS: NDArray[np.floating | np.integer]) -> Floats:
        low_S, high_S = self.ranges_S2.T
        scaled_NS: Floats = ((values_NS - low_S) / (high_S - low_S) * 2 - 1).astype(np.float32)
        return scaled_NS

    def combinations_C3(self) -> Ints:
        """Choices of every combination, in the order of `Profile.combinations`."""
        return self.choices_N3([Character(*combination, sliders=()) for combination in self.profile.combinations])

    def combination(self, choices_3: Ints) -> tuple[str, int, int]:
        """Gender, face id and skin id."""
        gender = self.profile.genders[int(choices_3[0])]
        face, skin = self.profile.ids("face", gender), self.profile.ids("skin", gender)
        return gender, face[int(choices_3[1])], skin[int(choices_3[2])]

    def character(self, combination: tuple[str, int, int], scaled_S: NDArray[np.floating]) -> Character:
        """The character nearest to scaled slider values: clamped to the range and rounded to the slider's step."""
        return Character(*combination, sliders=tuple(int(value) for value in self._values(scaled_S)))

    def on_steps(self, scaled_NS: NDArray[np.floating]) -> Floats:
        """Scaled slider values as `character` would round them, scaled again."""
        return self.scale(self._values(scaled_NS).astype(np.float32))

    def _values(self, scaled_NS: NDArray[np.floating]) -> NDArray[np.float64]:
        low_S, high_S = self.ranges_S2.T.astype(np.float64)
        step_S = np.array([row.step for row in self.profile.sliders])
        values_NS = low_S + (np.clip(scaled_NS, -1, 1) + 1) / 2 * (high_S - low_S)
        rounded_NS: NDArray[np.float64] = np.clip(
            low_S + np.round((values_NS - low_S) / step_S) * step_S, low_S, high_S
        )
        return rounded_NS
