"""Opens encoded pictures without trusting them: known formats only, size judged from the header."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

from embedding.errors import DamagedPhotoError, NotAPhotoError, PhotoTooLargeError

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM")
"""Formats that are decoded. Pillow knows more, some of which start other programs (EPS)."""

DECODE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""What Pillow's decoders raise on damaged content; no narrower set is documented."""

_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def open_picture(content: bytes, *, name: str, max_pixels: int) -> ImageFile:
    """Reads the header only; the pixels are decoded when they are first asked for.

    Raises NotAPhotoError, DamagedPhotoError, PhotoTooLargeError.
    """
    picture = _read_header(content, name)
    width, height = picture.size
    if width * height > max_pixels:
        raise PhotoTooLargeError(name, width, height, max_pixels)
    return picture


def _read_header(content: bytes, name: str) -> ImageFile:
    """Like Image.open, whose own limit on pixels is a global and tells no width and height."""
    Image.init()
    for format_name in FORMATS:
        factory, accepts = Image.OPEN.get(format_name, (None, None))
        if factory is None or accepts is None or accepts(content[:16]) is not True:
            continue
        try:
            return factory(io.BytesIO(content), name)
        except (*DECODE_ERRORS, UnidentifiedImageError) as error:
            raise DamagedPhotoError(
                name, f"the {format_name} header is damaged ({error}). Save or download the picture again."
            ) from error
    raise NotAPhotoError(name, _explain(content))


def _explain(content: bytes) -> str:
    """Why these bytes are no picture, and what to do."""
    start = content[:512].lstrip().lower()
    if not content:
        return "the file is empty. Download or save the picture again."
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return "HEIC pictures cannot be read here. Save or export it as JPEG."
    if start.startswith(b"<svg") or b"<svg" in start:
        return "SVG is a drawing, not a photo. Use a JPEG, PNG or WebP picture."
    return f"this is not a picture in a known format. Expected one of {', '.join(FORMATS)}."
