"""Which files a user means who names photos and folders of photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matcher.errors import TargetError

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm")


def list_photos(places: Sequence[Path]) -> list[Path]:
    """The named files, and every picture in the named folders, in the order of their names.

    Raises TargetError for a folder without pictures; whether a named file is a picture shows when it is read.
    """
    photos: list[Path] = []
    for place in places:
        photos += _in_folder(place) if place.is_dir() else [place]
    return list(dict.fromkeys(photos))


def is_picture(path: Path) -> bool:
    """By its name; whether it can be read shows when it is read."""
    return path.suffix.lower() in PHOTO_SUFFIXES and path.is_file()


def pictures_in(folder: Path) -> list[Path]:
    """By name; none in an empty folder."""
    return sorted(path for path in folder.iterdir() if is_picture(path))


def _in_folder(folder: Path) -> list[Path]:
    found = pictures_in(folder)
    if not found:
        raise TargetError(f"{folder} holds no pictures. Expected files ending in {', '.join(PHOTO_SUFFIXES)}.")
    return found
