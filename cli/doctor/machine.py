"""The machine itself: Python, packages of each role, disk, shared memory, GPU."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cli.doctor.check import Check, failure, ok, skipped, warning

ROLES = ("agent", "standin", "coordinator", "embedding", "trainer", "matcher")
LEAST_PYTHON = (3, 11)
_LOW_BYTES, _SCARCE_BYTES = 1e9, 5e9
_LEAST_SHARED_BYTES = 256e6
_CUDA_PROVIDERS = ("TensorrtExecutionProvider", "CUDAExecutionProvider")


def is_installed(package: str) -> bool:
    """Without importing it, which may take seconds."""
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Check:
    found = ".".join(map(str, version))
    if version[:2] < LEAST_PYTHON:
        return failure(
            "python", f"{found}, 3.11 or later is needed", "Install Python 3.11 and run: make setup PYTHON=python3.11"
        )
    return ok("python", found)


def check_roles(
    requirements: Sequence[str] | None = None, installed: Callable[[str], str] = importlib.metadata.version
) -> Iterator[Check]:
    """One line a role: which of its packages are missing or too old. A role that is not used here may well lack some."""
    wanted = list(requirements if requirements is not None else importlib.metadata.requires("lookalike") or [])
    for role in ROLES:
        problems = [problem for problem in (_problem(line, installed) for line in _of_role(wanted, role)) if problem]
        if problems:
            yield warning(
                f"role {role}", "; ".join(problems), f'To use it here: pip install "lookalike[{role}]", or make setup'
            )
        else:
            yield ok(f"role {role}", "all packages are there")


def _of_role(requirements: Sequence[str], role: str) -> Iterator[str]:
    for line in requirements:
        requirement, _, marker = line.partition(";")
        is_here = "sys_platform" not in marker or f'sys_platform == "{sys.platform}"' in marker.replace("'", '"')
        if f'extra == "{role}"' in marker.replace("'", '"') and is_here:
            yield requirement.strip()


def _problem(requirement: str, installed: Callable[[str], str]) -> str:
    name = re.split(r"[\[<>=!~ ]", requirement, maxsplit=1)[0]
    try:
        found = installed(name)
    except importlib.metadata.PackageNotFoundError:
        return f"{name} is missing"
    exact, least = (re.search(rf"{sign}\s*([\w.]+)", requirement) for sign in ("==", ">="))
    if exact and _numbers(found) != _numbers(exact[1]):
        return f"{name} is {found}, expected {exact[1]}"
    if least and _numbers(found) < _numbers(least[1]):
        return f"{name} is {found}, expected {least[1]} or later"
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    """The release without local parts and trailing zeros: 2.13.0+cpu is 2.13."""
    numbers = [int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3]]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def check_disk(folder: Path, free_bytes: Callable[[Path], float] = lambda path: shutil.disk_usage(path).free) -> Check:
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = free_bytes(there)
    finding = f"{free / 1e9:.1f} GB are free at {there}"
    if free < _LOW_BYTES:
        return failure("disk", finding, "Make room: commits and spools fail when it is full")
    if free < _SCARCE_BYTES:
        return warning("disk", finding, "A campaign takes about 60 kB a frame; make room, or name another folder")
    return ok("disk", finding)


def check_shared_memory(path: Path = Path("/dev/shm")) -> Check:  # noqa: S108 - where Ray keeps its objects
    if not path.is_dir() or not is_installed("ray"):
        return skipped("shared memory", "Ray does not run here")
    free = shutil.disk_usage(path).free
    if free < _LEAST_SHARED_BYTES:
        return warning(
            "shared memory",
            f"{free / 1e6:.0f} MB at {path}; Ray falls back to files, which is slow",
            "Give the container more: docker run --shm-size=1g",
        )
    return ok("shared memory", f"{free / 1e9:.1f} GB at {path}")


def check_gpu(has_gpu: bool | None = None) -> Check:
    """A GPU that onnxruntime cannot use is the usual reason for embedding that is slow."""
    if not is_installed("onnxruntime"):
        return skipped("gpu", "onnxruntime is not installed; an agent needs none")
    from telemetry.silent_onnxruntime import onnxruntime

    providers = onnxruntime.get_available_providers()
    is_there = shutil.which("nvidia-smi") is not None if has_gpu is None else has_gpu
    usable = [name for name in _CUDA_PROVIDERS if name in providers]
    if is_there and not usable:
        return warning(
            "gpu",
            f"There is an NVIDIA GPU, but onnxruntime offers {', '.join(providers)}",
            "Replace onnxruntime by onnxruntime-gpu of the same version (docs/train.md)",
        )
    return ok("gpu", f"onnxruntime runs on {', '.join(usable)}" if usable else "none; networks run on the processor")
