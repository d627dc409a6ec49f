"""Where a creator shows its faces, and how a picture is searched there.

Shape letters: H, W rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from creator.profile import Profile
    from embedding.recogniser import Box, Face


@dataclass(frozen=True, slots=True)
class FacePlace:
    """Box around brows, ears and chin of a character at rest, as shares of a frame's width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.left < self.right <= 1.0 and 0.0 <= self.top < self.bottom <= 1.0):
            raise ValueError(f"{self}: expected 0 <= left < right <= 1 and 0 <= top < bottom <= 1")

    def in_frame(self, image_HW3: NDArray[np.uint8]) -> Box:
        """The box in pixels of this frame."""
        height, width = image_HW3.shape[:2]
        return self.left * width, self.top * height, self.right * width, self.bottom * height


def place_in_frames(profile: Profile) -> FacePlace | None:
    """Where a profile says that its frames, cut out by `screen.face`, show the face; None where it does not say."""
    head, face = profile.screen.head, profile.screen.face
    if head is None:
        return None
    return FacePlace(
        (head.left - face.left) / face.width,
        (head.top - face.top) / face.height,
        (head.right - face.left) / face.width,
        (head.bottom - face.top) / face.height,
    )


def known_box(profile: Profile, image_HW3: NDArray[np.uint8]) -> Box | None:
    """Where this frame of the profile's creator shows the face, in its pixels; None where the profile does not say."""
    place = place_in_frames(profile)
    return None if place is None else place.in_frame(image_HW3)


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhood:
    """A box of a picture and some pixels around it, perhaps in small; `in_picture` leads faces back."""

    image_HW3: NDArray[np.uint8]
    left_pixels: int
    top_pixels: int
    scale: float

    def in_picture(self, faces: Sequence[Face]) -> list[Face]:
        return [face.moved(self.left_pixels, self.top_pixels, scale=self.scale) for face in faces]


def neighbourhood(image_HW3: NDArray[np.uint8], box: Box, *, margin: float, face_pixels: float) -> Neighbourhood | None:
    """`margin` is a share of the box's size; a wider box is shrunk to `face_pixels`. None: it is all outside."""
    height, width = image_HW3.shape[:2]
    around = margin * max(box[2] - box[0], box[3] - box[1])
    left, top = max(0, int(box[0] - around)), max(0, int(box[1] - around))
    right, bottom = min(width, int(box[2] + around)), min(height, int(box[3] + around))
    if left >= right or top >= bottom:
        return None
    scale = max(1.0, (box[2] - box[0]) / face_pixels)
    return Neighbourhood(_shrunk(image_HW3[top:bottom, left:right], scale), left, top, scale)


def contains(box: Box, point: tuple[float, float]) -> bool:
    left, top, right, bottom = box
    return left <= point[0] <= right and top <= point[1] <= bottom


def _shrunk(image_HW3: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    if scale <= 1.0:
        return np.ascontiguousarray(image_HW3)
    height, width = image_HW3.shape[:2]
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    return np.asarray(Image.fromarray(image_HW3).resize(size, Image.Resampling.BILINEAR), dtype=np.uint8)
