"""Five landmarks by dlib's predictor, steadied.

The predictor compares single pixels, so pixel noise and the box that it starts from show in its answer; a HOG detector's box
moves in steps of several pixels. Five things steady it: a grey picture blurred and enlarged, fractions of pixels in and out, the
mean over nudged boxes, every second of them on the mirrored picture, and a box that does not come from a detector: where a
creator shows its faces, or, in photos, where the landmarks themselves say that the face is.

Noise of a recapture as a share of the distance of random characters (stand-in, 256 pixels, moved by up to half a
pixel): one box 13 %, the mean over eight 8.5 %, from a known place 7.6 %, half of them mirrored 7.0 %; with the true
landmarks 5.8 %. Jitter of a landmark in pixels, from a known place: eight boxes 0.33, blurred by three pixels 0.20, in
fractions of pixels 0.175; sixteen boxes 0.15, which the embedding no longer notices.

Shape letters: H, W rows and columns; 5 landmarks, 2 coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from embedding.warp import fit_similarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding.recogniser import Box
    from embedding.shape_predictor import ShapePredictor

MEAN_LANDMARKS_52 = (
    (0.8595674595992, 0.2134981538014),
    (0.6460604764104, 0.2289674387677),
    (0.1205750620789, 0.2137274526848),
    (0.3340850613712, 0.2290642403242),
    (0.4901123135679, 0.6277975316475),
)
"""Place of the five landmarks in a face of side 1. Source: dlib, get_face_chip_details()."""

LANDMARK_FACE_PIXELS = 300
"""Width of a face for the predictor, so that whole pixels are fine enough."""

BLUR_PIXELS = 3.0
"""Of the face at that width. Twice as much steadies more and moves the landmarks by a twelfth of the eyes' distance."""

NUDGES = (
    (0.0, -0.0167, -0.03), (-0.025, 0.0167, -0.01), (0.025, -0.0389, 0.01), (-0.0375, -0.0056, 0.03),
    (0.0125, 0.0278, -0.046), (-0.0125, -0.0278, -0.026), (0.0375, 0.0056, -0.006), (-0.0438, 0.0389, 0.014),
)  # fmt: skip
"""Shift right, shift down and growth of a box as shares of its width: a Halton sequence in bases 2, 3, 5 within 0.05."""

_ROUGH_NUDGES = NUDGES[:4]
_ROUGH_ROUNDS = 2
_CROP_MARGIN = 0.15
_MIRRORED_ORDER = [2, 3, 0, 1, 4]  # the eyes change sides
_BOX_CENTRE = complex(0.49, 0.52)  # of the detector's boxes, in a face of side 1, mean over 120 stand-in faces
_BOX_SIDE = 1.4


def landmarks_of_detection(predictor: ShapePredictor, image_HW3: NDArray[np.uint8], box: Box) -> NDArray[np.float32]:
    """Landmarks (5, 2) of a face that a detector found: the box is put right by the landmarks before they count.

    The place of the face changes by a quarter of what a detector's box alone does when the picture moves.
    """
    for _ in range(_ROUGH_ROUNDS):
        box = box_of_landmarks(_mean_landmarks(predictor, image_HW3, box, _ROUGH_NUDGES))
    return _mean_landmarks(predictor, image_HW3, box, NUDGES)


def landmarks_at_place(predictor: ShapePredictor, image_HW3: NDArray[np.uint8], box: Box) -> NDArray[np.float32]:
    """Landmarks (5, 2) of a face known to stand about where the box is, the same box for every frame."""
    return _mean_landmarks(predictor, image_HW3, box, NUDGES)


def box_of_landmarks(landmarks_52: NDArray[np.float32]) -> Box:
    """Where the detector puts its box on average around a face with these landmarks."""
    side, origin = fit_similarity(np.array(MEAN_LANDMARKS_52, dtype=np.float32), landmarks_52)
    centre, half = side * _BOX_CENTRE + origin, abs(side) * _BOX_SIDE / 2
    return centre.real - half, centre.imag - half, centre.real + half, centre.imag + half


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A face's surroundings in grey at the predictor's size, as they are and mirrored; `origin_2` and `scale_2` lead back to
    the picture."""

    grey_2HW: NDArray[np.uint8]
    origin_2: NDArray[np.float64]
    scale_2: NDArray[np.float64]

    @property
    def last_column(self) -> int:
        return int(self.grey_2HW.shape[2]) - 1


def _mean_landmarks(
    predictor: ShapePredictor,
    image_HW3: NDArray[np.uint8],
    box: Box,
    nudges: tuple[tuple[float, float, float], ...],
) -> NDArray[np.float32]:
    """In fractions of pixels of the picture."""
    view = _view(image_HW3, box)
    boxes = [_in_view(view, _nudged(box, nudge), is_mirrored=number % 2 == 1) for number, nudge in enumerate(nudges)]
    points_B52 = predictor.predict(view.grey_2HW, boxes, [number % 2 for number in range(len(nudges))])
    points_B52[1::2] = points_B52[1::2, _MIRRORED_ORDER]
    points_B52[1::2, :, 0] = view.last_column - points_B52[1::2, :, 0]
    centres_52 = points_B52.mean(axis=0, dtype=np.float64) + 0.5  # a pixel's number names its middle
    return np.asarray(centres_52 / view.scale_2 - 0.5 + view.origin_2, dtype=np.float32)


def _in_view(view: _View, box: Box, *, is_mirrored: bool) -> Box:
    (left, top), (right, bottom) = (np.reshape(box, (2, 2)) - view.origin_2) * view.scale_2
    return (
        (view.last_column - right, top, view.last_column - left, bottom) if is_mirrored else (left, top, right, bottom)
    )


def _nudged(box: Box, nudge: tuple[float, float, float]) -> Box:
    shift_right, shift_down, growth = nudge
    left, top, right, bottom = box
    width = right - left
    return (
        left + (shift_right - growth / 2) * width,
        top + (shift_down - growth / 2) * width,
        right + (shift_right + growth / 2) * width,
        bottom + (shift_down + growth / 2) * width,
    )


def _view(image_HW3: NDArray[np.uint8], box: Box) -> _View:
    height, width = image_HW3.shape[:2]
    margin = _CROP_MARGIN * (box[2] - box[0])
    left, top = _clipped(box[0] - margin, width - 1), _clipped(box[1] - margin, height - 1)
    right, bottom = _clipped(box[2] + margin, width), _clipped(box[3] + margin, height)
    crop = Image.fromarray(image_HW3[top : max(bottom, top + 1), left : max(right, left + 1)]).convert("L")
    scale = LANDMARK_FACE_PIXELS / max(1.0, box[2] - box[0])
    if scale > 1.0:  # fewer pixels to blur
        crop = crop.filter(ImageFilter.GaussianBlur(BLUR_PIXELS / scale))
    size = (max(1, round(crop.width * scale)), max(1, round(crop.height * scale)))
    grey = crop.resize(size, Image.Resampling.BILINEAR)
    if scale <= 1.0:
        grey = grey.filter(ImageFilter.GaussianBlur(BLUR_PIXELS))
    grey_HW = np.asarray(grey, dtype=np.uint8)
    return _View(
        grey_2HW=np.stack([grey_HW, grey_HW[:, ::-1]]),
        origin_2=np.array([left, top], dtype=np.float64),
        scale_2=np.array([size[0] / crop.width, size[1] / crop.height]),
    )


def _clipped(edge: float, limit: int) -> int:
    return min(max(0, int(edge)), limit)
