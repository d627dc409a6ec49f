"""Reads a user's photo, whatever it is, into upright RGB pixels of moderate size.

Shape letters: H, W rows and columns.
"""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import Image

from embedding.errors import DamagedPhotoError, NotAPhotoError, PhotoNotFoundError
from embedding.picture import DECODE_ERRORS, open_picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_PIXELS = 64_000_000
"""Limit before decoding: 256 MB once decoded, and more than phones write by default."""

MAX_SIDE_PIXELS = 1600
"""Longer side after decoding; a face that fills a tenth of it is still larger than any network's input."""

_BACKGROUND = (255, 255, 255)
_MODES_WITH_ALPHA = ("RGBA", "LA", "PA", "La", "RGBa")
_MODES_OF_WHOLE_VALUES = ("P", "PA", "1")

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation to the turn that undoes it. Source: EXIF 2.3, tag Orientation."""


def load_photo(
    source: str | Path | bytes, *, max_pixels: int = MAX_PIXELS, name: str | None = None
) -> NDArray[np.uint8]:
    """RGB pixels (H, W, 3), turned upright by EXIF, the longer side at most MAX_SIDE_PIXELS.

    `source` is a path or the encoded picture; `name` is what messages call it. Of an animation the first
    picture is taken, transparency becomes white. Raises a subclass of PhotoError.
    """
    name = name or ("the picture" if isinstance(source, bytes) else str(source))
    with io.BytesIO(source) if isinstance(source, bytes) else _open(Path(source), name) as file:
        picture = open_picture(file, name=name, max_pixels=max_pixels)
        try:
            picture.draft(None, (MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))  # JPEG decodes at a half, quarter or eighth
            return _upright_pixels(picture)
        except DECODE_ERRORS as error:
            raise DamagedPhotoError(
                name, f"the picture cannot be decoded ({error}). Save or download it again."
            ) from error


def _open(path: Path, name: str) -> BinaryIO:
    """A pipe has no end and no way back, a device perhaps neither: both are refused, and nothing is waited for."""
    try:
        if path.is_dir():
            raise NotAPhotoError(name, "this is a folder. Name a picture in it.")
        file = open(path, "rb", opener=_open_at_once)  # noqa: SIM115 - Path.open takes no opener; the caller closes it
    except (OSError, ValueError) as error:
        raise PhotoNotFoundError(name, f"cannot read it ({error}). Check the name.") from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NotAPhotoError(name, "this is a pipe or a device. Save the picture to a file and name that.")
    return file


def _open_at_once(path: str, flags: int) -> int:
    """A pipe without a writer would be waited for."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _upright_pixels(picture: Image.Image) -> NDArray[np.uint8]:
    picture.load()
    turn = _TURNS.get(_exif_orientation(picture))
    rgb = _to_rgb(_shrink(picture))
    return np.array(rgb if turn is None else rgb.transpose(turn), dtype=np.uint8)


def _exif_orientation(picture: Image.Image) -> int:
    """EXIF's way of turning the picture upright; EXIF that cannot be read says 1, upright."""
    try:
        return int(picture.getexif().get(_ORIENTATION_TAG, 1))
    except DECODE_ERRORS:
        return 1


def _shrink(picture: Image.Image) -> Image.Image:
    if max(picture.size) <= MAX_SIDE_PIXELS:
        return picture
    if picture.mode in _MODES_OF_WHOLE_VALUES:  # palette entries and bits cannot be averaged
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    if picture.mode in _MODES_WITH_ALPHA and max(picture.size) > 2 * MAX_SIDE_PIXELS:
        half = (picture.width // 2 or 1, picture.height // 2 or 1)  # averaging would copy all of it first
        picture = picture.resize(half, Image.Resampling.NEAREST)
    scale = MAX_SIDE_PIXELS / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BOX)


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode == "F" or picture.mode.startswith("I"):
        return _to_eight_bits(np.asarray(picture, dtype=np.float32), picture.mode).convert("RGB")
    if picture.mode in _MODES_WITH_ALPHA or picture.has_transparency_data:
        background = Image.new("RGBA", picture.size, (*_BACKGROUND, 255))
        return Image.alpha_composite(background, picture.convert("RGBA")).convert("RGB")
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _to_eight_bits(values_HW: NDArray[np.float32], mode: str) -> Image.Image:
    """Grey of 16 bits, or of whole or broken numbers in whichever usual range they fit."""
    finite_HW = np.nan_to_num(values_HW, nan=0.0, posinf=0.0, neginf=0.0)
    largest = float(finite_HW.max(initial=0.0))
    ceilings = (65535.0,) if mode.startswith("I;16") else (1.0, 255.0, 65535.0)
    ceiling = next((top for top in ceilings if largest <= top), largest)
    return Image.fromarray(np.clip(finite_HW * (255.0 / ceiling), 0, 255).astype(np.uint8))
