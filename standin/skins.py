"""Skin types: complexion, age, beard, make-up, scars. A type is a pure function of seed, gender and id."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_KIND = 2  # keeps skins' random numbers apart from faces'
_TONES = np.array(  # linear RGB, pale to dark
    [
        [0.80, 0.57, 0.47],
        [0.72, 0.46, 0.345],
        [0.62, 0.365, 0.25],
        [0.47, 0.25, 0.155],
        [0.30, 0.148, 0.085],
        [0.150, 0.072, 0.044],
    ]
)
_GOLDEN = 0.6180339887  # consecutive ids land far apart in tone, and all ids cover the range evenly
_BEARDS = (  # lip, chin, cheek
    (1.0, 1.0, 1.0),  # full
    (1.0, 1.0, 0.0),  # goatee
    (1.0, 0.0, 0.0),  # moustache
    (0.0, 1.0, 0.0),  # chin
    (0.25, 0.9, 1.0),  # chin strap
)
_LIPSTICKS = ((0.42, 0.05, 0.06), (0.34, 0.06, 0.11), (0.24, 0.035, 0.07), (0.48, 0.15, 0.14), (0.14, 0.03, 0.05))
_EYE_SHADOWS = ((0.10, 0.055, 0.05), (0.05, 0.055, 0.10), (0.20, 0.09, 0.10), (0.03, 0.03, 0.035), (0.22, 0.14, 0.06))


@dataclass(frozen=True, slots=True)
class Skin:
    """Shares are 0 to 1 unless said otherwise; colours are linear RGB."""

    tone: float  # 0 pale .. 1 dark
    undertone: float  # -1 rosy .. 1 golden
    blotches: float
    roughness: float
    redness: float
    freckles: float
    moles: float
    circles: float
    gloss: float
    age: float  # added to what the wrinkles slider draws
    patches: float
    pattern: float
    stubble: float
    beard: float
    beard_parts: tuple[float, float, float]
    beard_lightness: float
    scar: tuple[float, float, float, float, float]  # strength, u, v, angle, half length
    blush: float
    lipstick: tuple[float, float, float]
    lipstick_blend: float
    lip_gloss: float
    eye_shadow: tuple[float, float, float]
    eye_shadow_blend: float
    liner: float
    brow_density: float
    brow_lightness: float


@lru_cache(maxsize=256)  # drawing the numbers takes a quarter of a millisecond
def skin_type(seed: int, gender: str, skin_id: int) -> Skin:
    is_female = gender == "female"
    rng = np.random.default_rng([seed, _KIND, int(is_female), skin_id])
    chance = rng.uniform(size=40)
    has_beard = not is_female and chance[0] < 0.48
    has_makeup = is_female and chance[1] < 0.62
    tone = float((0.15 + 0.11 * is_female + skin_id * _GOLDEN) % 1.0)
    return Skin(
        tone=tone**1.25,
        undertone=float(rng.uniform(-0.6, 1)),
        blotches=float(rng.uniform(0.2, 1.2)),
        roughness=float(rng.uniform(0.0, 1.0)) * (0.6 if is_female else 1.0),
        redness=float(rng.uniform(0, 1) ** 1.5),
        freckles=float(rng.uniform(0.5, 1.0)) if chance[2] < 0.30 and tone < 0.7 else 0.0,
        moles=float(rng.uniform(0.4, 0.9)) if chance[3] < 0.25 else 0.0,
        circles=float(rng.uniform(0, 1) ** 1.6),
        gloss=float(rng.uniform(0.15, 1.0)),
        age=float(rng.uniform(0.35, 1.1)) if chance[4] < 0.33 else 0.0,
        patches=float(rng.uniform(0.25, 0.40)) if chance[5] < 0.03 and tone > 0.4 else 0.0,
        pattern=float(rng.uniform(0, 1)),
        stubble=0.0 if is_female else float(rng.uniform(0.0, 0.85)),
        beard=float(rng.uniform(0.75, 1.0)) if has_beard else 0.0,
        beard_parts=_BEARDS[int(chance[6] * len(_BEARDS))] if has_beard else (1.0, 1.0, 0.9),
        beard_lightness=float(rng.uniform(0.7, 1.4)),
        scar=_scar(chance),
        blush=float(rng.uniform(0.25, 0.75)) if has_makeup else 0.0,
        lipstick=_LIPSTICKS[int(chance[7] * len(_LIPSTICKS))],
        lipstick_blend=float(rng.uniform(0.45, 0.9)) if has_makeup else float(rng.uniform(0.0, 0.14)),
        lip_gloss=float(rng.uniform(0.2, 1.0)) if is_female else float(rng.uniform(0.0, 0.4)),
        eye_shadow=_EYE_SHADOWS[int(chance[8] * len(_EYE_SHADOWS))],
        eye_shadow_blend=float(rng.uniform(0.25, 0.75)) if has_makeup and chance[9] < 0.75 else 0.0,
        liner=float(rng.uniform(0.4, 1.0)) if has_makeup and chance[10] < 0.7 else 0.0,
        brow_density=float(rng.uniform(0.45, 1.0)),
        brow_lightness=float(rng.uniform(0.6, 1.5)),
    )


def _scar(chance: NDArray[np.float64]) -> tuple[float, float, float, float, float]:
    if chance[11] > 0.16:
        return (0.0, 0.0, 0.0, 0.0, 1.0)
    side = 1.0 if chance[12] < 0.5 else -1.0
    u, v = side * (1.8 + 2.6 * chance[13]), -4.6 + 6.6 * chance[14]
    return (0.7 + 0.3 * chance[15], u, v, np.pi * (0.25 + 0.5 * chance[16]), 1.1 + 1.6 * chance[17])


def tone_rgb(tone: float, undertone: float) -> NDArray[np.float64]:
    position = float(np.clip(tone, 0, 1)) * (len(_TONES) - 1.001)
    lower = int(position)
    rgb: NDArray[np.float64] = _TONES[lower] * (lower + 1 - position) + _TONES[lower + 1] * (position - lower)
    return rgb * (1 - 0.02 * undertone, 1 + 0.030 * undertone, 1 - 0.085 * undertone - 0.035)
