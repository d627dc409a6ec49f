"""What a network of ArcFace-R50's shape reaches on a CUDA device, beside what the device can multiply at most.

    python -m benchmarks.cuda_faces

Weights are random: neither their values nor the pixels change how long it takes. `faces_per_second` is the network by batch,
with the pixels' way to the device. The actor's figures are of decoding and finding the face as the default recogniser does,
and of this network on face and mirror image, one process a core, all of them on the one device.
"""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.embedding_pool import pool_figures
from benchmarks.matrix_rate import matrix_flops, median_seconds
from benchmarks.recapture import PROFILE, capture, encoded
from benchmarks.residual_network import ResidualShape, write_residual_network
from creator.profile_file import load_profile
from embedding.device import DEVICES
from embedding.dlib_recogniser import DlibRecogniser, find_weights
from embedding.embedder import Embedder
from embedding.network_input import NetworkInput
from embedding.onnx_session import Session, open_session
from embedding.place import place_in_frames
from embedding.recogniser import RecogniserId
from embedding.shape_predictor import ShapePredictor

DEVICE = "torch-cuda-half"
MOST_PROCESSES = 16  # each has a context of its own on the device, of half a gigabyte
_CHUNKS_PER_PROCESS = 24
_MATRIX_SIDE = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Smaller ones show on a CPU that the way is sound."""

    device: str = DEVICE
    shape: ResidualShape = field(default_factory=ResidualShape)
    batches: tuple[int, ...] = (64, 128, 256, 512)
    matrix_side: int = _MATRIX_SIDE
    num_processes: int = min(MOST_PROCESSES, os.cpu_count() or 1)
    chunks_per_process: int = _CHUNKS_PER_PROCESS


def measure_cuda(frames: Sequence[bytes]) -> dict[str, object] | None:
    """None without torch or without a device."""
    try:
        import torch
    except ImportError:
        return None
    if not torch.cuda.is_available():
        return None
    return {"device": torch.cuda.get_device_name(), **measure_on(Trial(), frames)}


def measure_on(trial: Trial, frames: Sequence[bytes]) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "residual.onnx"
        write_residual_network(path, trial.shape)
        faces_per_second = _network(open_session(path, device=trial.device), trial)
        actor = pool_figures(
            partial(open_large_embedder, path, trial),
            frames,
            trial.chunks_per_process * trial.num_processes,
            trial.num_processes,
        )
    matrix_rate = _matrix_flops(trial)
    best = max(faces_per_second.values())
    return {
        "faces_per_second": faces_per_second,
        "actor_frames_per_second": actor["actor_frames_per_second"],
        "actor_processes": trial.num_processes,
        "matrix_teraflops": round(matrix_rate / 1e12, 3),
        "share_of_matrix_rate": round(best * 2 * trial.shape.multiply_adds() / matrix_rate, 4),
    }


def open_large_embedder(path: Path, trial: Trial) -> Embedder:
    """Finds faces as the default recogniser does and embeds them with the large network."""
    recogniser = DlibRecogniser(
        identity=RecogniserId("residual", "00000000", trial.shape.dimension),
        session=_OnChips(open_session(path, device=trial.device), trial.shape.side_pixels),
        batch_faces=DEVICES[trial.device].batch_faces,
        landmark_predictor=ShapePredictor.parse(find_weights().landmarks.read_bytes()),
    )
    return Embedder(recogniser, place=place_in_frames(load_profile(PROFILE)))


class _OnChips:
    """Takes dlib's chips, cuts their middle out and normalises it as ArcFace wants it. N chips of S pixels."""

    def __init__(self, session: Session, side_pixels: int) -> None:
        self._session = session
        self._side = side_pixels

    def run(self, output_names: Sequence[str] | None, feeds: Mapping[str, Any]) -> list[Any]:
        first = (feeds["chips"].shape[1] - self._side) // 2
        middle = slice(first, first + self._side)
        pixels_NSS3 = feeds["chips"][:, middle, middle]
        return self._session.run(output_names, {self.get_inputs()[0].name: NetworkInput().feed(pixels_NSS3)})

    def get_inputs(self) -> Sequence[Any]:
        return self._session.get_inputs()

    def get_outputs(self) -> Sequence[Any]:
        return self._session.get_outputs()


def _network(session: Session, trial: Trial) -> dict[str, float]:
    """Faces a second by batch."""
    side, name = trial.shape.side_pixels, session.get_inputs()[0].name
    rates = {}
    for batch in trial.batches:
        pixels_N3SS = np.zeros((batch, 3, side, side), dtype=np.float32)
        rates[str(batch)] = round(batch / median_seconds(partial(session.run, None, {name: pixels_N3SS})), 1)
    return rates


def _matrix_flops(trial: Trial) -> float:
    """In 16 bits where the network runs in 16 bits."""
    import torch

    device = DEVICES[trial.device]
    kind = torch.float16 if device.is_half else torch.float32
    return matrix_flops(device.torch_device, kind, trial.matrix_side)


def main() -> None:
    figures = measure_cuda(encoded(capture(64).rest))
    print(json.dumps({"bench": "cuda_faces", "cuda": figures}))


if __name__ == "__main__":
    main()
