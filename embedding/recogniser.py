"""What every recognition network offers, whatever it is inside.

Shape letters: H, W picture rows and columns; S side of a chip in pixels; N faces; D dimension of the
embedding; 3 colours (red, green, blue); 5 landmarks, 2 coordinates (x, y).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from embedding.errors import RecogniserMismatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding.network_input import ColourOrder, Normalisation
    from embedding.quality import ChipLimits

Box = tuple[float, float, float, float]

VERSION_DIGITS = 8
"""Hexadecimal digits of the sha256 that tell two versions apart."""


@dataclass(frozen=True, slots=True)
class RecogniserId:
    """Which network made an embedding. Embeddings of different identities must never be mixed.

    `version` is the beginning of the sha256 of the weights and of the procedure around them (alignment), so
    other weights or another alignment are another recogniser.
    """

    name: str
    version: str
    dimension: int

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9_]+", self.name):
            raise ValueError(f"recogniser name {self.name!r}: expected lower-case letters, digits and _")
        if not re.fullmatch(rf"[0-9a-f]{{{VERSION_DIGITS}}}", self.version):
            raise ValueError(f"recogniser version {self.version!r}: expected {VERSION_DIGITS} hex digits")
        if self.dimension < 1:
            raise ValueError(f"recogniser dimension {self.dimension}: expected at least 1")

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def table_suffix(self) -> str:
        """Ending of the table of this recogniser's embeddings, as in `embeddings_<suffix>`."""
        return str(self)

    def require(self, other: RecogniserId) -> None:
        """Checks that embeddings of `other` may be compared with ours. Raises RecogniserMismatchError."""
        if other != self:
            raise RecogniserMismatchError(got=str(other), expected=str(self))


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face found in a picture.

    `box` is (left, top, right, bottom) and `landmarks_52` are five points (x, y), all in pixels of the
    picture that was searched; which five points, and in which order, is the recogniser's own affair.
    `score` is the detector's, higher is surer; scores of different recognisers cannot be compared.
    """

    box: Box
    landmarks_52: NDArray[np.float32]
    score: float

    @property
    def width_pixels(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def centre(self) -> tuple[float, float]:
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2

    def moved(self, right_pixels: float, down_pixels: float, *, scale: float = 1.0) -> Face:
        """This face in another picture: scaled first, then shifted."""
        offset = np.array([right_pixels, down_pixels], dtype=np.float32)
        left, top, right, bottom = self.box
        return Face(
            box=(
                left * scale + right_pixels,
                top * scale + down_pixels,
                right * scale + right_pixels,
                bottom * scale + down_pixels,
            ),
            landmarks_52=self.landmarks_52 * np.float32(scale) + offset,
            score=self.score,
        )


class Recogniser(Protocol):
    """Photo or frame in, faces out; chips in, embeddings out. Pictures are RGB, uint8, (H, W, 3)."""

    @property
    def identity(self) -> RecogniserId: ...

    @property
    def input_size_pixels(self) -> int:
        """S, the side of a chip."""

    @property
    def colour_order(self) -> ColourOrder:
        """In which the network sees colours; pictures and chips are RGB all the same."""

    @property
    def normalisation(self) -> Normalisation:
        """What a chip's values go through before the network's first layer."""

    @property
    def chip_limits(self) -> ChipLimits:
        """From where on a photo's chip counts as blurred or flat."""

    @property
    def sure_score(self) -> float:
        """From this detector score on, a face in a photo is taken for one; creator frames make do with less."""

    @property
    def licence(self) -> str:
        """Terms of the weights, for the reader of a model card."""

    @property
    def similarity_threshold(self) -> float:
        """From this `similarity` on, two photos are usually called the same person."""

    @property
    def false_accept_rate(self) -> float:
        """Share of pairs of different persons that reach the threshold, as published for the weights."""

    def warm_up(self) -> None:
        """Runs everything before the network once, so that the first picture takes no longer than others."""

    def detect(self, image_HW3: NDArray[np.uint8], *, is_glance: bool = False) -> list[Face]:
        """Faces in the picture, surest first; empty when there is none. A glance takes less time and sees sure, large ones."""

    def face_at(self, image_HW3: NDArray[np.uint8], box: Box) -> Face | None:
        """The face that stands at a known place, its centre inside the box; None when none is seen there.

        The landmarks are steadier than a detected face's, as far as the box is the same for every picture.
        """

    def align(self, image_HW3: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
        """The face upright and at the network's size: a chip (S, S, 3)."""

    def embed(self, chips_SS3: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Embeddings (N, D) of chips as they are, not normalised; (0, D) for none. See `embed_faces`."""

    def similarity(self, first_ND: NDArray[np.float32], second_ND: NDArray[np.float32]) -> NDArray[np.float32]:
        """How alike embeddings are, row by row (N,); 1 for the same embedding, higher is more alike."""
