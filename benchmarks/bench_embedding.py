"""How fast frames and photos become embeddings, and how steady an embedding is when a character is captured again.

    python -m benchmarks.bench_embedding [--quick] [--out FILE]

Frames are random characters of the stand-in (sliders uniform in the middle 80 %), 256 pixels, encoded as agents do.
`network_ms_per_face` is the network alone at batch 32 with one thread a core. `actor_frames_per_second` is decoding,
detection, alignment and the network on face and mirror image, one process a core, as so many replicas of the embedding
actor do it, without Ray between; `memory_growth_mb` is what the largest of them gained from its first tenth of the frames
to the end. `photo_ms` reads, finds and embeds a portrait of 12 megapixels. `noise_share` is the mean L2 distance between two
captures of one character (moved by up to half a pixel, encoded again) over the mean distance of random characters;
`noise_share_idle` has both captures at any moment of sway and breath besides. `cuda` is a network of ArcFace-R50's shape
where there is a device. The last line is one JSON object. Legend: N = characters, D = dimension.
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
from PIL import Image

from agents.capture import CaptureConfig
from agents.encoding import encode
from benchmarks.cuda_faces import measure_cuda
from creator.profile_file import load_profile
from embedding.embedder import Embedder
from embedding.open import open_recogniser
from embedding.photo import load_photo
from embedding.photo_embedding import embed_photo
from embedding.place import place_in_frames
from embedding.recogniser import Recogniser
from standin.idle import pose_at
from standin.render import HeadRenderer, Pose
from standin.rules import Rules

_SEED = 6
_MIDDLE = 0.8
_PROFILE = "standin"
_CHUNK_FRAMES = 32
_BATCH_FACES = 32
_PHOTO_PIXELS = 3464  # 12 megapixels, square
_MINUTE_TICKS = 3600
_FIRST_SHARE = 0.1  # of a process's chunks, after which its memory is first looked at


@dataclass(frozen=True, slots=True)
class Counts:
    characters: int
    chunks: int
    batches: int
    photos: int


FULL = Counts(characters=200, chunks=625, batches=40, photos=10)
QUICK = Counts(characters=40, chunks=12, batches=6, photos=3)


@dataclass(frozen=True, slots=True)
class Captures:
    """Each character four times: at rest, moved by less than a pixel, and at two moments of swaying, the second moved."""

    rest: list[bytes]
    moved: list[bytes]
    idle: list[bytes]
    idle_moved: list[bytes]


def capture(num_characters: int) -> Captures:
    rng = np.random.default_rng(_SEED)
    profile, config = load_profile(_PROFILE), CaptureConfig()
    renderer = HeadRenderer(256)
    captures = Captures([], [], [], [])
    for _ in range(num_characters):
        gender, face, skin = profile.combinations[rng.integers(len(profile.combinations))]
        values = {slider.name: float(rng.uniform(-_MIDDLE, _MIDDLE)) for slider in profile.sliders}
        right, down = rng.uniform(-0.5, 0.5, 2)
        for pose, frames in (
            (Pose(), captures.rest),
            (_moved(Pose(), right, down), captures.moved),
            (_idle_pose(rng), captures.idle),
            (_moved(_idle_pose(rng), right, down), captures.idle_moved),
        ):
            picture = renderer.render(gender=gender, face=face, skin=skin, sliders=values, pose=pose)
            frames.append(encode(picture, config.image_format, config.quality))
    return captures


def _idle_pose(rng: np.random.Generator) -> Pose:
    """Between two blinks, as frames are taken."""
    while True:
        pose = pose_at(int(rng.integers(1000)), int(rng.integers(_MINUTE_TICKS)), Rules())
        if not pose.eyelid_closure:
            return pose


def _moved(pose: Pose, right: float, down: float) -> Pose:
    return replace(pose, shift_x_pixels=pose.shift_x_pixels + right, shift_y_pixels=pose.shift_y_pixels + down)


def network_ms_per_face(num_batches: int) -> float:
    recogniser = open_recogniser("dlib", num_threads=os.cpu_count() or 1)
    side = recogniser.input_size_pixels
    chips = list(np.random.default_rng(_SEED).integers(0, 256, (_BATCH_FACES, side, side, 3), dtype=np.uint8))
    recogniser.embed(chips)
    return _median_ms(lambda: recogniser.embed(chips), num_batches) / _BATCH_FACES


def photo_ms(recogniser: Recogniser, num_photos: int) -> float:
    astronaut = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    portrait = Image.fromarray(astronaut).resize((_PHOTO_PIXELS, _PHOTO_PIXELS))
    content = _jpeg(portrait)
    return _median_ms(lambda: embed_photo(recogniser, load_photo(content)), num_photos)


def actor_figures(frames: Sequence[bytes], num_chunks: int) -> dict[str, float]:
    """One process a core, each with its own recogniser, fed with chunks as they come free."""
    chunks = [_chunk(frames, number) for number in range(num_chunks)]
    num_processes = os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(num_processes, mp_context=context, initializer=_open_embedder) as pool:
        list(pool.map(_embed_chunk, chunks[:1] * (2 * num_processes)))  # every process is up and warm
        start = time.perf_counter()
        done = list(pool.map(_embed_chunk, chunks))
        seconds = time.perf_counter() - start
    return {
        "actor_frames_per_second": round(sum(num_embedded for num_embedded, _, _ in done) / seconds, 1),
        "actor_frames": num_chunks * _CHUNK_FRAMES,
        "memory_growth_mb": round(max(_growth(done, process) for process in {who for _, who, _ in done}) / 1e6, 1),
    }


def _growth(done: Sequence[tuple[int, int, int]], process: int) -> int:
    sizes = [num_bytes for _, who, num_bytes in done if who == process]
    return sizes[-1] - sizes[int(_FIRST_SHARE * len(sizes))]


def noise_share(embedder: Embedder, first: Sequence[bytes], second: Sequence[bytes]) -> float:
    seen = [embedder.embed_encoded(frames) for frames in (first, second)]
    has_both_N = seen[0].is_embedded_N & seen[1].is_embedded_N
    first_ND, second_ND = (frames.embeddings_ND[has_both_N] for frames in seen)
    noise = np.linalg.norm(first_ND - second_ND, axis=1).mean()
    distances_NN = np.linalg.norm(first_ND[:, None] - first_ND[None], axis=2)
    return round(float(noise / distances_NN[np.triu_indices(len(first_ND), 1)].mean()), 4)


_embedder: Embedder | None = None  # of a worker process, which has no other place to keep it


def _open_embedder() -> None:
    global _embedder
    _embedder = Embedder(open_recogniser("dlib", num_threads=1), place=place_in_frames(load_profile(_PROFILE)))


def _embed_chunk(frames: Sequence[bytes]) -> tuple[int, int, int]:
    """Frames embedded, the process, and its memory in bytes."""
    assert _embedder is not None
    num_embedded = int(_embedder.embed_encoded(frames).is_embedded_N.sum())
    num_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return num_embedded, os.getpid(), num_pages * os.sysconf("SC_PAGE_SIZE")


def _chunk(frames: Sequence[bytes], number: int) -> list[bytes]:
    return [frames[(number * _CHUNK_FRAMES + offset) % len(frames)] for offset in range(_CHUNK_FRAMES)]


def _median_ms(run: Callable[[], object], count: int) -> float:
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * 1e3


def _jpeg(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def measure(counts: Counts) -> dict[str, object]:
    captures = capture(counts.characters)
    recogniser = open_recogniser("dlib")
    with Embedder(recogniser, place=place_in_frames(load_profile(_PROFILE))) as embedder:
        noise = {
            "noise_share": noise_share(embedder, captures.rest, captures.moved),
            "noise_share_idle": noise_share(embedder, captures.idle, captures.idle_moved),
        }
    return {
        "recogniser": str(recogniser.identity),
        "network_ms_per_face": round(network_ms_per_face(counts.batches), 2),
        **actor_figures(captures.rest, counts.chunks),
        "photo_ms": round(photo_ms(recogniser, counts.photos), 1),
        **noise,
        "cuda": measure_cuda(),
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
