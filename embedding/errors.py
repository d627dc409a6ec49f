"""What can go wrong between a picture and its embedding.

LookalikeError
└── EmbeddingError
    ├── WeightsError            weights are missing, damaged or of another network
    ├── DeviceError             no such device, or no program for it
    ├── UnknownRecogniserError  a name that no recogniser answers to
    ├── RecogniserMismatchError embeddings of two recognisers in one calculation
    └── PhotoError              a picture that a user handed in
        ├── PhotoNotFoundError
        ├── NotAPhotoError      text, an unknown or an unsupported format
        ├── DamagedPhotoError   truncated, or a header that promises what is not there
        ├── PhotoTooLargeError  more pixels than the limit
        ├── NoFaceError
        └── SeveralFacesError   nobody can tell which face is meant
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol.errors import LookalikeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding.recogniser import Box


class EmbeddingError(LookalikeError):
    """Raised when a picture cannot be turned into an embedding."""


class WeightsError(EmbeddingError):
    """Raised when a network's weights are missing, damaged or not the expected ones."""


class DeviceError(EmbeddingError):
    """Raised when a network is to run on something that is not there."""


class UnknownRecogniserError(EmbeddingError):
    """Raised when a recogniser is asked for by a name that none has."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f"There is no recogniser {name!r}. Known ones: {', '.join(known)}.")


class RecogniserMismatchError(EmbeddingError):
    """Raised when embeddings of different recognisers meet: their numbers cannot be compared."""

    def __init__(self, got: str, expected: str) -> None:
        self.got = got
        self.expected = expected
        super().__init__(
            f"These embeddings were made by {got}, those by {expected}. "
            "Embed both with the same recogniser and the same weights."
        )


class PhotoError(EmbeddingError):
    """Raised when a picture that a user handed in cannot be used."""

    def __init__(self, photo: str, explanation: str) -> None:
        self.photo = photo
        super().__init__(f"{photo}: {explanation}")


class PhotoNotFoundError(PhotoError):
    """Raised when the file is not there or cannot be read."""


class NotAPhotoError(PhotoError):
    """Raised when the content is no picture in a format that can be read here."""


class DamagedPhotoError(PhotoError):
    """Raised when decoding stops before the picture is complete."""


class PhotoTooLargeError(PhotoError):
    """Raised, before anything is decoded, when a picture has more pixels than allowed."""

    def __init__(self, photo: str, width_pixels: int, height_pixels: int, max_pixels: int) -> None:
        self.width_pixels = width_pixels
        self.height_pixels = height_pixels
        self.max_pixels = max_pixels
        megapixels = width_pixels * height_pixels / 1e6
        super().__init__(
            photo,
            f"the picture has {width_pixels} x {height_pixels} = {megapixels:.0f} megapixels, "
            f"the limit is {max_pixels / 1e6:.0f}. Save it smaller (2,000 pixels a side are plenty).",
        )


class NoFaceError(PhotoError):
    """Raised when no face is found in a picture."""

    def __init__(self, photo: str, width_pixels: int, height_pixels: int) -> None:
        super().__init__(
            photo,
            f"no face found; it was looked at with {width_pixels} x {height_pixels} pixels. Use an upright photo from the "
            "front, evenly lit, eyes and mouth uncovered, in which the face takes at least 80 pixels of that width.",
        )


class SeveralFacesError(PhotoError):
    """Raised when a picture shows several faces and none was chosen or is clearly meant.

    `boxes` are (left, top, right, bottom) in pixels; face number n of the message is boxes[n - 1].
    """

    def __init__(self, photo: str, boxes: Sequence[Box], explanation: str) -> None:
        self.boxes = tuple(boxes)
        listing = ", ".join(f"{number}: {_describe(box)}" for number, box in enumerate(boxes, start=1))
        super().__init__(photo, f"{explanation} Faces found, by left and top edge and width: {listing}.")


def _describe(box: Box) -> str:
    left, top, right, _ = box
    return f"{left:.0f}, {top:.0f}, {right - left:.0f} px"
