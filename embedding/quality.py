"""How much a photo tells about its face, in figures and in words.

Measured on the chip, so that the figures mean the same for every photo. Shape letters: S side of a chip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding.recogniser import Face

SMALL_FACE_PIXELS = 80
"""Below this width a chip is mostly invented by enlarging."""

LARGE_FACE_PIXELS = 160
"""From this width on a chip holds all the detail that a network can take in."""

BLURRED_SHARPNESS = 0.15
"""A portrait in focus has 0.25 to 0.31; blurred by three pixels of the chip it has 0.14 (measured on one)."""

DARK_BRIGHTNESS = 0.2
BRIGHT_BRIGHTNESS = 0.85
FLAT_CONTRAST = 0.08

_LUMA = (0.299, 0.587, 0.114)
_SMALLEST_WEIGHT = 0.05


@dataclass(frozen=True, slots=True)
class PhotoQuality:
    """Figures of one face in a photo.

    `brightness` and `contrast` (standard deviation) are shares of white on the middle of the chip;
    `sharpness` is the share of the contrast that lies between neighbouring pixels.
    """

    face_width_pixels: float
    detector_score: float
    sharpness: float
    brightness: float
    contrast: float

    @property
    def weight(self) -> float:
        """Weight of this photo among others of the same person, up to 1."""
        size = min(1.0, self.face_width_pixels / LARGE_FACE_PIXELS)
        focus = min(1.0, self.sharpness / BLURRED_SHARPNESS)
        light = min(1.0, self.contrast / FLAT_CONTRAST)
        return max(_SMALLEST_WEIGHT, size * focus * light)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a player could do better, in plain sentences; empty for a good photo."""
        found = (
            (self.face_width_pixels < SMALL_FACE_PIXELS, "The face is small: come closer or crop less."),
            (self.sharpness < BLURRED_SHARPNESS, "The face is blurred: hold still and focus on the eyes."),
            (self.brightness < DARK_BRIGHTNESS, "The face is dark: turn towards the light."),
            (self.brightness > BRIGHT_BRIGHTNESS, "The face is overexposed: use less light."),
            (self.contrast < FLAT_CONTRAST, "The face is flat: use a brighter, clearer photo."),
        )
        return tuple(sentence for is_so, sentence in found if is_so)


def measure_quality(face: Face, chip_SS3: NDArray[np.uint8]) -> PhotoQuality:
    grey_SS = _middle(chip_SS3).astype(np.float32) @ np.array(_LUMA, dtype=np.float32) / 255.0
    contrast = float(grey_SS.std())
    steps = np.concatenate([np.diff(grey_SS, axis=0).ravel(), np.diff(grey_SS, axis=1).ravel()])
    return PhotoQuality(
        face_width_pixels=face.width_pixels,
        detector_score=face.score,
        sharpness=float(np.sqrt(np.mean(steps**2))) / max(contrast, 1e-3),
        brightness=float(grey_SS.mean()),
        contrast=contrast,
    )


def _middle(chip_SS3: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The face without hair and background."""
    side = chip_SS3.shape[0]
    return chip_SS3[side // 5 : -(side // 5), side // 5 : -(side // 5)]
