"""Results of an inversion in a file, on disk or on an object store."""

from __future__ import annotations

import io
import zipfile
from dataclasses import asdict

import numpy as np

from protocol.object_file import Place, read_object
from trainer.checkpoint import write_whole
from trainer.errors import CheckpointError
from trainer.inversion import Inversion


def save_inversion(inversion: Inversion, place: Place) -> None:
    """Raises CheckpointError when the place cannot be written."""
    buffer = io.BytesIO()
    np.savez(buffer, **asdict(inversion))
    write_whole(place, buffer.getvalue())


def load_inversion(place: Place) -> Inversion | None:
    """None where there is no file. Raises CheckpointError for one that cannot be read."""
    try:
        content = read_object(place)
    except FileNotFoundError:
        return None
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return Inversion(**{name: arrays[name] for name in arrays.files})
    except (OSError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{place} is damaged ({error}); delete it to invert these targets again") from error
