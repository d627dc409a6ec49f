"""Two photos that installed packages bring along, read where they lie. Both are portraits made by NASA and the US Navy."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from protocol.errors import LookalikeError

_PHOTOS = {
    "Eileen Collins, astronaut": ("skimage", "data/astronaut.png"),
    "Grace Hopper, computer scientist": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
}


def bundled_photos() -> dict[str, Path]:
    """Paths by who is on them. Raises LookalikeError when a package is not installed."""
    return {name: _find(package, file) for name, (package, file) in _PHOTOS.items()}


def _find(package: str, file: str) -> Path:
    spec = find_spec(package)
    path = Path(spec.origin).parent / file if spec and spec.origin else None
    if path is None or not path.is_file():
        raise LookalikeError(f"The demo's photo {file} comes with the package {package}: run `make setup`")
    return path
