"""A folder with a detector and a recognition network as ONNX files, pinned by their sha256 where it says so.

A `manifest.json` in the form of insightface 2 names the files and their hashes:
`{"manifest_version": 2, "model_id": ..., "license": ..., "tasks": {"detection": {"file", "sha256"},
"recognition": {"file", "sha256"}}}`. Ours are, under "recognition": `similarity_threshold`, `false_accept_rate`, and for networks
that were not trained insightface's way `input_mean`, `input_std` and `colour_order`. Without a manifest the networks are told
apart by their inputs and outputs.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from embedding.errors import WeightsError
from embedding.onnx_session import open_session
from embedding.scrfd import NUM_OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedding.onnx_session import Session

MANIFEST_NAME = "manifest.json"
UNKNOWN_LICENCE = "unknown: ask where the weights came from"
_SMALLEST_INPUT_PIXELS = 112
_OTHER_INPUTS_PIXELS = (192,)  # insightface's landmark networks


@dataclass(frozen=True, slots=True)
class Network:
    """One network of the folder, open, its file (as the manifest names it) and the sha256 of that."""

    session: Session
    path: Path
    file: str
    sha256: str
    facts: Mapping[str, Any]

    def number(self, name: str, default: float, lowest: float, highest: float) -> float:
        """A fact of the manifest. Raises WeightsError when it is none within the bounds."""
        value = self.facts.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
            raise WeightsError(f"The manifest says {name} = {value!r}, expected a number from {lowest} to {highest}.")
        return float(value)


@dataclass(frozen=True, slots=True)
class ModelFolder:
    name: str
    licence: str
    detection: Network
    recognition: Network


def open_folder(folder: Path, *, device: str = "cpu", num_threads: int = 1) -> ModelFolder:
    """Opens both networks, after their hashes have been checked; the detector runs on the CPU unless the device is `cuda`.

    Raises WeightsError, DeviceError.
    """
    if not folder.is_dir():
        raise WeightsError(f"{folder} is not a folder. Name one that holds a detector and a recogniser (.onnx).")
    manifest = _read_manifest(folder)
    tasks = manifest.get("tasks") or _guess_tasks(folder, num_threads)
    detection = _open_network(folder, tasks, "detection", device if device == "cuda" else "cpu", num_threads)
    recognition = _open_network(folder, tasks, "recognition", device, num_threads)
    return ModelFolder(
        name=network_name(str(manifest.get("model_id") or folder.resolve().name)),
        licence=str(manifest.get("license") or UNKNOWN_LICENCE),
        detection=detection,
        recognition=recognition,
    )


def network_name(text: str) -> str:
    """As it may stand in the name of a table."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST_NAME
    if not path.is_file():
        return {}
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("tasks"), dict):
        raise WeightsError(f'{path}: expected an object with "tasks".')
    return manifest


def _open_network(folder: Path, tasks: Mapping[str, Any], task: str, device: str, num_threads: int) -> Network:
    facts = tasks.get(task)
    if not isinstance(facts, dict) or not isinstance(facts.get("file"), str):
        raise WeightsError(f"{folder / MANIFEST_NAME}: tasks.{task}.file is missing. Name the ONNX file there.")
    file = _inside(folder, facts["file"])
    path = folder / file
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror}). Is the folder complete?") from error
    if str(facts.get("sha256", sha256)).lower() != sha256:
        raise WeightsError(f"{path} has sha256 {sha256}, the manifest says {facts['sha256']}. Get the file again.")
    return Network(open_session(path, device=device, num_threads=num_threads), path, file.as_posix(), sha256, facts)


def _inside(folder: Path, name: str) -> PurePosixPath:
    """A manifest comes from elsewhere, and names files of its own folder or of folders in it."""
    file = PurePosixPath(name.replace("\\", "/"))
    if file.is_absolute() or PureWindowsPath(name).drive or ".." in file.parts or "\0" in name or not file.name:
        raise WeightsError(f"{folder / MANIFEST_NAME} names {name!r}. Expected a file in this folder or below it.")
    return file


def _guess_tasks(folder: Path, num_threads: int) -> dict[str, dict[str, str]]:
    """Tells networks apart by their shapes, as insightface does."""
    found: dict[str, list[str]] = {"detection": [], "recognition": []}
    for path in sorted(folder.glob("*.onnx")):
        task = _task_of(open_session(path, num_threads=num_threads))
        if task is not None:
            found[task].append(path.name)
    for task, names in found.items():
        if len(names) != 1:
            raise WeightsError(
                f"{folder} holds {len(names)} networks for {task} ({', '.join(names) or 'none'}), expected one. "
                f"Name the right one in {MANIFEST_NAME}."
            )
    return {task: {"file": names[0]} for task, names in found.items()}


def _task_of(session: Session) -> str | None:
    if len(session.get_outputs()) == NUM_OUTPUTS:
        return "detection"
    return "recognition" if _is_recogniser(session.get_inputs()[0].shape) else None


def _is_recogniser(shape: Sequence[int | str | None]) -> bool:
    if len(shape) != 4 or not isinstance(shape[2], int) or shape[2] != shape[3]:
        return False
    return shape[2] >= _SMALLEST_INPUT_PIXELS and shape[2] % 16 == 0 and shape[2] not in _OTHER_INPUTS_PIXELS
