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
from embedding.picture import DECODE_ERRORS, open_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from numpy.typing import NDArray

    from embedding.recogniser import Box, Recogniser

MAX_FRAME_PIXELS = 3840 * 2160
"""A frame is part of one screen, so nothing larger than a 4K screen is a frame."""


class Embedder:
    """Does in one process what the embedding actors do on a cluster. Close it, or use it in `with`."""

    def __init__(self, recogniser: Recogniser, *, num_threads: int = 1) -> None:
        self.recogniser = recogniser
        self._threads = ThreadPoolExecutor(max_workers=num_threads, thread_name_prefix="sight")

    def __enter__(self) -> Embedder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def embed_encoded(self, frames: Sequence[bytes], expected_box: Box | None = None) -> FrameEmbeddings:
        """Embeddings of encoded frames, in their order; a frame that cannot be used is an outcome."""
        sightings = self.sight(frames, expected_box)
        return assemble(self.recogniser.identity, sightings, self.recogniser.embed(chips_of(sightings)))

    def sight(self, frames: Sequence[bytes], expected_box: Box | None = None) -> list[Sighting]:
        """Decodes the frames and finds their faces, without running the network."""
        return list(self._threads.map(lambda frame: self._sight_one(frame, expected_box), frames))

    def warm_up(self) -> None:
        """Runs the network once, so that the first frame is as quick as the others."""
        side = self.recogniser.input_size_pixels
        self.recogniser.embed([np.zeros((side, side, 3), dtype=np.uint8)])

    def _sight_one(self, frame: bytes, expected_box: Box | None) -> Sighting:
        image_HW3 = decode_frame(frame)
        if image_HW3 is None:
            return Sighting(FrameOutcome.UNREADABLE)
        return sight_face(self.recogniser, image_HW3, expected_box)


def decode_frame(frame: bytes) -> NDArray[np.uint8] | None:
    """RGB pixels (H, W, 3); None when the bytes are no picture, damaged or larger than any screen."""
    try:
        picture = open_picture(io.BytesIO(frame), name="frame", max_pixels=MAX_FRAME_PIXELS)
        return np.array(picture.convert("RGB"), dtype=np.uint8)
    except (PhotoError, *DECODE_ERRORS):
        return None
