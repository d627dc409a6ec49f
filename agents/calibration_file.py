"""A calibration as one file: numpy's npz with one entry of JSON beside the pictures."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from agents.calibration import Calibration, LearnedTiming
from agents.cell import Pixels
from agents.errors import CalibrationError
from protocol.object_file import read_object, write_object

_FORMAT = 1
_FACTS = "facts.json"


def save_calibration(calibration: Calibration, path: str | Path) -> None:
    """To a file or a URL; a reader never meets half of it. Raises CalibrationError when it cannot be written."""
    facts = json.dumps({"format": _FORMAT, **calibration.facts()}, sort_keys=True).encode()
    buffer = io.BytesIO()
    entries: dict[str, Any] = {**calibration.arrays(), _FACTS: np.frombuffer(facts, np.uint8)}
    np.savez_compressed(buffer, **entries)
    try:
        write_object(path, buffer.getvalue())
    except OSError as error:
        raise CalibrationError(f"The calibration cannot be written to {path}: {error}") from error


def load_calibration(path: str | Path) -> Calibration:
    """Raises CalibrationError when the file is missing, damaged or of another format."""
    try:
        with np.load(io.BytesIO(read_object(path)), allow_pickle=False) as entries:
            arrays = {name: entries[name] for name in entries.files}
        return _calibration(arrays)
    except FileNotFoundError as error:
        raise CalibrationError(f"No calibration at {str(path)!r}: run `lookalike calibrate` first") from error
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise CalibrationError(f"{str(path)!r} is no calibration of this release ({error}): calibrate again") from error


def _calibration(arrays: dict[str, Pixels]) -> Calibration:
    facts = json.loads(arrays.pop(_FACTS).tobytes())
    if facts.pop("format") != _FORMAT:
        raise ValueError("another format")
    glyphs: dict[str, list[Pixels]] = {}
    for name in sorted(name for name in arrays if name.startswith("glyphs:")):
        glyphs.setdefault(chr(int(name.split(":")[1])), []).append(arrays[name])
    return Calibration(
        **{**facts, "timing": LearnedTiming(**facts["timing"])},
        plain_colours_KM3=arrays["plain_colours"],
        highlight_colours_M3=arrays["highlight_colours"],
        titles=_of_kind(arrays, "titles"),
        sections=_of_kind(arrays, "sections"),
        rows=_of_kind(arrays, "rows"),
        words=_of_kind(arrays, "words"),
        glyphs={character: tuple(variants) for character, variants in glyphs.items()},
    )


def _of_kind(arrays: dict[str, Pixels], kind: str) -> dict[str, Pixels]:
    return {name.removeprefix(f"{kind}:"): array for name, array in arrays.items() if name.startswith(f"{kind}:")}
