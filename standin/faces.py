"""Face types: bone structure, eyes, brows, lips, haircut. A type is a pure function of seed, gender and id.

Legend: S = slider, H = hidden field, D = drawn trait.
"""

from dataclasses import dataclass, replace

import numpy as np

from standin.curves import Floats
from standin.hair import HAIR_COLOUR_ODDS, HAIR_COLOURS, HAIRCUTS, Haircut
from standin.morphs import NUM_HIDDEN, SLIDER_INDEX, SLIDER_NAMES

_KIND = 1  # keeps faces' random numbers apart from skins'
START_FACES = {"male": 20, "female": 17}  # what a fresh character wears; Source: the creator's defaults
TRAITS = (
    "eye_open", "lower_lid", "lid_peak", "lid_crease", "iris_size", "brow_thick", "brow_length", "brow_arch",
    "cupid_bow", "upper_lip", "lower_lip", "lash",
)  # fmt: skip
TRAIT_INDEX = {name: i for i, name in enumerate(TRAITS)}
_IRISES = np.array(  # linear RGB
    [
        [0.060, 0.030, 0.014],  # dark brown
        [0.125, 0.062, 0.026],  # brown
        [0.210, 0.125, 0.045],  # hazel
        [0.120, 0.165, 0.060],  # green
        [0.095, 0.185, 0.165],  # sea green
        [0.090, 0.180, 0.330],  # blue
        [0.200, 0.300, 0.400],  # pale blue
        [0.190, 0.215, 0.235],  # grey
        [0.330, 0.190, 0.050],  # amber
    ]
)
_KEPT_SHARES = {  # sliders whose ends leave a face type little room
    "head_size": 0.0, "neck_length": 0.0, "neck_thickness": 0.5, "ear_size": 0.5, "ear_angle": 0.5, "ear_openness": 0.5,
}  # fmt: skip
_SLIDER_SPREAD, _HIDDEN_SPREAD, _TRAIT_SPREAD = 0.27, 0.42, 0.40
START_HAIR = {"male": 2, "female": 4}  # in HAIR_COLOURS
_START_SHARE = 0.25  # how much of that the faces of fresh characters get
_CLOTHS = np.array([[0.045, 0.050, 0.065], [0.070, 0.030, 0.025], [0.030, 0.055, 0.040], [0.085, 0.075, 0.060]])


@dataclass(frozen=True, slots=True)
class FaceType:
    sliders_S: Floats  # added to what the sliders do to the geometry
    hidden_H: Floats
    traits_D: Floats
    haircut: Haircut
    hair_rgb: Floats
    hair_tip: float
    hair_shine: float
    iris_rgb: Floats
    cloth_rgb: Floats

    def trait(self, name: str) -> float:
        return float(self.traits_D[TRAIT_INDEX[name]])


def face_type(seed: int, gender: str, face_id: int) -> FaceType:
    rng = np.random.default_rng([seed, _KIND, int(gender == "female"), face_id])
    share = _START_SHARE if START_FACES[gender] == face_id else 1.0
    sliders = np.clip(rng.normal(size=len(SLIDER_NAMES)) * _SLIDER_SPREAD, -0.75, 0.75) * share
    for name, kept in _KEPT_SHARES.items():
        sliders[SLIDER_INDEX[name]] *= kept
    hidden = rng.normal(size=NUM_HIDDEN) * _HIDDEN_SPREAD * share
    traits = np.clip(rng.normal(size=len(TRAITS)) * _TRAIT_SPREAD, -0.9, 0.9) * share
    colour = int(rng.choice(len(HAIR_COLOURS), p=HAIR_COLOUR_ODDS))
    if START_FACES[gender] == face_id:
        colour = START_HAIR[gender]
    return FaceType(
        sliders_S=sliders,
        hidden_H=hidden,
        traits_D=traits,
        haircut=_haircut(rng, gender, face_id),
        hair_rgb=HAIR_COLOURS[colour] * rng.uniform(0.85, 1.2),
        hair_tip=float(rng.uniform(-0.1, 0.5)),
        hair_shine=float(rng.uniform(0.6, 1.3)),
        iris_rgb=_IRISES[rng.integers(len(_IRISES))] * rng.uniform(0.85, 1.15),
        cloth_rgb=_CLOTHS[rng.integers(len(_CLOTHS))],
    )


def _haircut(rng: np.random.Generator, gender: str, face_id: int) -> Haircut:
    """Neighbouring ids never share a cut: ids walk through the list, lengths and volumes vary."""
    cuts = HAIRCUTS[gender]
    cut = cuts[0] if face_id == START_FACES[gender] else cuts[(face_id * 7 + 3) % len(cuts)]
    curtain = cut.curtain and replace(cut.curtain, bottom_y=cut.curtain.bottom_y + rng.uniform(-1.0, 1.5))
    return replace(
        cut,
        top_cm=cut.top_cm * rng.uniform(0.8, 1.2),
        hairline_y=cut.hairline_y + rng.uniform(-0.2, 0.3),
        part_x=cut.part_x * (1 if rng.uniform() < 0.5 else -1),
        sweep=cut.sweep * (1 if rng.uniform() < 0.5 else -1),
        curtain=curtain,
    )
