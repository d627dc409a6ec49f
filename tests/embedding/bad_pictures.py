"""Five hundred pictures as people, programs and vandals hand them in, made on the spot from one portrait."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter, PngImagePlugin

NUM_PICTURES = 500
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM")
Make = Callable[[], bytes]
Picture = tuple[str, Make]

MAGICS = {
    "JPEG": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "PNG": b"\x89PNG\r\n\x1a\n", "WEBP": b"RIFF\xff\x00\x00\x00WEBPVP8 ",
    "GIF": b"GIF89a", "BMP": b"BM", "TIFF": b"II*\x00", "AVIF": b"\x00\x00\x00\x1cftypavif", "PPM": b"P6\n",
}  # fmt: skip

STRANGERS = {
    "text": b"Dear diary, today I went to the barber.", "html": b"<!DOCTYPE html><html><body>404</body></html>",
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>', "json": b'{"face": 1}',
    "pdf": b"%PDF-1.7\n1 0 obj\n", "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "elf": b"\x7fELF\x02\x01\x01",
    "zip": b"PK\x03\x04\x14\x00", "rar": b"Rar!\x1a\x07\x01\x00", "gzip": b"\x1f\x8b\x08\x00", "pickle": b"\x80\x04\x95",
    "mp4": b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", "psd": b"8BPS\x00\x01", "xcf": b"gimp xcf v011",
    "ico": b"\x00\x00\x01\x00",
    "icns": b"icns\x00\x00\x10\x00", "wmf": b"\xd7\xcd\xc6\x9a", "emf": b"\x01\x00\x00\x00\x6c\x00\x00\x00",
    "jp2": b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jxl": b"\x00\x00\x00\x0cJXL \r\n\x87\n", "jxl codestream": b"\xff\x0a\xfa\x1f",
    "dds": b"DDS |\x00\x00\x00", "exr": b"v/1\x01", "hdr": b"#?RADIANCE\n", "fits": b"SIMPLE  =", "flif": b"FLIF",
    "qoi": b"qoif\x00\x00\x00\x10\x00\x00\x00\x10\x03\x00", "tga": b"\x00\x00\x02" + bytes(15), "pcx": b"\n\x05\x01\x08",
    "windows program": b"MZ\x90\x00", "utf-16": "ceci n'est pas une photo".encode("utf-16"),
}  # fmt: skip
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


@cache
def portrait() -> Image.Image:
    """256 pixels a side, the face about 90 wide in the middle."""
    from skimage import data

    return Image.fromarray(np.ascontiguousarray(data.astronaut()[:256, 96:352]))


def encode(picture: Image.Image, file_format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, file_format, **options)
    return stream.getvalue()


@cache
def whole(file_format: str) -> bytes:
    return encode(portrait(), file_format)


def truncated() -> Iterator[Picture]:
    for file_format in FORMATS:
        for percent in (1, 5, 10, 25, 50, 75, 90, 95, 98, 99):
            yield (
                f"{file_format} cut at {percent} %",
                lambda f=file_format, p=percent: whole(f)[: len(whole(f)) * p // 100],
            )


def with_zeros() -> Iterator[Picture]:
    def make(file_format: str, eighth: int) -> bytes:
        content = bytearray(whole(file_format))
        start = len(content) * eighth // 8
        length = len(content) // 16
        content[start : start + length] = bytes(len(content[start : start + length]))
        return bytes(content)

    for file_format in FORMATS:
        for eighth in range(8):
            yield f"{file_format} with zeros from {eighth}/8", lambda f=file_format, e=eighth: make(f, e)
    for size in (0, 1, 16, 1000, 1_000_000):
        yield f"{size} zero bytes", lambda n=size: bytes(n)


def with_flipped_bytes() -> Iterator[Picture]:
    def make(file_format: str, seed: int) -> bytes:
        content = np.frombuffer(whole(file_format), dtype=np.uint8).copy()
        rng = np.random.default_rng(seed)
        reach = len(content) if seed % 2 else min(len(content), 400)  # headers are where it hurts
        content[rng.integers(0, reach, 6)] = rng.integers(0, 256, 6)
        return content.tobytes()

    for seed in range(20):
        for file_format in FORMATS:
            yield f"{file_format} with flipped bytes {seed}", lambda f=file_format, s=seed: make(f, s)


def noise_behind_a_magic() -> Iterator[Picture]:
    for file_format, magic in MAGICS.items():
        for size in (0, 10, 100, 5000):
            yield (
                f"{file_format} of noise, {size}",
                lambda m=magic, n=size: m + np.random.default_rng(n).bytes(n),
            )


def strangers() -> Iterator[Picture]:
    for name, start in STRANGERS.items():
        yield name, lambda s=start: s + np.random.default_rng(1).bytes(300)
    for brand in HEIC_BRANDS:
        yield f"HEIC of brand {brand.decode()}", lambda b=brand: b"\x00\x00\x00\x18ftyp" + b + bytes(400)


def modes() -> Iterator[Picture]:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        yield f"PNG of mode {mode}", lambda m=mode: encode(portrait().convert(m), "PNG")
    for mode in ("L", "CMYK", "YCbCr"):
        yield f"JPEG of mode {mode}", lambda m=mode: encode(portrait().convert(m), "JPEG")
    for mode in ("1", "L", "CMYK", "LAB", "YCbCr", "RGBA", "I", "F"):
        yield f"TIFF of mode {mode}", lambda m=mode: encode(_in_mode(m), "TIFF")
    for file_format in ("PNG", "TIFF", "PPM"):
        yield f"{file_format} of 16 bits", lambda f=file_format: encode(_sixteen_bits(), f)
    for value in (float("nan"), float("inf"), -1e30):
        yield f"TIFF of {value}", lambda v=value: encode(Image.new("F", (90, 90), v), "TIFF")


def _in_mode(mode: str) -> Image.Image:
    if mode == "LAB":
        return Image.merge("LAB", portrait().split())
    return portrait().convert("L").convert(mode) if mode in ("I", "F") else portrait().convert(mode)


def _sixteen_bits() -> Image.Image:
    return Image.fromarray(np.asarray(portrait().convert("L"), dtype=np.uint16) * 257)


def turned_by_exif() -> Iterator[Picture]:
    def make(file_format: str, orientation: int) -> bytes:
        exif = Image.Exif()
        exif[0x0112] = orientation
        return encode(portrait(), file_format, exif=exif)

    for file_format in ("JPEG", "PNG", "WEBP", "TIFF"):
        for orientation in (*range(1, 9), 0, 999):
            yield f"{file_format} with orientation {orientation}", lambda f=file_format, o=orientation: make(f, o)


def animated() -> Iterator[Picture]:
    def make(file_format: str, count: int) -> bytes:
        frames = [portrait().resize((96, 96)).rotate(number) for number in range(count)]
        return encode(frames[0], file_format, save_all=True, append_images=frames[1:])

    for file_format in ("GIF", "WEBP", "PNG", "TIFF"):
        for count in (2, 40):
            yield f"{file_format} of {count} frames", lambda f=file_format, c=count: make(f, c)


def png_header(width: int, height: int, colours: int = 2, bits: int = 8) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0)
    return MAGICS["PNG"] + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png_of_zeros(width: int, height: int) -> bytes:
    """As small as a file can be that promises so much, and keeps its promise."""
    packer, row = zlib.compressobj(9), bytes(3 * width + 1)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return png_header(width, height) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")


def _png_with_text(kind: bytes) -> bytes:
    bomb = zlib.compress(bytes(200_000_000), 9)
    return whole("PNG")[:33] + png_chunk(kind, b"Comment\x00\x00" + bomb) + whole("PNG")[33:]


def _png_with_metadata() -> bytes:
    info = PngImagePlugin.PngInfo()
    for number in range(2000):
        info.add_text(f"key{number}", "x" * 100)
    return encode(portrait(), "PNG", pnginfo=info)


def bombs() -> Iterator[Picture]:
    for width, height in ((20_000, 10_000), (100_000, 100_000), (2**31 - 1, 2**31 - 1), (0, 0), (0, 10)):
        yield f"PNG that promises {width} x {height}", lambda w=width, h=height: png_header(w, h)
        yield f"GIF that promises {width} x {height}", lambda w=width, h=height: _gif_header(w, h)
        yield f"BMP that promises {width} x {height}", lambda w=width, h=height: _bmp_header(w, h)
    yield "PPM that promises 90000 x 90000", lambda: b"P6\n90000 90000\n255\n" + bytes(100)
    yield "JPEG that promises 65500 x 65500", lambda: _jpeg_of_size(65_500, 65_500)
    yield "WebP that promises 16383 x 16383", lambda: _webp_header(16_383, 16_383)
    yield "PNG of 62 megapixels of nothing", lambda: _png_of_zeros(7_900, 7_900)
    yield "PNG of 100 megapixels of nothing", lambda: _png_of_zeros(10_000, 10_000)
    yield "PNG of 900 megapixels of nothing", lambda: png_header(30_000, 30_000, 0, 1) + png_chunk(b"IDAT", b"")
    yield "PNG with 200 MB of packed text", lambda: _png_with_text(b"zTXt")
    yield "PNG with 200 MB of packed colour profile", lambda: _png_with_text(b"iCCP")
    yield "PNG with 2000 notes", _png_with_metadata
    yield "JPEG of 48 megapixels", lambda: encode(portrait().resize((6_928, 6_928)), "JPEG", quality=50)
    yield "WebP of 20 megapixels", lambda: encode(portrait().resize((4_472, 4_472)), "WEBP", quality=1, method=0)


def _gif_header(width: int, height: int) -> bytes:
    size = struct.pack("<HH", min(width, 65_535), min(height, 65_535))
    return b"GIF89a" + size + b"\x80\x00\x00" + bytes(6) + b"," + bytes(4) + size + b"\x00\x02\x02\x4c\x01\x00;"


def _bmp_header(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def _jpeg_of_size(width: int, height: int) -> bytes:
    content = whole("JPEG")
    start = content.index(b"\xff\xc0")
    return content[: start + 5] + struct.pack(">HH", height, width) + content[start + 9 :]


def _webp_header(width: int, height: int) -> bytes:
    canvas = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return b"RIFF" + struct.pack("<I", 100) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas + bytes(90)


def shapes() -> Iterator[Picture]:
    for size in (
        (1, 1),
        (2, 2),
        (1, 900),
        (900, 1),
        (30_000, 2),
        (2, 30_000),
        (39, 39),
        (60, 3_000),
        (3_000, 60),
        (65_000, 1),
    ):
        yield f"{size[0]} x {size[1]} pixels", lambda s=size: encode(Image.new("RGB", s, "tan"), "PNG")


def without_faces() -> Iterator[Picture]:
    for side in (80, 300, 900, 1700):
        for kind in ("noise", "grey", "ramp", "chess"):
            yield f"{kind} of {side} pixels", lambda k=kind, s=side: encode(Image.fromarray(_faceless(k, s)), "PNG")


def _faceless(kind: str, side: int) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[:side, :side]
    if kind == "noise":
        return np.random.default_rng(side).integers(0, 256, (side, side, 3), dtype=np.uint8)
    values = {
        "grey": np.full((side, side), 127),
        "ramp": columns * 255 // side,
        "chess": (rows // 9 + columns // 9) % 2 * 255,
    }
    return np.repeat(values[kind].astype(np.uint8)[..., None], 3, axis=2)


def with_faces() -> Iterator[Picture]:
    for count in (2, 3, 5, 12, 50):
        yield f"{count} faces", lambda c=count: encode(_crowd(c), "JPEG")
    for edge in ("left", "right", "top", "bottom"):
        for pixels in (60, 80, 95, 110, 130):
            yield f"face at the {edge} edge, {pixels} gone", lambda e=edge, p=pixels: encode(_at_edge(e, p), "PNG")
    for side in (24, 48, 72, 96, 128, 192, 1024, 3000):
        yield f"face in {side} pixels", lambda s=side: encode(portrait().resize((s, s)), "PNG")
    for degrees in (15, 30, 45, 60, 90, 120, 150, 180, 270):
        yield f"face turned by {degrees}", lambda d=degrees: encode(portrait().rotate(d), "PNG")
    for radius in (2, 5, 12):
        yield (
            f"face blurred by {radius}",
            lambda r=radius: encode(portrait().filter(ImageFilter.GaussianBlur(r)), "PNG"),
        )
    for factor in (0.02, 0.1, 0.4, 3.0, 12.0):
        yield (
            f"face at {factor} of its light",
            lambda f=factor: encode(ImageEnhance.Brightness(portrait()).enhance(f), "PNG"),
        )
    for quality in (1, 5):
        yield f"JPEG of quality {quality}", lambda q=quality: encode(portrait(), "JPEG", quality=q)


def _crowd(count: int) -> Image.Image:
    face, columns = portrait().crop((70, 60, 190, 200)), min(10, count)
    crowd = Image.new("RGB", (120 * columns, 140 * -(-count // columns)), "grey")
    for number in range(count):
        crowd.paste(face, (120 * (number % columns), 140 * (number // columns)))
    return crowd


def _at_edge(edge: str, pixels: int) -> Image.Image:
    box = {
        "left": (pixels, 0, 256, 256),
        "right": (0, 0, 256 - pixels, 256),
        "top": (0, pixels, 256, 256),
        "bottom": (0, 0, 256, 256 - pixels),
    }
    return portrait().crop(box[edge])


def pictures() -> list[Picture]:
    """As many as promised: bytes are flipped as often as it takes."""
    groups = (truncated, with_zeros, noise_behind_a_magic, strangers, modes, turned_by_exif, animated, bombs, shapes)
    told = [picture for group in (*groups, without_faces, with_faces) for picture in group()]
    return told + list(islice(with_flipped_bytes(), NUM_PICTURES - len(told)))
