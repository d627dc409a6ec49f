"""Opens encoded pictures without trusting them: known formats only, size judged from the header."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO

from PIL import Image

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
    Image.DecompressionBombError,  # the limit of Pillow itself, for pictures inside pictures
    struct.error,
    zlib.error,
)
"""What Pillow's decoders raise on damaged content; no narrower set is documented."""

_SHARE_OF_LIMIT = {"WEBP": 0.4, "AVIF": 0.4}
"""These decoders hold several copies of the picture: WebP took 17 bytes a pixel, PNG 6 (measured)."""

_PROGRESSIVE_SHARE = 0.5
"""Of the limit, for a JPEG that comes in scans: its coefficients are all kept until the last (520 MB for 64 megapixels)."""

_START_OF_SCAN, _MOST_SCANS = b"\xff\xda", 64
"""Every scan goes over the whole picture once more; encoders write ten or so, a hostile file as many as it likes."""

_START_BYTES = 512
_EXPLAINED_BYTES = 1 << 16
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def open_picture(file: BinaryIO, *, name: str, max_pixels: int) -> ImageFile:
    """Reads the header only; the pixels are decoded when they are first asked for, from the file left open.

    Raises NotAPhotoError, DamagedPhotoError, PhotoTooLargeError.
    """
    picture = _read_header(file, name)
    width, height = picture.size
    is_progressive = "progressive" in picture.info
    share = _PROGRESSIVE_SHARE if is_progressive else _SHARE_OF_LIMIT.get(picture.format or "", 1.0)
    limit = int(max_pixels * share)
    if width * height > limit:
        raise PhotoTooLargeError(name, width, height, limit)
    if is_progressive and _num_scans(file) > _MOST_SCANS:
        raise DamagedPhotoError(name, f"it has more than {_MOST_SCANS} scans. Save it again with any program.")
    return picture


def _num_scans(file: BinaryIO) -> int:
    place = file.tell()
    file.seek(0)
    number = file.read().count(_START_OF_SCAN)
    file.seek(place)
    return number


def _read_header(file: BinaryIO, name: str) -> ImageFile:
    """Like Image.open, whose own limit on pixels is a global and tells no width and height."""
    Image.init()
    start = file.read(_START_BYTES)
    for format_name in FORMATS:
        factory, accepts = Image.OPEN.get(format_name, (None, None))
        if factory is None or accepts is None or accepts(start[:16]) is not True:
            continue
        try:
            file.seek(0)
            return factory(file, name)
        except DECODE_ERRORS as error:
            if _is_heic(start):  # mif1 is AVIF's brand too
                raise NotAPhotoError(name, _explain(start)) from error
            raise DamagedPhotoError(
                name, f"the {format_name} header is damaged ({error}). Save or download the picture again."
            ) from error
    raise NotAPhotoError(name, _explain(start + file.read(_EXPLAINED_BYTES)))


def _explain(start: bytes) -> str:
    """Why a file that starts like this is no picture, and what to do."""
    if not start:
        return "the file is empty. Download or save the picture again."
    if _is_heic(start):
        return "HEIC pictures cannot be read here. Save or export it as JPEG."
    if _is_svg(start):
        return "SVG is a drawing, not a photo. Use a JPEG, PNG or WebP picture."
    return f"this is not a picture in a known format. Expected one of {', '.join(FORMATS)}."


def _is_svg(start: bytes) -> bool:
    """Drawing programs write about themselves first; texts and pages speak of drawings in comments or hold some."""
    before, *parts = start.replace(b"\0", b"").lower().split(b"<!--")
    shown = before + b"".join(part.partition(b"-->")[2] for part in parts)
    return b"<svg" in shown and b"<html" not in shown


def _is_heic(start: bytes) -> bool:
    return start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS
