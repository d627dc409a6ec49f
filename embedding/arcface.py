"""ArcFace-type networks from a folder of ONNX files: SCRFD detector, five landmarks, recogniser.

Runs insightface's networks without insightface or OpenCV: docs/decisions holds the reasons.

Shape letters: H, W rows and columns; S side of a chip; N faces; D dimension.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

import numpy as np

from embedding.device import check_device
from embedding.errors import WeightsError
from embedding.model_folder import ModelFolder, Network, open_folder
from embedding.place import contains, neighbourhood
from embedding.recogniser import VERSION_DIGITS, Face, RecogniserId
from embedding.scrfd import ScrfdDetector
from embedding.similarity import cosine
from embedding.warp import cut_chip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from embedding.recogniser import Box

LANDMARKS_IN_112 = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Eyes, nose and corners of the mouth in a chip of 112 pixels. Source: insightface, utils/face_align.py."""

DEFAULT_THRESHOLD = 0.4078
DEFAULT_FALSE_ACCEPT_RATE = 1e-6
"""InsightFace's published operating point of buffalo_l; other weights state theirs in the manifest."""

SURE_SCORE = 0.5
PLACE_MARGIN = 0.35
"""Share of a known place's size that is searched around it."""

PLACE_FACE_PIXELS = 160
"""Width to which a face at a known place is shrunk for the detector, which takes the landmarks from there too."""

PROCEDURE_VERSION = 3
NETWORK_BATCH = 32
PIXEL_MEAN, PIXEL_RANGE = 127.5, 127.5

_LOG = logging.getLogger(__name__)


def open_arcface(folder: Path, *, device: str = "cpu", num_threads: int = 1) -> ArcfaceRecogniser:
    """Opens the networks of a folder; `device` is the recognition network's. Raises WeightsError, DeviceError."""
    models = open_folder(folder, device=device, num_threads=num_threads)
    return ArcfaceRecogniser(models, batch_tolerance=check_device(device).batch_tolerance)


class ArcfaceRecogniser:
    """Compares by cosine; the dimension and the size of a chip are the network's."""

    sure_score = SURE_SCORE

    def __init__(self, models: ModelFolder, *, batch_tolerance: float) -> None:
        network = models.recognition
        self.licence = models.licence
        self.input_size_pixels = _input_side(network)
        self.similarity_threshold = float(network.facts.get("similarity_threshold", DEFAULT_THRESHOLD))
        self.false_accept_rate = float(network.facts.get("false_accept_rate", DEFAULT_FALSE_ACCEPT_RATE))
        self._detector = ScrfdDetector(models.detection.session)
        self._session = network.session
        self._input_name = self._session.get_inputs()[0].name
        self._wanted_52 = _wanted_landmarks(self.input_size_pixels)
        self._batch = 1
        self.identity = RecogniserId(f"arcface_{models.name}", _version(models), self._measure_dimension())
        self._batch = self._measure_batch(batch_tolerance)

    def detect(self, image_HW3: NDArray[np.uint8]) -> list[Face]:
        return self._detector.detect(np.ascontiguousarray(image_HW3))

    def face_at(self, image_HW3: NDArray[np.uint8], box: Box) -> Face | None:
        near = neighbourhood(image_HW3, box, margin=PLACE_MARGIN, face_pixels=PLACE_FACE_PIXELS)
        faces = [] if near is None else near.in_picture(self.detect(near.image_HW3))
        return next((face for face in faces if contains(box, face.centre)), None)

    def align(self, image_HW3: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
        return cut_chip(image_HW3, face.landmarks_52, self._wanted_52, self.input_size_pixels)

    def embed(self, chips_SS3: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        rows = [np.empty((0, self.identity.dimension), dtype=np.float32)]
        rows += [self._run(chips_SS3[start : start + self._batch]) for start in range(0, len(chips_SS3), self._batch)]
        return np.concatenate(rows)

    def similarity(self, first_ND: NDArray[np.float32], second_ND: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosine."""
        return cosine(first_ND, second_ND)

    def _run(self, chips_SS3: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        pixels_NSS3 = np.stack(chips_SS3).astype(np.float32)
        blob = np.ascontiguousarray(((pixels_NSS3 - PIXEL_MEAN) / PIXEL_RANGE).transpose(0, 3, 1, 2))
        return np.asarray(self._session.run(None, {self._input_name: blob})[0], dtype=np.float32)

    def _measure_dimension(self) -> int:
        embeddings = self._run(self._probes(1))
        if embeddings.ndim != 2 or len(embeddings) != 1:
            raise WeightsError(f"The recognition network answers one face with {embeddings.shape}, expected (1, D).")
        return int(embeddings.shape[1])

    def _measure_batch(self, tolerance: float) -> int:
        """1 for a network whose batch axis mixes rows or is fixed: some exports only look dynamic."""
        if not isinstance(self._session.get_inputs()[0].shape[0], str | None):
            return 1
        probes = self._probes(3)
        alone_ND = np.concatenate([self._run([probe]) for probe in probes])
        try:
            together_ND = self._run(probes)
        except Exception as error:  # noqa: BLE001 - whatever it is, one by one works
            return self._one_by_one(f"it refuses a batch ({error})")
        if together_ND.shape != alone_ND.shape:
            return self._one_by_one(f"a batch of {len(probes)} came out as {together_ND.shape}")
        difference = np.abs(together_ND - alone_ND).max() / np.linalg.norm(alone_ND, axis=1).max()
        if not difference <= tolerance:
            return self._one_by_one(f"rows of a batch differ from single ones by {difference:.2g}")
        return NETWORK_BATCH

    def _one_by_one(self, reason: str) -> int:
        _LOG.warning("recogniser %s runs one face at a time: %s", self.identity, reason)
        return 1

    def _probes(self, count: int) -> list[NDArray[np.uint8]]:
        side = self.input_size_pixels
        return list(np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8))


def _input_side(network: Network) -> int:
    side = network.session.get_inputs()[0].shape[2]
    if not isinstance(side, int):
        raise WeightsError("The recognition network does not say how large its input is. Export it with a fixed size.")
    return side


def _wanted_landmarks(side_pixels: int) -> NDArray[np.float32]:
    """The template for this size; sizes that are multiples of 128 leave a margin, as insightface does."""
    landmarks_52 = np.array(LANDMARKS_IN_112, dtype=np.float32)
    if side_pixels % 112 == 0:
        return landmarks_52 * np.float32(side_pixels / 112)
    return (landmarks_52 + np.array([8.0, 0.0], dtype=np.float32)) * np.float32(side_pixels / 128)


def _version(models: ModelFolder) -> str:
    parts = f"{models.detection.sha256} {models.recognition.sha256} procedure {PROCEDURE_VERSION}"
    return hashlib.sha256(parts.encode()).hexdigest()[:VERSION_DIGITS]
