"""Embedding actors without Ray between: so many processes, each with its own recogniser, fed with chunks as they come free."""

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from embedding.embedder import Embedder

CHUNK_FRAMES = 32
_FIRST_SHARE = 0.1  # of a process's chunks, after which its memory is first looked at


@dataclass(frozen=True, slots=True)
class _Done:
    """A chunk: what was embedded of it, by which process, what that took and how large the process was afterwards."""

    num_embedded: int
    process: int
    cpu_seconds: float
    memory_bytes: int


def pool_figures(
    open_embedder: Callable[[], Embedder], frames: Sequence[bytes], num_chunks: int, num_processes: int
) -> dict[str, float]:
    """`open_embedder` is a function of a module, or a partial of one. Raises ValueError when nothing was embedded."""
    chunks = [_chunk(frames, number) for number in range(num_chunks)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(num_processes, mp_context=context, initializer=_open, initargs=(open_embedder,)) as pool:
        list(pool.map(_embed_chunk, chunks[:1] * (2 * num_processes)))  # every process is up and warm
        start = time.perf_counter()
        done = list(pool.map(_embed_chunk, chunks))
        seconds = time.perf_counter() - start
    num_embedded = sum(chunk.num_embedded for chunk in done)
    if not num_embedded:
        raise ValueError(f"no face in any of {num_chunks * CHUNK_FRAMES} frames")
    return {
        "actor_frames_per_second": round(num_embedded / seconds, 1),
        "actor_cpu_ms_per_frame": round(sum(chunk.cpu_seconds for chunk in done) / num_embedded * 1e3, 2),
        "actor_frames": num_chunks * CHUNK_FRAMES,
        "memory_growth_mb": round(max(_growth(done, process) for process in {each.process for each in done}) / 1e6, 1),
    }


def _growth(done: Sequence[_Done], process: int) -> int:
    sizes = [chunk.memory_bytes for chunk in done if chunk.process == process]
    return sizes[-1] - sizes[int(_FIRST_SHARE * len(sizes))]


_embedder: Embedder | None = None  # of a worker process, which has no other place to keep it


def _open(open_embedder: Callable[[], Embedder]) -> None:
    global _embedder
    _embedder = open_embedder()


def _embed_chunk(frames: Sequence[bytes]) -> _Done:
    assert _embedder is not None
    start = time.process_time()
    num_embedded = int(_embedder.embed_encoded(frames).is_embedded_N.sum())
    num_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return _Done(num_embedded, os.getpid(), time.process_time() - start, num_pages * os.sysconf("SC_PAGE_SIZE"))


def _chunk(frames: Sequence[bytes], number: int) -> list[bytes]:
    return [frames[(number * CHUNK_FRAMES + offset) % len(frames)] for offset in range(CHUNK_FRAMES)]
