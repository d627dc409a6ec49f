"""What a user wishes about the character, checked and turned into arrays.

Shapes: C combinations, K characters, S captured sliders. Slider values are scaled to [-1, 1].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creator.encoding import Encoding, Floats
from creator.profile import Profile, Row
from matcher.errors import ConstraintError

DEFAULT_MILDNESS = 0.2
"""Costs about .02 of similarity for photos and .01 for the creator's own faces, and takes the sliders' mean distance from the
middle from .60 to .40 of their reach; without it a third of them end in their outer fifth (demo's models, 22 November 2026)."""

PULL_PER_MILDNESS = 1.5
"""Likeness that bringing all sliders from the ends to the middle is worth, for each unit of mildness, times two."""

_CHOICE_ROLES = ("face", "skin")


@dataclass(frozen=True, slots=True, eq=False)
class Constraints:
    """Which combinations may be matched, and the box that the sliders stay in.

    `mildness` 0 leaves every slider its whole range; 0.3 keeps all of them out of the outer 30 % at both ends, and leaves them
    near the middle where they do little for the likeness.
    """

    is_allowed_C: NDArray[np.bool_]
    low_S: Floats
    high_S: Floats
    mildness: float = 0.0

    @property
    def pull(self) -> float:
        """How much likeness is given up for sliders near the middle: half of this times their mean square."""
        return PULL_PER_MILDNESS * self.mildness

    def bring_in(self, sliders_KS: Floats) -> Floats:
        """Sliders shrunk by the mildness, so that a face keeps its character, and fixed ones put to their value."""
        inside_KS: Floats = np.clip(sliders_KS * np.float32(1 - self.mildness), self.low_S, self.high_S)
        return inside_KS


def constrain(
    profile: Profile,
    *,
    gender: str | None = None,
    fix: Mapping[str, int] | None = None,
    mildness: float = DEFAULT_MILDNESS,
) -> Constraints:
    """Checks the wishes. `fix` maps "face", "skin" or a row's name to an id or a slider's value.

    Raises ConstraintError naming the wish and what the creator offers.
    """
    if gender is not None:
        gender = next((each for each in profile.genders if each.lower() == gender.lower()), gender)
    if gender is not None and gender not in profile.genders:
        raise ConstraintError(f"Gender {gender!r}: {profile.name} offers {', '.join(profile.genders)}.")
    if not 0 <= mildness < 1:
        raise ConstraintError(f"Mildness {mildness:g}: expected at least 0 (the whole range) and less than 1.")
    ids: dict[str, int] = {}
    sliders: dict[str, int] = {}
    for name, value in (fix or {}).items():
        row = _captured_row(profile, name)
        (sliders if row.kind == "slider" else ids)[row.role or row.name] = value
    is_allowed_C = _allowed(profile, gender, ids)
    low_S, high_S = _box(profile, sliders, mildness)
    return Constraints(is_allowed_C, low_S, high_S, mildness)


def _captured_row(profile: Profile, name: str) -> Row:
    row = profile.roles.get(name) if name in _CHOICE_ROLES else profile.rows.get(name)
    if row is None or not row.is_captured or row.role == "gender":
        raise ConstraintError(
            f"{name!r} cannot be fixed. {profile.name} has face, skin and the sliders "
            f"{', '.join(slider.name for slider in profile.sliders)}; for the gender there is a wish of its own."
        )
    return row


def _allowed(profile: Profile, gender: str | None, ids: Mapping[str, int]) -> NDArray[np.bool_]:
    if gender is None and not ids:
        return np.ones(len(profile.combinations), dtype=np.bool_)
    genders = (gender,) if gender else profile.genders
    for role, value in ids.items():
        if all(value not in profile.ids(role, each) for each in genders):
            offers = "; ".join(f"{each}: {', '.join(map(str, profile.ids(role, each)))}" for each in genders)
            raise ConstraintError(f"{role.capitalize()} type {value}: {profile.name} offers {offers}.")
    wished = {"face": ids.get("face"), "skin": ids.get("skin")}
    is_allowed_C = np.array(
        [
            each in genders and wished["face"] in (None, face) and wished["skin"] in (None, skin)
            for each, face, skin in profile.combinations
        ],
        dtype=np.bool_,
    )
    if not is_allowed_C.any():
        wishes = " and ".join(f"{role} type {value}" for role, value in ids.items())
        raise ConstraintError(f"No gender of {profile.name} offers {wishes} together. Fix only one of them.")
    return is_allowed_C


def _box(profile: Profile, sliders: Mapping[str, int], mildness: float) -> tuple[Floats, Floats]:
    num_sliders = len(profile.sliders)
    values_S = np.zeros(num_sliders, dtype=np.float32)
    for name, value in sliders.items():
        row = profile.rows[name]
        if not row.minimum <= value <= row.maximum or (value - row.minimum) % row.step:
            raise ConstraintError(
                f"Slider {name} at {value}: it goes from {row.minimum:g} to {row.maximum:g} in steps of {row.step:g}."
            )
        values_S[profile.slider_index[name]] = value
    is_fixed_S = np.array([row.name in sliders for row in profile.sliders], dtype=np.bool_)
    fixed_S = Encoding(profile).scale(values_S[None])[0]
    reach = np.float32(1 - mildness)
    return np.where(is_fixed_S, fixed_S, -reach), np.where(is_fixed_S, fixed_S, reach)
