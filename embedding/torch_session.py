"""Runs an ONNX network with torch: the same weights on CUDA where onnxruntime has no GPU build.

Knows the operations of dlib's network, of ArcFace's residual networks and of MobileFaceNet; a network with others is
refused by their names. Called like an onnxruntime session.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import numpy_helper

from embedding.errors import DeviceError, WeightsError
from embedding.torch_operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from embedding.device import Device

_HALVES = {"cpu": torch.bfloat16, "cuda": torch.float16}
"""16 bits as the processor multiplies them; those of CPUs have 8 bits of precision, those of GPUs 11."""

_ONNX_FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16)


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output as onnxruntime describes it: a size that is free is a name."""

    name: str
    shape: list[int | str | None]


@dataclass(frozen=True, slots=True)
class _Step:
    kind: str
    inputs: tuple[str, ...]
    output: str
    attributes: Mapping[str, Any]
    last_use_of: tuple[str, ...]


def open_torch_session(path: Path, device: Device, *, num_threads: int = 1) -> TorchSession:
    """Raises WeightsError, DeviceError."""
    if device.torch_device == "cuda" and not torch.cuda.is_available():
        raise DeviceError(f"torch {torch.__version__} sees no CUDA device. Use cpu, or install torch's CUDA build.")
    if device.torch_device == "cpu":
        torch.set_num_threads(num_threads)
    try:
        model = onnx.load(str(path))
    except (OSError, DecodeError) as error:
        raise WeightsError(f"{path} cannot be read as an ONNX network: {error}") from error
    unknown = sorted({node.op_type for node in model.graph.node} - set(OPERATIONS))
    if unknown:
        raise WeightsError(f"{path} uses {', '.join(unknown)}, which the torch devices do not know. Use cpu or cuda.")
    return TorchSession(model.graph, torch.device(device.torch_device), is_half=device.is_half)


class TorchSession:
    """Threads take turns: torch's own threads are busy with one run."""

    def __init__(self, graph: onnx.GraphProto, device: torch.device, *, is_half: bool) -> None:
        self._device = device
        self._float = _HALVES[device.type] if is_half else torch.float32
        self._turn = threading.Lock()
        self._weights = {weight.name: self._placed(numpy_helper.to_array(weight)) for weight in graph.initializer}
        self._inputs = [_port(value) for value in graph.input if value.name not in self._weights]
        self._outputs = [_port(value) for value in graph.output]
        self._steps = _steps(graph, {output.name for output in self._outputs})

    def get_inputs(self) -> list[Port]:
        return self._inputs

    def get_outputs(self) -> list[Port]:
        return self._outputs

    def run(self, output_names: Sequence[str] | None, feeds: Mapping[str, Any]) -> list[Any]:
        with self._turn, torch.inference_mode():
            values = self._weights | {name: self._placed(np.asarray(array)) for name, array in feeds.items()}
            for step in self._steps:
                inputs = [values[name] if name else None for name in step.inputs]
                values[step.output] = OPERATIONS[step.kind](inputs, step.attributes, self._float)
                for name in step.last_use_of:
                    del values[name]
            names = output_names or [output.name for output in self._outputs]
            return [_to_numpy(values[name]) for name in names]

    def _placed(self, array: Any) -> torch.Tensor:
        tensor = torch.from_numpy(np.array(array, order="C")).to(self._device)  # a copy: torch wants to own it
        if not tensor.is_floating_point():
            return tensor
        is_image = tensor.ndim == 4  # or a filter: colours side by side is what tensor cores want
        layout = torch.channels_last if is_image else torch.contiguous_format
        return tensor.to(self._float, memory_format=layout)


def _to_numpy(tensor: torch.Tensor) -> Any:
    return (tensor.float() if tensor.is_floating_point() else tensor).cpu().numpy()


def _port(value: onnx.ValueInfoProto) -> Port:
    sizes = value.type.tensor_type.shape.dim
    return Port(
        value.name, [size.dim_value if size.HasField("dim_value") else size.dim_param or None for size in sizes]
    )


def _steps(graph: onnx.GraphProto, outputs: set[str]) -> list[_Step]:
    """The nodes in order; each says which values nobody needs after it, so that memory does not pile up."""
    last_use = {name: number for number, node in enumerate(graph.node) for name in node.input}
    made = {name for node in graph.node for name in node.output} - outputs
    return [
        _Step(
            kind=node.op_type,
            inputs=tuple(node.input),
            output=node.output[0],
            attributes={attribute.name: _attribute(attribute) for attribute in node.attribute},
            last_use_of=tuple({name for name in node.input if name in made and last_use[name] == number}),
        )
        for number, node in enumerate(graph.node)
    ]


def _attribute(attribute: onnx.AttributeProto) -> Any:
    """A type comes as torch's own."""
    value = onnx.helper.get_attribute_value(attribute)
    if attribute.name == "to":
        return None if value in _ONNX_FLOATS else _torch_type(value)
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


def _torch_type(onnx_type: int) -> torch.dtype:
    array = np.zeros(0, dtype=onnx.helper.tensor_dtype_to_np_dtype(onnx_type))
    return torch.from_numpy(array).dtype
