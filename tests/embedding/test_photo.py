"""Any file becomes upright RGB pixels, or one clear error."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from embedding.errors import DamagedPhotoError, NotAPhotoError, PhotoNotFoundError, PhotoTooLargeError
from embedding.photo import MAX_SIDE_PIXELS, load_photo

if TYPE_CHECKING:
    from numpy.typing import NDArray

Encode = Callable[..., bytes]


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises a size and brings no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + checked + struct.pack(">I", 1000) + b"IDAT"


@pytest.fixture
def quadrants() -> Image.Image:
    """Red at the top left, green at the top right, blue at the bottom left, white at the bottom right."""
    picture = Image.new("RGB", (64, 48), "white")
    picture.paste("red", (0, 0, 32, 24))
    picture.paste("lime", (32, 0, 64, 24))
    picture.paste("blue", (0, 24, 32, 48))
    return picture


def corners(pixels_HW3: NDArray[np.uint8]) -> str:
    """Letters of the colours at the corners, row by row."""
    height, width = pixels_HW3.shape[:2]
    letters = ""
    for row, column in ((2, 2), (2, width - 3), (height - 3, 2), (height - 3, width - 3)):
        bright = tuple(int(value) > 128 for value in pixels_HW3[row, column])
        letters += {(1, 0, 0): "r", (0, 1, 0): "g", (0, 0, 1): "b", (1, 1, 1): "w"}.get(bright, "?")
    return letters


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM"])
def test_usual_formats_are_read(file_format: str, quadrants: Image.Image, encode: Encode) -> None:
    assert corners(load_photo(encode(quadrants, file_format))) == "rgbw"


@pytest.mark.parametrize("mode", ["RGBA", "P", "CMYK", "YCbCr"])
def test_usual_colour_modes_are_read(mode: str, quadrants: Image.Image, encode: Encode) -> None:
    file_format = {"CMYK": "JPEG", "YCbCr": "JPEG"}.get(mode, "PNG")

    assert corners(load_photo(encode(quadrants.convert(mode), file_format))) == "rgbw"


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [(1, "rgbw"), (2, "grwb"), (3, "wbgr"), (4, "bwrg"), (5, "rbgw"), (6, "brwg"), (7, "wgbr"), (8, "gwrb")],
)
def test_exif_turns_the_picture_upright(
    orientation: int, expected: str, quadrants: Image.Image, encode: Encode
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    assert corners(load_photo(encode(quadrants, "JPEG", quality=95, exif=exif))) == expected


def test_broken_exif_is_ignored(quadrants: Image.Image, encode: Encode) -> None:
    content = encode(quadrants, "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")

    assert corners(load_photo(content)) == "rgbw"


def test_sixteen_bit_grey_keeps_its_range(encode: Encode) -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(16, axis=0)

    pixels = load_photo(encode(Image.fromarray(ramp)))

    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert pixels[0, 128].tolist() == pytest.approx([128] * 3, abs=1)
    assert pixels[0, 255].tolist() == [255, 255, 255]


def test_transparent_pixels_become_white(encode: Encode) -> None:
    pixels = load_photo(encode(Image.new("RGBA", (8, 8), (0, 0, 0, 0))))

    assert (pixels == 255).all()


def test_the_first_picture_of_an_animation_is_taken(quadrants: Image.Image, encode: Encode) -> None:
    content = encode(quadrants, "GIF", save_all=True, append_images=[Image.new("RGB", (64, 48), "black")])

    assert corners(load_photo(content)) == "rgbw"


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "I;16"])
def test_a_large_photo_is_made_smaller(mode: str, encode: Encode) -> None:
    picture = Image.new(mode, (4000, 1000))

    assert load_photo(encode(picture)).shape == (400, MAX_SIDE_PIXELS, 3)


def test_a_very_long_strip_keeps_at_least_a_pixel(encode: Encode) -> None:
    assert load_photo(encode(Image.new("RGB", (30000, 2)))).shape == (1, MAX_SIDE_PIXELS, 3)


def test_two_hundred_megapixels_are_refused_before_decoding() -> None:
    with pytest.raises(PhotoTooLargeError, match=r"20000 x 10000 = 200 megapixels, the limit is 64"):
        load_photo(png_header(20000, 10000))


def test_formats_that_take_more_memory_have_a_lower_limit(encode: Encode) -> None:
    with pytest.raises(PhotoTooLargeError, match="the limit is 26"):
        load_photo(encode(Image.new("RGB", (6000, 5000)), "WEBP"))


def test_a_jpeg_of_very_many_scans_is_refused_before_decoding(quadrants: Image.Image, encode: Encode) -> None:
    content = encode(quadrants, "JPEG", progressive=True)
    last_scan = content[content.rindex(b"\xff\xda") : -2]

    assert load_photo(content).shape == (48, 64, 3)
    with pytest.raises(DamagedPhotoError, match="scans"):
        load_photo(content[:-2] + last_scan * 400 + content[-2:])


def test_the_limit_can_be_moved(encode: Encode) -> None:
    with pytest.raises(PhotoTooLargeError, match="10 x 11"):
        load_photo(encode(Image.new("RGB", (10, 11))), max_pixels=100)


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        (b"", "empty"),
        (b"Dear diary, today I went to the barber.", "JPEG"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"<!-- " + b"made by a program " * 1000 + b"--><SVG/>", "SVG"),
        ('<?xml version="1.0" encoding="UTF-16"?><svg/>'.encode("utf-16"), "SVG"),
        (b"<!-- how to draw with <svg> -->Dear diary", "JPEG"),
        (b"<html><body><svg/></body></html>", "JPEG"),
        (b"<!--" * 100_000, "JPEG"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), "HEIC"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "JPEG"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_remedy(content: bytes, remedy: str) -> None:
    with pytest.raises(NotAPhotoError, match=remedy):
        load_photo(content)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_truncated_photo_is_refused(
    file_format: str, share: float, astronaut: NDArray[np.uint8], encode: Encode
) -> None:
    content = encode(astronaut, file_format)

    with pytest.raises((DamagedPhotoError, NotAPhotoError), match="the picture"):
        load_photo(content[: int(share * len(content))])


def test_a_photo_with_flipped_bytes_is_read_or_refused(astronaut: NDArray[np.uint8], encode: Encode) -> None:
    rng = np.random.default_rng(0)
    for file_format in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"):
        whole = np.frombuffer(encode(astronaut[::8, ::8], file_format), dtype=np.uint8)
        for _ in range(60):
            damaged = whole.copy()
            damaged[rng.integers(0, min(len(damaged), 400), 5)] = rng.integers(0, 256, 5)
            with contextlib.suppress(DamagedPhotoError, NotAPhotoError, PhotoTooLargeError):
                assert load_photo(damaged.tobytes()).shape[2] == 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are POSIX's")
@pytest.mark.timeout(10)
def test_pipes_and_devices_are_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")

    for path in (tmp_path / "pipe.jpg", Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(NotAPhotoError, match="pipe or a device"):
            load_photo(path)


def test_a_name_that_no_file_can_have_is_told(tmp_path: Path) -> None:
    for name in ("aunt\0.jpg", "a" * 5000):
        with pytest.raises(PhotoNotFoundError, match="Check the name"):
            load_photo(tmp_path / name)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(PhotoNotFoundError, match=r"aunt\.jpg"):
        load_photo(tmp_path / "aunt.jpg")
    with pytest.raises(NotAPhotoError, match="folder"):
        load_photo(tmp_path)
