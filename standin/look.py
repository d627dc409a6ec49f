"""What is drawn rather than modelled: turns sliders, face type, skin type and pose into slots.py's look vector."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from standin.faces import FaceType
from standin.pose import Pose as Pose
from standin.shade import slots
from standin.skins import Skin, tone_rgb

UNCAPTURED_SLIDERS = ("skin_color", "skin_sheen", "squint_left_eye", "squint_right_eye")


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that the drawn features depend on; `moved` holds slider values around the sculpted head."""

    is_female: bool
    face: FaceType
    skin: Skin
    moved: Mapping[str, float]
    pose: Pose


def look_vector(drawing: Drawing) -> NDArray[np.float64]:
    look = np.zeros(slots.NUM_LOOK)
    _skin(look, drawing)
    _beard_and_scar(look, drawing)
    _lips(look, drawing)
    _eyes(look, drawing)
    _makeup(look, drawing)
    _brows(look, drawing)
    _hair_and_cloth(look, drawing.face)
    return look


def _skin(look: NDArray[np.float64], d: Drawing) -> None:
    skin = d.skin
    look[slots.TONE_R : slots.TONE_B + 1] = tone_rgb(skin.tone + 0.45 * d.moved["skin_color"], skin.undertone)
    look[slots.BLOTCHES] = skin.blotches
    look[slots.ROUGHNESS] = skin.roughness
    look[slots.REDNESS] = skin.redness
    look[slots.FRECKLES] = skin.freckles
    look[slots.MOLES] = skin.moles
    look[slots.CIRCLES] = skin.circles
    look[slots.GLOSS] = max(0.0, skin.gloss + 0.9 * d.moved["skin_sheen"])
    share = (d.moved["wrinkles"] + 1) / 2
    look[slots.WRINKLES] = 1.5 * share**2.2 + skin.age * (0.35 + 0.65 * share)
    look[slots.PATCHES] = skin.patches
    look[slots.PATTERN] = skin.pattern
    look[slots.BLUSH] = skin.blush


def _beard_and_scar(look: NDArray[np.float64], d: Drawing) -> None:
    skin = d.skin
    look[slots.STUBBLE] = max(skin.stubble, 0.8 * skin.beard)
    look[slots.BEARD] = skin.beard
    look[slots.BEARD_LIP], look[slots.BEARD_CHIN], look[slots.BEARD_CHEEK] = skin.beard_parts
    look[slots.BEARD_R : slots.BEARD_B + 1] = _body_hair(d.face.hair_rgb) * skin.beard_lightness
    strength, u, v, angle, length = skin.scar
    look[slots.SCAR], look[slots.SCAR_U], look[slots.SCAR_V] = strength, u, v
    look[slots.SCAR_COS], look[slots.SCAR_SIN] = math.cos(angle), math.sin(angle)
    look[slots.SCAR_LENGTH] = length


def _body_hair(hair_rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Beard and brows: darker than the hair when that is light, lighter than pure black."""
    return 0.010 + 0.55 * hair_rgb


def _lips(look: NDArray[np.float64], d: Drawing) -> None:
    face, moved, fem = d.face, d.moved, float(d.is_female)
    look[slots.CUPID] = 1 + 0.9 * face.trait("cupid_bow")
    thick = moved["lip_thickness"]
    look[slots.LIP_UPPER] = float(np.clip(1 + 0.42 * thick + 0.30 * face.trait("upper_lip") + 0.06 * fem, 0.35, 2))
    look[slots.LIP_LOWER] = float(np.clip(1 + 0.38 * thick + 0.25 * face.trait("lower_lip") + 0.05 * fem, 0.4, 2))
    look[slots.LIP_CORNER] = 0.0
    look[slots.LIP_R : slots.LIP_B + 1] = d.skin.lipstick
    look[slots.LIP_BLEND] = min(0.95, d.skin.lipstick_blend + 0.06 * fem)
    look[slots.LIP_GLOSS] = d.skin.lip_gloss


def _eyes(look: NDArray[np.float64], d: Drawing) -> None:
    face, moved, fem = d.face, d.moved, float(d.is_female)
    look[slots.LID_UPPER] = 0.54 * (1 + 0.26 * face.trait("eye_open")) + 0.05 * fem
    look[slots.LID_LOWER] = 0.40 * (1 + 0.26 * face.trait("lower_lid") + 0.10 * face.trait("eye_open"))
    look[slots.LID_PEAK] = math.log(0.5) / math.log(float(np.clip(0.47 + 0.10 * face.trait("lid_peak"), 0.2, 0.8)))
    look[slots.EYE_HALF_WIDTH] = 1.02
    tilt = 0.015 + 0.03 * fem
    look[slots.EYE_COS], look[slots.EYE_SIN] = math.cos(tilt), math.sin(tilt)
    look[slots.CREASE] = 0.12 + 0.14 * face.trait("lid_crease")
    look[slots.IRIS_SIZE] = 0.615 * (1 + 0.08 * face.trait("iris_size")) * (1 - 0.08 * moved["eye_size"])
    look[slots.IRIS_R : slots.IRIS_B + 1] = face.iris_rgb
    look[slots.CLOSURE_LEFT] = _closure(d.pose.eyelid_closure, moved["squint_left_eye"])
    look[slots.CLOSURE_RIGHT] = _closure(d.pose.eyelid_closure, moved["squint_right_eye"])
    look[slots.LASHES] = float(np.clip(0.15 + 0.75 * fem + 0.3 * face.trait("lash"), 0, 1.2))


def _closure(blink: float, squint: float) -> float:
    """A squint narrows the eye by up to two thirds, its opposite widens it a little; a blink closes what is left."""
    held = 0.65 * squint if squint > 0 else 0.18 * squint
    return held + (1 - held) * blink


def _makeup(look: NDArray[np.float64], d: Drawing) -> None:
    look[slots.SHADOW_R : slots.SHADOW_B + 1] = d.skin.eye_shadow
    look[slots.SHADOW_BLEND] = d.skin.eye_shadow_blend
    look[slots.LINER] = d.skin.liner


def _brows(look: NDArray[np.float64], d: Drawing) -> None:
    face, fem = d.face, float(d.is_female)
    look[slots.BROW_INNER] = 1.18 + 0.08 * fem
    look[slots.BROW_OUTER] = 5.05 + 0.40 * face.trait("brow_length")
    look[slots.BROW_THICK] = (0.66 + 0.22 * face.trait("brow_thick")) * (1 - 0.28 * fem)
    look[slots.BROW_DENSITY] = 0.55 + 0.45 * d.skin.brow_density
    look[slots.BROW_ARCH] = 0.22 * face.trait("brow_arch") + 0.10 * fem + 0.10 * d.moved["brow_bend"]
    look[slots.BROW_R : slots.BROW_B + 1] = _body_hair(face.hair_rgb) * d.skin.brow_lightness


def _hair_and_cloth(look: NDArray[np.float64], face: FaceType) -> None:
    look[slots.HAIR_R : slots.HAIR_B + 1] = face.hair_rgb
    look[slots.HAIR_TIP] = face.hair_tip
    look[slots.HAIR_SHINE] = face.hair_shine
    look[slots.HAIR_CURL] = 0.25 + 2.0 * face.haircut.curl
    look[slots.HAIR_DENSITY_SIDES] = face.haircut.side_density
    look[slots.CLOTH_R : slots.CLOTH_B + 1] = face.cloth_rgb
