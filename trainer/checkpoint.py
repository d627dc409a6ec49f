"""States of a training in a file, on disk or on an object store. A file appears complete or not at all."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from protocol.object_file import read_object, write_object
from trainer.errors import CheckpointError


def save_state(path: str | Path, state: Mapping[str, Any]) -> None:
    """Raises CheckpointError when the place cannot be written."""
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    write_whole(path, buffer.getvalue())


def load_state(path: str | Path) -> dict[str, Any] | None:
    """None where there is no file. Raises CheckpointError for one that cannot be read; only tensors and plain data are."""
    try:
        content = read_object(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    try:
        state: dict[str, Any] = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
    except (RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{path} is damaged ({error}); delete it to start this training again") from error
    return state


def write_whole(path: str | Path, content: bytes) -> None:
    """A file appears complete or not at all. Raises CheckpointError."""
    try:
        write_object(path, content)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be written: {error}; choose a folder that can") from error
