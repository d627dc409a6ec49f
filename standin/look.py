"""What is drawn rather than modelled: turns sliders, face type, skin type and pose into shade.py's look vector."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from standin import shade
from standin.faces import FaceType
from standin.pose import Pose as Pose
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
    look = np.zeros(shade.NUM_LOOK)
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
    look[shade.TONE_R : shade.TONE_B + 1] = tone_rgb(skin.tone + 0.45 * d.moved["skin_color"], skin.undertone)
    look[shade.BLOTCHES] = skin.blotches
    look[shade.ROUGHNESS] = skin.roughness
    look[shade.REDNESS] = skin.redness
    look[shade.FRECKLES] = skin.freckles
    look[shade.MOLES] = skin.moles
    look[shade.CIRCLES] = skin.circles
    look[shade.GLOSS] = max(0.0, skin.gloss + 0.9 * d.moved["skin_sheen"])
    share = (d.moved["wrinkles"] + 1) / 2
    look[shade.WRINKLES] = 1.5 * share**2.2 + skin.age * (0.35 + 0.65 * share)
    look[shade.PATCHES] = skin.patches
    look[shade.PATTERN] = skin.pattern
    look[shade.BLUSH] = skin.blush


def _beard_and_scar(look: NDArray[np.float64], d: Drawing) -> None:
    skin = d.skin
    look[shade.STUBBLE] = max(skin.stubble, 0.8 * skin.beard)
    look[shade.BEARD] = skin.beard
    look[shade.BEARD_LIP], look[shade.BEARD_CHIN], look[shade.BEARD_CHEEK] = skin.beard_parts
    look[shade.BEARD_R : shade.BEARD_B + 1] = _body_hair(d.face.hair_rgb) * skin.beard_lightness
    strength, u, v, angle, length = skin.scar
    look[shade.SCAR], look[shade.SCAR_U], look[shade.SCAR_V] = strength, u, v
    look[shade.SCAR_COS], look[shade.SCAR_SIN] = math.cos(angle), math.sin(angle)
    look[shade.SCAR_LENGTH] = length


def _body_hair(hair_rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Beard and brows: darker than the hair when that is light, lighter than pure black."""
    return 0.010 + 0.55 * hair_rgb


def _lips(look: NDArray[np.float64], d: Drawing) -> None:
    face, moved, fem = d.face, d.moved, float(d.is_female)
    look[shade.CUPID] = 1 + 0.9 * face.trait("cupid_bow")
    thick = moved["lip_thickness"]
    look[shade.LIP_UPPER] = float(np.clip(1 + 0.42 * thick + 0.30 * face.trait("upper_lip") + 0.06 * fem, 0.35, 2))
    look[shade.LIP_LOWER] = float(np.clip(1 + 0.38 * thick + 0.25 * face.trait("lower_lip") + 0.05 * fem, 0.4, 2))
    look[shade.LIP_CORNER] = 0.0
    look[shade.LIP_R : shade.LIP_B + 1] = d.skin.lipstick
    look[shade.LIP_BLEND] = min(0.95, d.skin.lipstick_blend + 0.06 * fem)
    look[shade.LIP_GLOSS] = d.skin.lip_gloss


def _eyes(look: NDArray[np.float64], d: Drawing) -> None:
    face, moved, fem = d.face, d.moved, float(d.is_female)
    look[shade.LID_UPPER] = 0.54 * (1 + 0.26 * face.trait("eye_open")) + 0.05 * fem
    look[shade.LID_LOWER] = 0.40 * (1 + 0.26 * face.trait("lower_lid") + 0.10 * face.trait("eye_open"))
    look[shade.LID_PEAK] = math.log(0.5) / math.log(float(np.clip(0.47 + 0.10 * face.trait("lid_peak"), 0.2, 0.8)))
    look[shade.EYE_HALF_WIDTH] = 1.02
    tilt = 0.015 + 0.03 * fem
    look[shade.EYE_COS], look[shade.EYE_SIN] = math.cos(tilt), math.sin(tilt)
    look[shade.CREASE] = 0.12 + 0.14 * face.trait("lid_crease")
    look[shade.IRIS_SIZE] = 0.615 * (1 + 0.08 * face.trait("iris_size")) * (1 - 0.08 * moved["eye_size"])
    look[shade.IRIS_R : shade.IRIS_B + 1] = face.iris_rgb
    look[shade.CLOSURE_LEFT] = _closure(d.pose.eyelid_closure, moved["squint_left_eye"])
    look[shade.CLOSURE_RIGHT] = _closure(d.pose.eyelid_closure, moved["squint_right_eye"])
    look[shade.LASHES] = float(np.clip(0.15 + 0.75 * fem + 0.3 * face.trait("lash"), 0, 1.2))


def _closure(blink: float, squint: float) -> float:
    """A squint narrows the eye by up to two thirds, its opposite widens it a little; a blink closes what is left."""
    held = 0.65 * squint if squint > 0 else 0.18 * squint
    return held + (1 - held) * blink


def _makeup(look: NDArray[np.float64], d: Drawing) -> None:
    look[shade.SHADOW_R : shade.SHADOW_B + 1] = d.skin.eye_shadow
    look[shade.SHADOW_BLEND] = d.skin.eye_shadow_blend
    look[shade.LINER] = d.skin.liner


def _brows(look: NDArray[np.float64], d: Drawing) -> None:
    face, fem = d.face, float(d.is_female)
    look[shade.BROW_INNER] = 1.18 + 0.08 * fem
    look[shade.BROW_OUTER] = 5.05 + 0.40 * face.trait("brow_length")
    look[shade.BROW_THICK] = (0.66 + 0.22 * face.trait("brow_thick")) * (1 - 0.28 * fem)
    look[shade.BROW_DENSITY] = 0.55 + 0.45 * d.skin.brow_density
    look[shade.BROW_ARCH] = 0.22 * face.trait("brow_arch") + 0.10 * fem + 0.10 * d.moved["brow_bend"]
    look[shade.BROW_R : shade.BROW_B + 1] = _body_hair(face.hair_rgb) * d.skin.brow_lightness


def _hair_and_cloth(look: NDArray[np.float64], face: FaceType) -> None:
    look[shade.HAIR_R : shade.HAIR_B + 1] = face.hair_rgb
    look[shade.HAIR_TIP] = face.hair_tip
    look[shade.HAIR_SHINE] = face.hair_shine
    look[shade.HAIR_CURL] = 0.25 + 2.0 * face.haircut.curl
    look[shade.HAIR_DENSITY_SIDES] = face.haircut.side_density
    look[shade.CLOTH_R : shade.CLOTH_B + 1] = face.cloth_rgb
