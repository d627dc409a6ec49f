"""ArcFace-type networks from a folder of ONNX files: SCRFD detector, five landmarks, recogniser.

Runs insightface's networks without insightface or OpenCV: docs/decisions holds the reasons.

Shape letters: H, W rows and columns; S side of a chip; N faces; D dimension.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

import numpy as np
import onnx

from embedding.batch_probe import why_one_by_one
from embedding.device import check_device
from embedding.errors import WeightsError
from embedding.model_folder import ModelFolder, Network, open_folder
from embedding.network_input import INSIGHTFACES, NetworkInput, input_of
from embedding.place import contains, neighbourhood
from embedding.quality import SHARP_CHIPS
from embedding.recogniser import VERSION_DIGITS, Face, RecogniserId
from embedding.scrfd import ScrfdDetector
from embedding.similarity import cosine
from embedding.warp import cut_chip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from embedding.device import Device
    from embedding.network_input import ColourOrder, Normalisation
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

_LOG = logging.getLogger(__name__)


def open_arcface(folder: Path, *, device: str = "cpu", num_threads: int = 1) -> ArcfaceRecogniser:
    """Opens the networks of a folder; `device` is the recognition network's. Raises WeightsError, DeviceError."""
    models = open_folder(folder, device=device, num_threads=num_threads)
    return ArcfaceRecogniser(models, check_device(device))


class ArcfaceRecogniser:
    """Compares by cosine; the dimension and the size of a chip are the network's."""

    chip_limits = SHARP_CHIPS
    sure_score = SURE_SCORE

    def __init__(self, models: ModelFolder, device: Device) -> None:
        network = models.recognition
        self.licence = models.licence
        self.input_size_pixels = _input_side(network)
        self.similarity_threshold = network.number("similarity_threshold", DEFAULT_THRESHOLD, -1.0, 1.0)
        self.false_accept_rate = network.number("false_accept_rate", DEFAULT_FALSE_ACCEPT_RATE, 0.0, 1.0)
        self._input = input_of(onnx.load(str(network.path), load_external_data=False), network.facts)
        self._detector = ScrfdDetector(models.detection.session)
        self._detector.check()
        self._session = network.session
        self._input_name = self._session.get_inputs()[0].name
        self._wanted_52 = _wanted_landmarks(self.input_size_pixels)
        version = _version(models, self._input)
        self.identity = RecogniserId(f"arcface_{models.name}", version, self._measure_dimension())
        self._batch_faces = self._measure_batch(device)

    @property
    def colour_order(self) -> ColourOrder:
        return self._input.colour_order

    @property
    def normalisation(self) -> Normalisation:
        return self._input.normalisation

    def warm_up(self) -> None:
        side = self.input_size_pixels
        empty_HW3 = np.zeros((side, side, 3), dtype=np.uint8)
        self.detect(empty_HW3)
        self.align(empty_HW3, Face((0.0, 0.0, side, side), self._wanted_52, 0.0))

    def detect(self, image_HW3: NDArray[np.uint8], *, is_glance: bool = False) -> list[Face]:
        return self._detector.detect(np.ascontiguousarray(image_HW3), is_glance=is_glance)

    def face_at(self, image_HW3: NDArray[np.uint8], box: Box) -> Face | None:
        near = neighbourhood(image_HW3, box, margin=PLACE_MARGIN, face_pixels=PLACE_FACE_PIXELS)
        faces = [] if near is None else near.in_picture(self.detect(near.image_HW3))
        return next((face for face in faces if contains(box, face.centre)), None)

    def align(self, image_HW3: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
        return cut_chip(image_HW3, face.landmarks_52, self._wanted_52, self.input_size_pixels)

    def embed(self, chips_SS3: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        rows = [np.empty((0, self.identity.dimension), dtype=np.float32)]
        batch = self._batch_faces
        rows += [self._run(chips_SS3[start : start + batch]) for start in range(0, len(chips_SS3), batch)]
        return np.concatenate(rows)

    def similarity(self, first_ND: NDArray[np.float32], second_ND: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosine."""
        return cosine(first_ND, second_ND)

    def _run(self, chips_SS3: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        fed_N3SS = self._input.feed(np.stack(chips_SS3))
        return np.asarray(self._session.run(None, {self._input_name: fed_N3SS})[0], dtype=np.float32)

    def _measure_dimension(self) -> int:
        embeddings = self._run(self._probes(1))
        if embeddings.ndim != 2 or len(embeddings) != 1:
            raise WeightsError(f"The recognition network answers one face with {embeddings.shape}, expected (1, D).")
        if not np.isfinite(embeddings).all():
            raise WeightsError("The recognition network answers a face with what is no number. Get its file again.")
        return int(embeddings.shape[1])

    def _measure_batch(self, device: Device) -> int:
        """1 for a network whose batch axis mixes rows or is fixed."""
        if not isinstance(self._session.get_inputs()[0].shape[0], str | None):
            return 1
        reason = why_one_by_one(self._run, self._probes(device.batch_faces), device.batch_tolerance)
        if not reason:
            return device.batch_faces
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


def _version(models: ModelFolder, taken_in: NetworkInput) -> str:
    parts = f"{models.detection.sha256} {models.recognition.sha256} procedure {PROCEDURE_VERSION}"
    if taken_in != NetworkInput(INSIGHTFACES):
        parts += f" {taken_in}"
    return hashlib.sha256(parts.encode()).hexdigest()[:VERSION_DIGITS]
