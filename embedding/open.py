"""Opens a recogniser by its name or from a folder of networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from embedding.errors import UnknownRecogniserError
from embedding.model_store import ModelStore

if TYPE_CHECKING:
    from embedding.recogniser import Recogniser


def open_recogniser(name: str = "dlib", *, device: str = "cpu", num_threads: int = 1) -> Recogniser:
    """Loads dlib's network, those installed under `name`, or those in the folder at that path; takes about a second.

    `device` is one of `embedding.device.DEVICES`. Raises UnknownRecogniserError, WeightsError, DeviceError.
    """
    if name == "dlib":
        from embedding.dlib_recogniser import open_dlib  # here, so that naming one network loads no other

        return open_dlib(device=device, num_threads=num_threads)
    store = ModelStore.of_this_machine()
    folder = store.find(name) or Path(name)
    if folder.is_dir():
        from embedding.arcface import open_arcface

        return open_arcface(folder, device=device, num_threads=num_threads)
    raise UnknownRecogniserError(
        name, ["dlib", *store.names(), "the path of a folder with ONNX networks (`lookalike models add` installs one)"]
    )
