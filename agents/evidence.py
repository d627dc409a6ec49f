"""Keeps the pictures that an error carries, so that somebody can look at what the agent could not make sense of."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from agents.errors import CalibrationError, DriverError
from protocol.device import Picture


@contextmanager
def kept_evidence(folder: Path, name: str) -> Iterator[None]:
    """Saves the pictures of an error that goes through here, and adds a note of where they are."""
    try:
        yield
    except (CalibrationError, DriverError) as error:
        if error.pictures and not getattr(error, "__notes__", ()):
            paths = save_pictures(error.pictures, folder, name)
            error.add_note(f"What the screen showed is in {', '.join(map(str, paths))}")
        raise


def save_pictures(pictures: Sequence[Picture], folder: Path, name: str) -> list[Path]:
    """As PNG files `<name>-<unix seconds>-<number>.png`, oldest first; makes the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for at, picture in enumerate(pictures):
        paths.append(folder / f"{name}-{int(time.time())}-{at}.png")
        Image.frombytes("RGB", (picture.width, picture.height), picture.rgb).save(paths[-1])
    return paths
