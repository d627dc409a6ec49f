"""Keeps the pictures that an error carries, so that somebody can look at what the agent could not make sense of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from protocol.device import Picture


def save_pictures(pictures: Sequence[Picture], folder: Path, name: str) -> list[Path]:
    """As PNG files `<name>-<unix seconds>-<number>.png`, oldest first; makes the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for at, picture in enumerate(pictures):
        paths.append(folder / f"{name}-{int(time.time())}-{at}.png")
        Image.frombytes("RGB", (picture.width, picture.height), picture.rgb).save(paths[-1])
    return paths
