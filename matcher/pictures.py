"""Pictures for a page: cut to the face, made small, put into the page itself.

Shapes: H, W rows and columns.
"""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

_JPEG_QUALITY = 86


def cut_face(
    image_HW3: NDArray[np.uint8], box: tuple[float, float, float, float], *, margin: float = 0.55
) -> NDArray[np.uint8]:
    """A square around a face's box (left, top, right, bottom), with `margin` of the box's size on each side where there is
    picture."""
    left, top, right, bottom = box
    height, width = image_HW3.shape[:2]
    side = min(round(max(right - left, bottom - top) * (1 + 2 * margin)), height, width)
    first_column = min(max(round((left + right - side) / 2), 0), width - side)
    first_row = min(max(round((top + bottom - side) / 2), 0), height - side)
    return image_HW3[first_row : first_row + side, first_column : first_column + side]


def data_uri(image: NDArray[np.uint8] | bytes, *, side_pixels: int) -> str:
    """The picture as a JPEG inside an address; its longer side is at most `side_pixels`."""
    picture = PillowImage.open(io.BytesIO(image)) if isinstance(image, bytes) else PillowImage.fromarray(image)
    small = picture.convert("RGB")
    small.thumbnail((side_pixels, side_pixels), PillowImage.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
