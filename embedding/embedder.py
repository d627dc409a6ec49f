"""Encoded frames in, embeddings out: decoding, finding the face, running the network.

Shape letters: H, W rows and columns; N frames; D dimension; S side of a chip.
"""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from embedding.errors import PhotoError
from embedding.frames import FrameEmbeddings, FrameOutcome, Sighting, assemble, chips_of, sight_face
from embedding.mirror import embed_faces
from embedding.picture import DECODE_ERRORS, open_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from numpy.typing import NDArray

    from embedding.place import FacePlace
    from embedding.recogniser import Recogniser

MAX_FRAME_PIXELS = 3840 * 2160
"""A frame is part of one screen, so nothing larger than a 4K screen is a frame."""


class Embedder:
    """Does in one process what the embedding actors do on a cluster. Close it, or use it in `with`."""

    def __init__(self, recogniser: Recogniser, *, place: FacePlace | None = None, num_threads: int = 1) -> None:
        """`place` is where the frames show their faces; without it every frame is searched, slower and less steadily."""
        self.recogniser = recogniser
        self._place = place
        self._threads = ThreadPoolExecutor(max_workers=num_threads, thread_name_prefix="sight")

    def __enter__(self) -> Embedder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def embed_encoded(self, frames: Sequence[bytes]) -> FrameEmbeddings:
        """Embeddings of encoded frames, in their order; a frame that cannot be used is an outcome."""
        sightings = self.sight(frames)
        return assemble(self.recogniser.identity, sightings, self.embed(chips_of(sightings)))

    def sight(self, frames: Sequence[bytes]) -> list[Sighting]:
        """Decodes the frames and finds their faces, without running the network."""
        return list(self._threads.map(self._sight_one, frames))

    def embed(self, chips_SS3: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Runs the network on faces (N, D)."""
        return embed_faces(self.recogniser, chips_SS3)

    def warm_up(self, num_faces: int = 1) -> None:
        """Runs all that a frame goes through, the network on so many faces, so that the first frames are as quick as others."""
        self.recogniser.warm_up()
        side = self.recogniser.input_size_pixels
        self.embed([np.zeros((side, side, 3), dtype=np.uint8)] * num_faces)

    def _sight_one(self, frame: bytes) -> Sighting:
        image_HW3 = decode_frame(frame)
        if image_HW3 is None:
            return Sighting(FrameOutcome.UNREADABLE)
        box = None if self._place is None else self._place.in_frame(image_HW3)
        return sight_face(self.recogniser, image_HW3, box)


def decode_frame(frame: bytes) -> NDArray[np.uint8] | None:
    """RGB pixels (H, W, 3); None when the bytes are no picture, damaged or larger than any screen."""
    try:
        picture = open_picture(io.BytesIO(frame), name="frame", max_pixels=MAX_FRAME_PIXELS)
        return np.array(picture.convert("RGB"), dtype=np.uint8)
    except (PhotoError, *DECODE_ERRORS):
        return None
