"""How much a photo tells about its face, in figures and in words.

Measured on the chip, so that the figures mean the same for every photo. Shape letters: S side of a chip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding.recogniser import Face

SMALL_FACE_PIXELS = 80
"""Below this width a chip is mostly invented by enlarging."""

LARGE_FACE_PIXELS = 160
"""From this width on a chip holds all the detail that a network can take in."""


@dataclass(frozen=True, slots=True)
class ChipLimits:
    """What of a chip counts as blurred or flat: chips of recognisers differ in size, smoothness and how much they show. Below
    `doubtful_score` their detectors see faces where there are none."""

    blurred_sharpness: float
    flat_contrast: float
    doubtful_score: float


SMOOTH_CHIPS = ChipLimits(blurred_sharpness=0.145, flat_contrast=0.1, doubtful_score=0.2)
"""dlib's. Sharpness: a portrait in focus has 0.19, blurred by two pixels of a hundred across the face 0.14, by three 0.11; of
200 stand-in faces 5 % have less than 0.147. Contrast, relative to the brightness: a portrait and stand-in faces have 0.17, at
half of its contrast the portrait has 0.1. Faces that are seen in suits and lawns score up to 0.13, portraits 1.3 to 1.7."""

SHARP_CHIPS = ChipLimits(blurred_sharpness=0.16, flat_contrast=0.15, doubtful_score=0.6)
"""ArcFace's. The same portrait: 0.27 in focus, 0.17 blurred by one and a half pixels, 0.15 by two, 0.12 by three; contrast 0.29,
at a third of it 0.11."""

DARK_BRIGHTNESS = 0.2
BRIGHT_BRIGHTNESS = 0.85
HARD_CONTRAST = 0.4
"""Relative to the brightness; 5 % of stand-in faces have more than 0.22, the portrait with its eyes covered has 0.62."""

UNEVEN_LIKENESS = 0.2
"""Correlation of a face with its mirror image, in coarse pixels: stand-in faces 0.80 (5 % below 0.60), a slightly turned
portrait 0.38, a stand-in face turned by 10 degrees 0.32, by 20 degrees 0.07, lit from one side below 0."""

_COARSE_CELLS = 15

_LUMA = (0.299, 0.587, 0.114)
_SMALLEST_WEIGHT = 0.05
_LEAST_FOR_POSE = 0.3


@dataclass(frozen=True, slots=True)
class PhotoQuality:
    """Figures of one face in a photo.

    `brightness` is a share of white on the middle of the chip, `contrast` the standard deviation as a share of the
    brightness, `sharpness` the share of the contrast that lies between neighbouring pixels. `evenness` is how alike both
    halves are, up to 1: low for a head turned away, light from the side, or something before half of the face.
    """

    face_width_pixels: float
    detector_score: float
    sharpness: float
    brightness: float
    contrast: float
    evenness: float
    limits: ChipLimits = SMOOTH_CHIPS

    @property
    def weight(self) -> float:
        """Weight of this photo among others of the same person, up to 1."""
        size = min(1.0, self.face_width_pixels / LARGE_FACE_PIXELS)
        focus = min(1.0, self.sharpness / self.limits.blurred_sharpness)
        light = min(1.0, self.contrast / self.limits.flat_contrast) * min(1.0, self.brightness / DARK_BRIGHTNESS)
        pose = min(1.0, max(_LEAST_FOR_POSE, self.evenness / UNEVEN_LIKENESS))
        return max(_SMALLEST_WEIGHT, size * focus * light * pose)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a player could do better, in plain sentences; empty for a good photo."""
        found = (
            (self.face_width_pixels < SMALL_FACE_PIXELS, "The face is small: come closer or crop less."),
            (self.sharpness < self.limits.blurred_sharpness, "The face is blurred: hold still and focus on the eyes."),
            (self.brightness < DARK_BRIGHTNESS, "The face is dark: turn towards the light."),
            (self.brightness > BRIGHT_BRIGHTNESS, "The face is overexposed: use less light."),
            (self._is_flat and self._is_well_lit, "The face is flat: take it in clearer light."),
            (
                self.contrast > HARD_CONTRAST,
                "Hard shadows, or something before the face: use soft light and leave the face free.",
            ),
            (
                self._is_well_lit and self.evenness < UNEVEN_LIKENESS,
                "The two sides of the face differ: look straight into the camera, in even light.",
            ),
            (self.detector_score < self.limits.doubtful_score, "This may be no face at all: look at what was found."),
        )
        return tuple(sentence for is_so, sentence in found if is_so)

    @property
    def _is_flat(self) -> bool:
        return self.contrast < self.limits.flat_contrast

    @property
    def _is_well_lit(self) -> bool:
        return DARK_BRIGHTNESS <= self.brightness <= BRIGHT_BRIGHTNESS


def measure_quality(face: Face, chip_SS3: NDArray[np.uint8], limits: ChipLimits = SMOOTH_CHIPS) -> PhotoQuality:
    """`limits` are the recogniser's `chip_limits`."""
    grey_SS = _middle(chip_SS3).astype(np.float32) @ np.array(_LUMA, dtype=np.float32) / 255.0
    contrast, brightness = float(grey_SS.std()), float(grey_SS.mean())
    steps = np.concatenate([np.diff(grey_SS, axis=0).ravel(), np.diff(grey_SS, axis=1).ravel()])
    return PhotoQuality(
        face_width_pixels=face.width_pixels,
        detector_score=face.score,
        sharpness=float(np.sqrt(np.mean(steps**2))) / max(contrast, 1e-3),
        brightness=brightness,
        contrast=contrast / max(brightness, 1e-3),
        evenness=_evenness(grey_SS),
        limits=limits,
    )


def _evenness(grey_SS: NDArray[np.float32]) -> float:
    cells = Image.fromarray(grey_SS).resize((_COARSE_CELLS, _COARSE_CELLS), Image.Resampling.BOX)
    values = np.asarray(cells, dtype=np.float32)
    values = values - values.mean()
    return float(np.sum(values * values[:, ::-1]) / max(float(np.sum(values**2)), 1e-6))


def _middle(chip_SS3: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The face without hair and background."""
    side = chip_SS3.shape[0]
    return chip_SS3[side // 5 : -(side // 5), side // 5 : -(side // 5)]
