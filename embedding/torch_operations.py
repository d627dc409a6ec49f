"""ONNX operations as torch has them, as far as recognition networks use them.

Each takes its inputs (None where one is left out), its attributes, and the type that floats have here.
Source: the operators of ONNX, https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from embedding.errors import WeightsError

Attributes = Mapping[str, Any]
Operation = Callable[[Sequence[Any], Attributes, torch.dtype], Tensor]


def _simple(run: Callable[..., Tensor]) -> Operation:
    """An operation without attributes that matter."""
    return lambda inputs, attributes, float_type: run(*inputs)


def _both_sides(pads: Sequence[int]) -> list[int]:
    """ONNX lists all beginnings, then all ends; torch goes from the last axis to the first, begin and end of each."""
    num_axes = len(pads) // 2
    return [int(pads[axis + end * num_axes]) for axis in reversed(range(num_axes)) for end in (0, 1)]


def _padded(value: Tensor, attributes: Attributes, fill: float) -> Tensor:
    if attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise WeightsError(f"auto_pad {attributes['auto_pad']!r} is not known to the torch devices. Use cpu or cuda.")
    pads = attributes.get("pads", (0, 0, 0, 0))
    return functional.pad(value, _both_sides(pads), value=fill) if any(pads) else value


def _convolution(inputs: Sequence[Any], attributes: Attributes, float_type: torch.dtype) -> Tensor:
    value, filters, *offsets = inputs
    pads = attributes.get("pads", (0, 0, 0, 0))
    is_even = tuple(pads[:2]) == tuple(pads[2:])
    return functional.conv2d(
        value if is_even else _padded(value, attributes, 0.0),
        filters,
        offsets[0] if offsets else None,
        stride=tuple(attributes.get("strides", (1, 1))),
        padding=tuple(pads[:2]) if is_even else 0,
        dilation=tuple(attributes.get("dilations", (1, 1))),
        groups=attributes.get("group", 1),
    )


def _max_pool(inputs: Sequence[Any], attributes: Attributes, float_type: torch.dtype) -> Tensor:
    value = _padded(inputs[0], attributes, float("-inf"))
    return functional.max_pool2d(value, attributes["kernel_shape"], attributes.get("strides", (1, 1)))


def _average_pool(inputs: Sequence[Any], attributes: Attributes, float_type: torch.dtype) -> Tensor:
    if any(attributes.get("pads", (0,))) and not attributes.get("count_include_pad", 0):
        raise WeightsError("AveragePool with edges left out is not known to the torch devices. Use cpu or cuda.")
    value = _padded(inputs[0], attributes, 0.0)
    return functional.avg_pool2d(value, attributes["kernel_shape"], attributes.get("strides", (1, 1)))


def _batch_normalization(inputs: Sequence[Any], attributes: Attributes, float_type: torch.dtype) -> Tensor:
    value, scale, offset, mean, variance = inputs
    return functional.batch_norm(value, mean, variance, scale, offset, eps=attributes.get("epsilon", 1e-5))


def _gemm(inputs: Sequence[Any], attributes: Attributes, float_type: torch.dtype) -> Tensor:
    first, second, *offset = inputs
    first = first.T if attributes.get("transA", 0) else first
    second = second.T if attributes.get("transB", 0) else second
    product: Tensor = attributes.get("alpha", 1.0) * (first @ second)
    return product + attributes.get("beta", 1.0) * offset[0] if offset else product


def _parametric_relu(inputs: Sequence[Any], attributes: Attributes, float_type: torch.dtype) -> Tensor:
    value, slope = inputs
    return torch.where(value >= 0, value, value * slope)


def _pad(inputs: Sequence[Any], attributes: Attributes, float_type: torch.dtype) -> Tensor:
    value, pads, *fill = inputs
    if attributes.get("mode", b"constant") != b"constant":
        raise WeightsError(f"Pad of mode {attributes['mode']!r} is not known to the torch devices. Use cpu or cuda.")
    return functional.pad(value, _both_sides(pads.tolist()), value=float(fill[0]) if fill else 0.0)


def _reshape(inputs: Sequence[Any], attributes: Attributes, float_type: torch.dtype) -> Tensor:
    value: Tensor = inputs[0]
    sizes: Tensor = inputs[1]
    wanted = [value.shape[axis] if size == 0 else size for axis, size in enumerate(sizes.tolist())]
    return value.reshape(wanted)


def _flatten(inputs: Sequence[Any], attributes: Attributes, float_type: torch.dtype) -> Tensor:
    value: Tensor = inputs[0]
    num_rows = math.prod(value.shape[: attributes.get("axis", 1)])
    return value.reshape(num_rows, -1)


def _cast(inputs: Sequence[Any], attributes: Attributes, float_type: torch.dtype) -> Tensor:
    value: Tensor = inputs[0]
    return value.to(attributes["to"] or float_type)


def _clip(inputs: Sequence[Any], attributes: Attributes, float_type: torch.dtype) -> Tensor:
    value, lowest, highest = [*inputs, None, None][:3]
    return torch.clamp(value, lowest, highest)


def _constant(inputs: Sequence[Any], attributes: Attributes, float_type: torch.dtype) -> Tensor:
    tensor = torch.from_numpy(attributes["value"].copy())
    return tensor.to(float_type) if tensor.is_floating_point() else tensor


OPERATIONS: dict[str, Operation] = {
    "Add": _simple(torch.add),
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_normalization,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": lambda inputs, attributes, float_type: torch.cat(list(inputs), dim=attributes["axis"]),
    "Constant": _constant,
    "Conv": _convolution,
    "Div": _simple(torch.div),
    "Dropout": lambda inputs, attributes, float_type: inputs[0],
    "Flatten": _flatten,
    "Gemm": _gemm,
    "GlobalAveragePool": lambda inputs, attributes, float_type: inputs[0].mean(dim=(2, 3), keepdim=True),
    "Identity": lambda inputs, attributes, float_type: inputs[0],
    "MatMul": _simple(torch.matmul),
    "MaxPool": _max_pool,
    "Mul": _simple(torch.mul),
    "PRelu": _parametric_relu,
    "Pad": _pad,
    "Relu": _simple(torch.relu),
    "Reshape": _reshape,
    "Sub": _simple(torch.sub),
    "Transpose": lambda inputs, attributes, float_type: inputs[0].permute(attributes["perm"]),
}
