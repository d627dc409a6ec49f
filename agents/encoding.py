"""Encodes pictures beside the thread that drives: a driver that waits for a compressor loses game time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Literal

from PIL import Image

from agents.cell import Pixels

ImageFormat = Literal["jpeg", "webp", "png"]


class Encoder:
    """One thread; pictures come back in any order that is asked for."""

    def __init__(self, pool: ThreadPoolExecutor, image_format: ImageFormat, quality: int) -> None:
        self._pool = pool
        self._format: ImageFormat = image_format
        self._quality = quality

    def submit(self, pixels_HW3: Pixels) -> Future[bytes]:
        return self._pool.submit(encode, pixels_HW3, self._format, self._quality)


@contextmanager
def open_encoder(image_format: ImageFormat, quality: int) -> Iterator[Encoder]:
    """Ends its thread on leaving; what was not begun then is dropped."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="encoder")
    try:
        yield Encoder(pool, image_format, quality)
    finally:
        pool.shutdown(cancel_futures=True)


def encode(pixels_HW3: Pixels, image_format: ImageFormat, quality: int) -> bytes:
    """JPEG with full colour resolution, WebP or PNG."""
    buffer = io.BytesIO()
    options = {"subsampling": 0} if image_format == "jpeg" else {}
    Image.fromarray(pixels_HW3).save(buffer, image_format, quality=quality, **options)
    return buffer.getvalue()
