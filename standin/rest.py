"""Where the head stands while its sliders stand somewhere. Legend: V = vertex, S = slider."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from creator.profile import Profile
from standin.curves import Floats
from standin.head import BODY_PART, Head
from standin.morphs import SLIDER_INDEX, SLIDER_NAMES

_FRESH_SHARE = 0.7
_FREE_SPREAD = 0.60  # root mean square of all sliders; random characters have about 0.5
_RESTRAINT = 1.1

# Both skulls lean this way from what head.py sculpts: a longer face is easier to find for detectors.
_EVERYONE: dict[str, float] = {
    "head_length": 0.30, "head_depth": 0.30, "jaw_position": -0.15, "bridge_height": 0.25, "brow_angle": -0.20,
    "cheek_bulge": 0.20, "nostril_height": 0.15,
}  # fmt: skip

_MALE: dict[str, float] = {"jaw_width": 0.25, "chin_width": 0.25, "neck_thickness": 0.12}

# The female skull as a mix of the sliders' own fields.
_FEMALE: dict[str, float] = {
    "head_width": -0.45, "face_height": -0.40, "neck_thickness": -0.46, "brow_depth_overall": -0.9,
    "brow_depth_inner": -0.35, "brow_depth_outer": -0.35, "brow_height": 0.25, "eye_size": 0.45,
    "bridge_width": -0.5, "bridge_height": -0.2, "nostril_width": -0.45, "tip_depth": -0.3, "tip_angle": 0.3,
    "tip_sharpness": 0.1, "cheek_thickness": 0.2, "cheek_bulge": 0.1, "cheek_depth": 0.15, "lip_thickness": 0.35,
    "mouth_width": -0.2, "jaw_definition": -0.25, "jaw_width": -0.45, "chin_height": -0.30, "chin_width": -0.5,
    "chin_protrusion": -0.2,
}  # fmt: skip


def fresh_values(profile: Profile) -> dict[str, dict[str, float]]:
    """Where the creator's fresh characters have their sliders, by gender, scaled to [-1, 1]."""
    return {
        gender: {
            row.name: 2 * (row.defaults[gender] - row.minimum) / (row.maximum - row.minimum) - 1
            for row in profile.sliders
        }
        for gender in profile.genders
    }


def around_rest(fresh: Mapping[str, float], values: Mapping[str, float]) -> dict[str, float]:
    """Shifts each slider so that the sculpted head stands near the fresh character's value; no end moves outwards.

    When nearly all sliders stand at their ends together, all are drawn in a little, so that a head remains.
    """
    shifts = {name: _FRESH_SHARE * value for name, value in fresh.items()}
    moved = {name: (value - shifts.get(name, 0.0)) / (1 + abs(shifts.get(name, 0.0))) for name, value in values.items()}
    spread = math.sqrt(sum(moved[name] ** 2 for name in SLIDER_NAMES) / len(SLIDER_NAMES))
    share = 1 / (1 + _RESTRAINT * max(0.0, spread - _FREE_SPREAD))
    return {name: value * share if name in SLIDER_INDEX else value for name, value in moved.items()}


def rest_positions(head: Head, all_sliders_SV3: Floats, gender: str) -> NDArray[np.float32]:
    positions = np.concatenate([part.positions_V3 for part in head.parts])
    for mix in (_EVERYONE, _FEMALE if gender == "female" else _MALE):
        for name, weight in mix.items():
            positions = positions + weight * all_sliders_SV3[SLIDER_INDEX[name]]
    if gender == "female":
        start, part = head.offsets[BODY_PART], head.parts[BODY_PART].positions_V3
        shoulders = np.clip((-13.5 - part[:, 1]) / 5.5, 0, 1)
        positions[start : start + len(part), 0] -= 0.14 * part[:, 0] * shoulders
    return positions.astype(np.float32)
