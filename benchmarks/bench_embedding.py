"""How fast frames and photos become embeddings, and how steady an embedding is when a character is captured again.

    python -m benchmarks.bench_embedding [--quick] [--out FILE]

`network_ms_per_face` is the network alone at batch 32 with one thread a core; `network_share_of_matrix_rate` its
multiplications a second over those of large matrix products in the same run: 1 means as many, and little is left to gain.
`actor_frames_per_second` is decoding, detection, alignment and the network on face and mirror image, one process a core, as
so many replicas of the embedding actor do it, without Ray between; `actor_frame_in_faces` is a frame's processor time over
that of the network on one face, whatever else the machine does. `memory_growth_mb` is what the largest actor gained from its
first tenth of the frames to the end. `photo_ms` reads, finds and embeds a portrait of 12 megapixels. `noise_share` is the
mean L2 distance between two captures of one character (moved by up to half a pixel, encoded again) over the mean distance of
random characters; `noise_share_idle` has both captures at any moment of sway and breath besides. `cuda` is a network of
ArcFace-R50's shape where there is a device: see `benchmarks.cuda_faces`. The last line is one JSON object.
"""

import argparse
import io
import math
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx
import onnx.shape_inference
import skimage.data
from PIL import Image

from benchmarks.cuda_faces import measure_cuda
from benchmarks.embedding_pool import pool_figures
from benchmarks.recapture import PROFILE, capture, encoded, noise_shares
from benchmarks.report import report
from creator.profile_file import load_profile
from embedding.dlib_onnx import convert
from embedding.dlib_recogniser import find_weights
from embedding.embedder import Embedder
from embedding.open import open_recogniser
from embedding.photo import load_photo
from embedding.photo_embedding import embed_photo
from embedding.place import place_in_frames
from embedding.recogniser import Recogniser

_SEED = 6
_BATCH_FACES = 32
_MATRIX_SIDE = 2048
_PHOTO_PIXELS = 3464  # 12 megapixels, square


@dataclass(frozen=True, slots=True)
class Counts:
    characters: int
    chunks: int
    batches: int
    photos: int


FULL = Counts(characters=200, chunks=625, batches=40, photos=10)
QUICK = Counts(characters=40, chunks=12, batches=6, photos=3)


def network_figures(num_batches: int) -> dict[str, float]:
    """With one thread a core by the clock, and with one thread by processor time."""
    num_cores = os.cpu_count() or 1
    ms_per_face = _network_ms(num_cores, time.perf_counter, num_batches)
    num_multiplications, matrix_rate = _num_multiplications(), _matrix_rate(num_batches)
    return {
        "network_ms_per_face": round(ms_per_face, 2),
        "network_cpu_ms_per_face": round(_network_ms(1, time.process_time, num_batches), 2),
        "network_multiplications": num_multiplications,
        "matrix_multiplications_per_second": round(matrix_rate),
        "network_share_of_matrix_rate": round(num_multiplications / (ms_per_face / 1e3) / matrix_rate, 2),
    }


def _num_multiplications() -> int:
    """Of the network's convolutions on one face."""
    graph = onnx.shape_inference.infer_shapes(onnx.load_from_string(convert(find_weights().network.read_bytes()))).graph
    shapes = {value.name: [size.dim_value for size in value.type.tensor_type.shape.dim] for value in graph.value_info}
    kernels = {weight.name: math.prod(weight.dims) for weight in graph.initializer}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    return sum(math.prod(shapes[node.output[0]][2:]) * kernels[node.input[1]] for node in convolutions)


def _matrix_rate(num_products: int) -> float:
    """Multiplications a second of large matrix products on all cores."""
    matrix = np.random.default_rng(_SEED).random((_MATRIX_SIDE, _MATRIX_SIDE), dtype=np.float32)
    milliseconds = _median_ms(lambda: matrix @ matrix, num_products, time.perf_counter)
    return float(_MATRIX_SIDE**3 / (milliseconds / 1e3))


def _network_ms(num_threads: int, clock: Callable[[], float], num_batches: int) -> float:
    recogniser = open_recogniser("dlib", num_threads=num_threads)
    side = recogniser.input_size_pixels
    chips = list(np.random.default_rng(_SEED).integers(0, 256, (_BATCH_FACES, side, side, 3), dtype=np.uint8))
    recogniser.embed(chips)
    return _median_ms(lambda: recogniser.embed(chips), num_batches, clock) / _BATCH_FACES


def photo_ms(recogniser: Recogniser, num_photos: int) -> float:
    astronaut = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    portrait = Image.fromarray(astronaut).resize((_PHOTO_PIXELS, _PHOTO_PIXELS))
    content = _jpeg(portrait)
    return _median_ms(lambda: embed_photo(recogniser, load_photo(content)), num_photos, time.perf_counter)


def open_embedder() -> Embedder:
    """As an actor has it."""
    return Embedder(open_recogniser("dlib", num_threads=1), place=place_in_frames(load_profile(PROFILE)))


def _median_ms(run: Callable[[], object], count: int, clock: Callable[[], float]) -> float:
    seconds = []
    for _ in range(count):
        start = clock()
        run()
        seconds.append(clock() - start)
    return statistics.median(seconds) * 1e3


def _jpeg(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def measure(counts: Counts) -> dict[str, object]:
    captures = capture(counts.characters)
    frames = encoded(captures.rest)
    network = network_figures(counts.batches)
    actor = pool_figures(open_embedder, frames, counts.chunks, os.cpu_count() or 1)
    with open_embedder() as embedder:
        return {
            "recogniser": str(embedder.recogniser.identity),
            **network,
            **actor,
            "actor_frame_in_faces": round(actor["actor_cpu_ms_per_frame"] / network["network_cpu_ms_per_face"], 2),
            "photo_ms": round(photo_ms(embedder.recogniser, counts.photos), 1),
            **noise_shares(embedder, captures),
            "cuda": measure_cuda(frames),
        }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="small samples, under a minute")
    parser.add_argument("--out", type=Path, help="also write the JSON object here")
    options = parser.parse_args(arguments)
    counts = QUICK if options.quick else FULL
    report({"counts": asdict(counts)} | measure(counts), options.out, ("dlib-bin", "onnxruntime"))


if __name__ == "__main__":
    main()
