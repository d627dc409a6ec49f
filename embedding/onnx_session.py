"""Opens a network for onnxruntime, with this project's errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort_state

from embedding.errors import WeightsError

if TYPE_CHECKING:
    from pathlib import Path

_LOAD_ERRORS = (
    ort_state.Fail,
    ort_state.InvalidArgument,
    ort_state.InvalidGraph,
    ort_state.InvalidProtobuf,
    ort_state.NoSuchFile,
    ort_state.NotImplemented,
    ort_state.RuntimeException,
)
"""What onnxruntime raises for a file that it cannot use; they share no ancestor but Exception."""


def open_session(path: Path, *, num_threads: int = 1) -> onnxruntime.InferenceSession:
    """Loads a network on the CPU. Raises WeightsError."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: the caller gets them as exceptions
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except _LOAD_ERRORS as error:
        raise WeightsError(f"onnxruntime {onnxruntime.__version__} cannot open {path}: {error}") from error
