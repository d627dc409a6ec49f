"""onnxruntime as everybody here imports it: silent. Unless told before its import, it keeps an id of the machine in the user's
cache and reports sessions and errors to its maker; who matches a photo was promised that nobody else is asked."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as onnxruntime_errors

__all__ = ["onnxruntime", "onnxruntime_errors"]
