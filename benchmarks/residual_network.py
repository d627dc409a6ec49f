"""Writes an ArcFace-type residual network with random weights, for where the real ones may not go.

The shape is InsightFace's IResNet (`recognition/arcface_torch/backbones/iresnet.py`): with the sizes that stand here by
default its R50, 43.6 million weights. What it answers means nothing; how long it takes does.

Shape letters: K channels out, C channels in, H, W rows and columns of a filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualShape:
    """`has_batch_norm`: exports keep the normalisation layers, or have them folded into the convolutions."""

    blocks: tuple[int, ...] = (3, 4, 14, 3)
    widths: tuple[int, ...] = (64, 128, 256, 512)
    dimension: int = 512
    side_pixels: int = 112
    has_batch_norm: bool = False
    seed: int = 0

    @property
    def last_side_pixels(self) -> int:
        side = self.side_pixels
        for _ in self.widths:
            side = (side + 1) // 2
        return side

    def multiply_adds(self) -> float:
        """Of one face, convolutions and the last matrix."""
        side, channels, total = self.side_pixels, 3, 0.0
        total += side * side * channels * self.widths[0] * 9
        channels = self.widths[0]
        for width, blocks in zip(self.widths, self.blocks, strict=True):
            for number in range(blocks):
                out = (side + 1) // 2 if number == 0 else side
                total += side * side * channels * width * 9 + out * out * width * width * 9
                total += out * out * channels * width if number == 0 else 0
                side, channels = out, width
        return total + side * side * channels * self.dimension


def write_residual_network(path: Path, shape: ResidualShape) -> None:
    path.write_bytes(_Writer(shape).model().SerializeToString())


class _Writer:
    """Each method adds a piece and returns the name of its output."""

    def __init__(self, shape: ResidualShape) -> None:
        self._shape = shape
        self._random = np.random.default_rng(shape.seed)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def model(self) -> onnx.ModelProto:
        shape = self._shape
        value = self._slope(self._convolution("input", 3, shape.widths[0], 3, 1), shape.widths[0])
        channels = shape.widths[0]
        for width, blocks in zip(shape.widths, shape.blocks, strict=True):
            for number in range(blocks):
                value = self._block(value, channels, width, stride=2 if number == 0 else 1)
                channels = width
        flat = self._node("Flatten", [self._normalised(value, channels)], axis=1)
        num_values = channels * shape.last_side_pixels**2
        matrix = self._random.normal(0.0, num_values**-0.5, (shape.dimension, num_values))
        weights = [self._weight(matrix), self._weight(np.zeros(shape.dimension))]
        self._node("Gemm", [flat, *weights], output="embeddings", transB=1)
        side = shape.side_pixels
        graph = helper.make_graph(
            self._nodes,
            "residual",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, side, side])],
            [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["N", shape.dimension])],
            self._weights,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)

    def _block(self, value: str, channels: int, width: int, *, stride: int) -> str:
        inner = self._convolution(self._normalised(value, channels), channels, width, 3, 1)
        branch = self._convolution(self._slope(inner, width), width, width, 3, stride)
        shortcut = value if stride == 1 else self._convolution(value, channels, width, 1, stride)
        # Random blocks would let the values grow from one to the next; trained ones do not.
        return self._node("Add", [self._node("Mul", [branch, self._weight(np.array(0.3))]), shortcut])

    def _convolution(self, value: str, channels: int, width: int, side: int, stride: int) -> str:
        scale = (2.0 / (channels * side * side)) ** 0.5
        filters_KCHW = self._random.normal(0.0, scale, (width, channels, side, side))
        weights = [self._weight(filters_KCHW)]
        if not self._shape.has_batch_norm:
            weights.append(self._weight(self._random.normal(0.0, 0.01, width)))
        convolved = self._node("Conv", [value, *weights], strides=[stride] * 2, pads=[side // 2] * 4)
        return self._normalised(convolved, width)

    def _normalised(self, value: str, channels: int) -> str:
        if not self._shape.has_batch_norm:
            return value
        scale_offset_mean = [self._random.normal(middle, 0.05, channels) for middle in (1.0, 0.0, 0.0)]
        numbers = [*scale_offset_mean, self._random.uniform(0.8, 1.2, channels)]
        return self._node("BatchNormalization", [value, *map(self._weight, numbers)])

    def _slope(self, value: str, channels: int) -> str:
        return self._node("PRelu", [value, self._weight(np.full((channels, 1, 1), 0.25))])

    def _weight(self, numbers: NDArray[np.float64]) -> str:
        name = f"weight_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(numbers, dtype=np.float32), name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        output = output or f"value_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output
