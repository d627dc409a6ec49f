"""SCRFD face detector with five landmarks, decoded with numpy.

For each of its strides (8, 16, 32 pixels) the network gives, at every cell and twice a cell, a score, four
distances to the edges of a box and five offsets to landmarks, all in units of the stride. Source: Guo et al.,
"Sample and Computation Redistribution for Efficient Face Detection", ICLR 2022, and its published networks.

Shape letters: H, W rows and columns; A anchors (cells times two); K detections; 4 box edges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from embedding.errors import WeightsError
from embedding.recogniser import Face

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding.onnx_session import Session

STRIDES = (8, 16, 32)
ANCHORS_PER_CELL = 2
NUM_OUTPUTS = 3 * len(STRIDES)

SEARCH_SIDES_PIXELS = (640, 192)
"""The picture is searched at these longer sides in turn: a face that fills it is only found in the small one."""

WEAK_SCORE = 0.3
OVERLAP_OF_SAME_FACE = 0.4
_CHECKED_SIDE_PIXELS = 64
_WIDTHS = (1, 4, 10)  # of score, box and landmarks
_GRID = 32  # a side of the input must be a multiple of the largest stride


class ScrfdDetector:
    """Finds faces of 10 pixels and more in the picture as it is searched, at most 640 pixels wide."""

    def __init__(self, session: Session) -> None:
        if len(session.get_outputs()) != NUM_OUTPUTS:
            raise WeightsError(
                f"This detector has {len(session.get_outputs())} outputs, expected {NUM_OUTPUTS}: "
                "an SCRFD network with key points (its file name usually ends in kps)."
            )
        self._session = session
        self._input_name = session.get_inputs()[0].name
        fixed = session.get_inputs()[0].shape[2:]
        self._fixed_side = fixed[0] if isinstance(fixed[0], int) else None

    def detect(self, image_HW3: NDArray[np.uint8], *, is_glance: bool = False) -> list[Face]:
        """Faces, surest first; a glance is a single search."""
        sides = SEARCH_SIDES_PIXELS if self._fixed_side is None else (self._fixed_side,)
        for side in sides[:1] if is_glance else sides:
            faces = self._search(image_HW3, side)
            if faces:
                return faces
        return []

    def check(self) -> None:
        """Tries the network on an empty picture. Raises WeightsError when its answers cannot be decoded or are no numbers."""
        side = self._fixed_side or _CHECKED_SIDE_PIXELS
        grey_HW3 = np.full((side, side, 3), 127, dtype=np.uint8)
        try:
            outputs = self._run(grey_HW3)
        except Exception as error:  # onnxruntime's errors share no ancestor
            raise WeightsError(f"The detector cannot be tried ({error}). Expected an SCRFD network.") from error
        for number, output in enumerate(outputs):
            stride = STRIDES[number % len(STRIDES)]
            expected = (ANCHORS_PER_CELL * (side // stride) ** 2, _WIDTHS[number // len(STRIDES)])
            if output.shape != expected or not np.isfinite(output).all():
                raise WeightsError(
                    f"The detector's output {number} is {output.shape} or no numbers, expected {expected}: an SCRFD network."
                )

    def _run(self, pixels_HW3: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        blob = ((pixels_HW3.astype(np.float32) - 127.5) / 128.0).transpose(2, 0, 1)[None]
        outputs = self._session.run(None, {self._input_name: blob})
        return [output.reshape(-1, output.shape[-1]) for output in outputs]

    def _search(self, image_HW3: NDArray[np.uint8], side: int) -> list[Face]:
        scale = min(1.0, side / max(image_HW3.shape[:2]))
        pixels_HW3 = _padded(image_HW3, scale, self._fixed_side)
        outputs = self._run(pixels_HW3)
        height, width = pixels_HW3.shape[:2]
        found = [
            _decode(*outputs[level :: len(STRIDES)], stride=stride, height=height, width=width)
            for level, stride in enumerate(STRIDES)
        ]
        scores_K, boxes_K4, landmarks_K52 = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return [
            Face(
                box=tuple(float(edge) for edge in boxes_K4[index] / scale),  # type: ignore[arg-type]
                landmarks_52=(landmarks_K52[index] / scale).astype(np.float32),
                score=float(scores_K[index]),
            )
            for index in suppress_overlaps(scores_K, boxes_K4)
        ]


def suppress_overlaps(scores_K: NDArray[np.float32], boxes_K4: NDArray[np.float32]) -> list[int]:
    """Indices of the best boxes, surest first, without those that mostly cover a better one."""
    areas_K = np.prod(np.maximum(boxes_K4[:, 2:] - boxes_K4[:, :2], 0.0), axis=1)
    waiting = np.argsort(-scores_K, kind="stable")
    kept: list[int] = []
    while waiting.size:
        best, others = waiting[0], waiting[1:]
        kept.append(int(best))
        left_top = np.maximum(boxes_K4[best, :2], boxes_K4[others, :2])
        right_bottom = np.minimum(boxes_K4[best, 2:], boxes_K4[others, 2:])
        shared = np.prod(np.maximum(right_bottom - left_top, 0.0), axis=1)
        union = areas_K[best] + areas_K[others] - shared
        waiting = others[shared <= OVERLAP_OF_SAME_FACE * union]
    return kept


def _decode(
    scores_A1: NDArray[np.float32],
    distances_A4: NDArray[np.float32],
    offsets_A10: NDArray[np.float32],
    *,
    stride: int,
    height: int,
    width: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Scores (K,), boxes (K, 4) and landmarks (K, 5, 2) of the anchors that see a face."""
    rows, columns = np.mgrid[: height // stride, : width // stride]
    centres_A2 = np.stack([columns, rows], axis=-1).reshape(-1, 2).repeat(ANCHORS_PER_CELL, axis=0) * stride
    seen = np.flatnonzero(scores_A1[:, 0] >= WEAK_SCORE)
    centres_K2 = centres_A2[seen].astype(np.float32)
    distances_K4 = distances_A4[seen] * stride
    boxes_K4 = np.concatenate([centres_K2 - distances_K4[:, :2], centres_K2 + distances_K4[:, 2:]], axis=1)
    landmarks_K52 = centres_K2[:, None] + offsets_A10[seen].reshape(-1, 5, 2) * stride
    return scores_A1[seen, 0], boxes_K4, landmarks_K52


def _padded(image_HW3: NDArray[np.uint8], scale: float, fixed_side: int | None) -> NDArray[np.uint8]:
    """The picture scaled, at the left top of a black one whose sides the network takes."""
    height, width = (max(1, round(side * scale)) for side in image_HW3.shape[:2])
    if scale < 1.0:
        small = Image.fromarray(image_HW3).resize((width, height), Image.Resampling.BILINEAR)
        image_HW3 = np.asarray(small, dtype=np.uint8)
    rows, columns = (fixed_side or -(-side // _GRID) * _GRID for side in (height, width))
    padded_HW3 = np.zeros((rows, columns, 3), dtype=np.uint8)
    padded_HW3[:height, :width] = image_HW3
    return padded_HW3
