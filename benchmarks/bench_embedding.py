"""How fast frames and photos become embeddings, and how steady an embedding is when a character is captured again.

    python -m benchmarks.bench_embedding [--quick] [--out FILE]

Frames are random characters of the stand-in (sliders uniform in the middle 80 %), 256 pixels, as JPEG of quality 90.
`network_ms_per_face` is the network alone at batch 32 with one thread a core. `actor_frames_per_second` is decoding,
detection, alignment and network together, one process a core, as so many replicas of the embedding actor do it, without
Ray between. `photo_ms` reads, finds and embeds a portrait of 12 megapixels. `noise_share` is the mean L2 distance
between two captures of one character (moved by up to half a pixel, encoded again) over the mean distance of random
characters; `noise_share_plain` is the same with dlib's landmarks as they come. The last line is one JSON object.
Legend: N = characters, D = dimension.
"""

import argparse
import io
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import dlib
import numpy as np
import onnxruntime
import skimage.data
from numpy.typing import NDArray
from PIL import Image

from creator.profile_file import load_profile
from embedding.dlib_recogniser import find_weights
from embedding.embedder import Embedder, decode_frame
from embedding.open import open_recogniser
from embedding.photo import load_photo
from embedding.photo_embedding import embed_photo
from embedding.recogniser import Face, Recogniser
from standin.render import HeadRenderer, Pose

_SEED = 6
_MIDDLE = 0.8
_JPEG_QUALITY = 90
_CHUNK_FRAMES = 32
_BATCH_FACES = 32
Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]
_PHOTO_PIXELS = 3464  # 12 megapixels, square


@dataclass(frozen=True, slots=True)
class Counts:
    characters: int
    chunks: int
    batches: int
    photos: int


FULL = Counts(characters=200, chunks=40, batches=40, photos=10)
QUICK = Counts(characters=40, chunks=6, batches=8, photos=3)


@dataclass(frozen=True, slots=True)
class Captures:
    """Each character twice: at rest, and moved by less than a pixel."""

    first: list[bytes]
    second: list[bytes]


def capture(num_characters: int) -> Captures:
    rng = np.random.default_rng(_SEED)
    profile = load_profile("standin")
    renderer = HeadRenderer(256)
    captures = Captures([], [])
    for _ in range(num_characters):
        gender, face, skin = profile.combinations[rng.integers(len(profile.combinations))]
        values = {slider.name: float(rng.uniform(-_MIDDLE, _MIDDLE)) for slider in profile.sliders}
        shift_x, shift_y = rng.uniform(-0.5, 0.5, 2)
        for pose, frames in (
            (Pose(), captures.first),
            (Pose(shift_x_pixels=shift_x, shift_y_pixels=shift_y), captures.second),
        ):
            picture = renderer.render(gender=gender, face=face, skin=skin, sliders=values, pose=pose)
            frames.append(_jpeg(picture, _JPEG_QUALITY))
    return captures


def network_ms_per_face(num_batches: int) -> float:
    recogniser = open_recogniser("dlib", num_threads=os.cpu_count() or 1)
    side = recogniser.input_size_pixels
    chips = list(np.random.default_rng(_SEED).integers(0, 256, (_BATCH_FACES, side, side, 3), dtype=np.uint8))
    recogniser.embed(chips)
    return _median_ms(lambda: recogniser.embed(chips), num_batches) / _BATCH_FACES


def photo_ms(recogniser: Recogniser, num_photos: int) -> float:
    astronaut = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    portrait = Image.fromarray(astronaut).resize((_PHOTO_PIXELS, _PHOTO_PIXELS))
    content = _jpeg(np.asarray(portrait), _JPEG_QUALITY)
    return _median_ms(lambda: embed_photo(recogniser, load_photo(content)), num_photos)


def actor_frames_per_second(frames: Sequence[bytes], num_chunks: int) -> float:
    """One process a core, each with its own recogniser, fed with chunks as they come free."""
    chunks = [_chunk(frames, number) for number in range(num_chunks)]
    num_processes = os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(num_processes, mp_context=context, initializer=_open_embedder) as pool:
        list(pool.map(_embed_chunk, chunks[:1] * (2 * num_processes)))  # every process is up and warm
        start = time.perf_counter()
        num_embedded = sum(pool.map(_embed_chunk, chunks))
        return num_embedded / (time.perf_counter() - start)


def noise_shares(recogniser: Recogniser, captures: Captures) -> tuple[float, float]:
    """With the recogniser's own landmarks, and with dlib's as they come."""
    predictor = dlib.shape_predictor(str(find_weights().landmarks))
    seen = [
        (first, second)
        for first, second in zip(map(decode_frame, captures.first), map(decode_frame, captures.second), strict=True)
        if first is not None and second is not None and recogniser.detect(first) and recogniser.detect(second)
    ]

    def steady(image: NDArray[np.uint8]) -> Face:
        return recogniser.detect(image)[0]

    def plain(image: NDArray[np.uint8]) -> Face:
        return _plain_face(recogniser, predictor, image)

    return _noise_share(recogniser, seen, steady), _noise_share(recogniser, seen, plain)


def _plain_face(recogniser: Recogniser, predictor: dlib.shape_predictor, image: NDArray[np.uint8]) -> Face:
    face = recogniser.detect(image)[0]
    parts = predictor(image, dlib.rectangle(*(int(edge) for edge in face.box))).parts()
    return replace(face, landmarks_52=np.array([(point.x, point.y) for point in parts], dtype=np.float32))


def _noise_share(
    recogniser: Recogniser, pairs: Sequence[Pair], find_face: Callable[[NDArray[np.uint8]], Face]
) -> float:
    first_ND, second_ND = (
        recogniser.embed([recogniser.align(pair[side], find_face(pair[side])) for pair in pairs]) for side in (0, 1)
    )
    noise = np.linalg.norm(first_ND - second_ND, axis=1).mean()
    distances_NN = np.linalg.norm(first_ND[:, None] - first_ND[None], axis=2)
    return float(noise / distances_NN[np.triu_indices(len(first_ND), 1)].mean())


_embedder: Embedder | None = None  # of a worker process, which has no other place to keep it


def _open_embedder() -> None:
    global _embedder
    _embedder = Embedder(open_recogniser("dlib", num_threads=1))


def _embed_chunk(frames: Sequence[bytes]) -> int:
    assert _embedder is not None
    return int(_embedder.embed_encoded(frames).is_embedded_N.sum())


def _chunk(frames: Sequence[bytes], number: int) -> list[bytes]:
    return [frames[(number * _CHUNK_FRAMES + offset) % len(frames)] for offset in range(_CHUNK_FRAMES)]


def _median_ms(run: Callable[[], object], count: int) -> float:
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * 1e3


def _jpeg(picture: NDArray[np.uint8], quality: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def measure(counts: Counts) -> dict[str, object]:
    captures = capture(counts.characters)
    recogniser = open_recogniser("dlib")
    noise_share, noise_share_plain = noise_shares(recogniser, captures)
    return {
        "recogniser": str(recogniser.identity),
        "network_ms_per_face": round(network_ms_per_face(counts.batches), 2),
        "actor_frames_per_second": round(actor_frames_per_second(captures.first, counts.chunks), 1),
        "photo_ms": round(photo_ms(recogniser, counts.photos), 1),
        "noise_share": round(noise_share, 4),
        "noise_share_plain": round(noise_share_plain, 4),
    }


def _circumstances(counts: Counts) -> dict[str, object]:
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return {
        "bench": "embedding",
        "counts": asdict(counts),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "versions": {
            "python": platform.python_version(),
            "dlib": dlib.__version__,
            "onnxruntime": onnxruntime.__version__,
        },
        "commit": commit,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="small samples, under a minute")
    parser.add_argument("--out", type=Path, help="also write the JSON object here")
    options = parser.parse_args(arguments)
    counts = QUICK if options.quick else FULL
    report = json.dumps(_circumstances(counts) | measure(counts))
    if options.out is not None:
        options.out.write_text(report + "\n", encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
