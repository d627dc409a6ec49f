"""Opens a network, with this project's errors. What comes back is called like an onnxruntime session.

The detector of a recogniser stays on onnxruntime; see `embedding.torch_session` for what runs a network without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from embedding.device import Device, check_device
from embedding.errors import DeviceError, WeightsError
from telemetry.silent_onnxruntime import onnxruntime, onnxruntime_errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_LOAD_ERRORS = (
    onnxruntime_errors.Fail,
    onnxruntime_errors.InvalidArgument,
    onnxruntime_errors.InvalidGraph,
    onnxruntime_errors.InvalidProtobuf,
    onnxruntime_errors.NoSuchFile,
    onnxruntime_errors.NotImplemented,
    onnxruntime_errors.RuntimeException,
)
"""What onnxruntime raises for a file that it cannot use; they share no ancestor but Exception."""


class Session(Protocol):
    """As much of onnxruntime's session as recognisers use."""

    def run(self, output_names: Sequence[str] | None, feeds: Mapping[str, Any]) -> list[Any]: ...

    def get_inputs(self) -> Sequence[Any]: ...

    def get_outputs(self) -> Sequence[Any]: ...


def open_session(path: Path, *, device: str = "cpu", num_threads: int = 1) -> Session:
    """Loads a network. Raises WeightsError, DeviceError."""
    chosen = check_device(device)
    if chosen.torch_device:
        from embedding.torch_session import open_torch_session  # torch takes seconds and is not everywhere

        return open_torch_session(path, chosen, num_threads=num_threads)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: the caller gets them as exceptions
    try:
        session: Session = onnxruntime.InferenceSession(str(path), options, providers=_providers(device, chosen))
    except _LOAD_ERRORS as error:
        raise WeightsError(f"onnxruntime {onnxruntime.__version__} cannot open {path}: {error}") from error
    return session


def _providers(name: str, device: Device) -> list[str | tuple[str, dict[str, Any]]]:
    """Asked for a GPU, onnxruntime would go on without one and tell nobody."""
    available = onnxruntime.get_available_providers()
    if device.providers[0] not in available:
        raise DeviceError(
            f"This onnxruntime has no {device.providers[0]} for device {name!r}, only {', '.join(available)}. "
            "Install onnxruntime-gpu, or use torch-cuda or cpu."
        )
    options: dict[str, dict[str, Any]] = {"TensorrtExecutionProvider": {"trt_fp16_enable": device.is_half}}
    return [(provider, options.get(provider, {})) for provider in device.providers]
