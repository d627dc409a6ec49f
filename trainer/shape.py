"""What the networks have to know of a profile and a recogniser: sizes, and which combinations there are.

Shape letters: C combinations; N rows; G genders, F face types, K skin types (the larger gender's, where they differ).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creator.encoding import Encoding
from creator.profile import Profile


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """`choice_counts` are the numbers of genders, face types and skin types; `dimension` is the recogniser's."""

    num_sliders: int
    choice_counts: tuple[int, int, int]
    dimension: int

    @classmethod
    def of(cls, profile: Profile, dimension: int) -> NetworkShape:
        encoding = Encoding(profile)
        return cls(encoding.num_sliders, encoding.choice_counts, dimension)

    @property
    def num_cells(self) -> int:
        """Products of the choices, those included that a gender with fewer types does not have."""
        num_genders, num_faces, num_skins = self.choice_counts
        return num_genders * num_faces * num_skins

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> NetworkShape:
        genders, faces, skins = value["choice_counts"]
        return cls(int(value["num_sliders"]), (int(genders), int(faces), int(skins)), int(value["dimension"]))


def cells(choices_N3: NDArray[np.int64], choice_counts: tuple[int, int, int]) -> NDArray[np.int64]:
    """Number of each row's cell in a table (G, F, K) laid out flat."""
    _, num_faces, num_skins = choice_counts
    gender_N, face_N, skin_N = choices_N3.T
    flat_N: NDArray[np.int64] = (gender_N * num_faces + face_N) * num_skins + skin_N
    return flat_N
