"""The recognition networks that are installed on this machine: a folder each, pinned by a manifest.

A network is opened by its name here; see `embedding.model_folder` for what a folder holds.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedding.cache import cache_folder
from embedding.errors import WeightsError
from embedding.model_folder import MANIFEST_NAME, UNKNOWN_LICENCE, ModelFolder, network_name, open_folder
from embedding.model_pack import ModelPack, Opener, download_pack, open_url

if TYPE_CHECKING:
    from collections.abc import Iterator

MODELS_VARIABLE = "LOOKALIKE_MODELS"
RESERVED_NAMES = ("dlib",)
_IDENTITY_PREFIX = "arcface_"


def models_folder(environment: Mapping[str, str]) -> Path:
    """LOOKALIKE_MODELS, or a folder beside the converted networks."""
    if environment.get(MODELS_VARIABLE):
        return Path(environment[MODELS_VARIABLE])
    return cache_folder(environment) / "models"


@dataclass(frozen=True, slots=True)
class ModelStore:
    folder: Path

    @classmethod
    def of_this_machine(cls, environment: Mapping[str, str] = os.environ) -> ModelStore:
        return cls(models_folder(environment))

    def names(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if (path / MANIFEST_NAME).is_file())

    def find(self, name: str) -> Path | None:
        """The folder of a name, or of the name of an identity as in `arcface_buffalo_l`."""
        known = self.names()
        wanted = [name, name.removeprefix(_IDENTITY_PREFIX)]
        return next((self.folder / each for each in wanted if each in known), None)

    def add_folder(self, source: Path, *, name: str = "", licence: str = "") -> Path:
        """Copies a folder's detector and recogniser and pins them. Raises WeightsError."""
        models = open_folder(source)
        with self._new_folder(name or models.name) as folder:
            for network in (models.detection, models.recognition):
                (folder / network.file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(network.path, folder / network.file)
            terms = licence or models.licence
            _write_manifest(folder, _manifest(name or models.name, terms, models))
        return self.folder / network_name(name or models.name)

    def add_pack(
        self,
        pack: ModelPack,
        *,
        opener: Opener = open_url,
        on_bytes: Callable[[int], None] = lambda num_bytes: None,
    ) -> Path:
        """Downloads a pack; whoever calls has shown its licence and asked. Raises WeightsError."""
        with self._new_folder(pack.name) as folder:
            download_pack(pack, folder, opener=opener, on_bytes=on_bytes)
            _write_manifest(folder, _manifest(pack.name, pack.licence, open_folder(folder)))
        return self.folder / pack.name

    @contextmanager
    def _new_folder(self, name: str) -> Iterator[Path]:
        """Seen by others when it is complete, or never. Raises WeightsError."""
        name = network_name(name)
        if not name or name in RESERVED_NAMES:
            raise WeightsError(f"Networks cannot be called {name!r}. Choose another name.")
        if (self.folder / name).exists():
            raise WeightsError(
                f"{name} is there already: {self.folder / name}. Remove it first, or choose another name."
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.folder, prefix=".new-") as temporary:
                folder = Path(temporary) / name
                folder.mkdir()
                yield folder
                folder.rename(self.folder / name)
        except OSError as error:
            raise WeightsError(f"Cannot write to {self.folder}: {error}. Name another in {MODELS_VARIABLE}.") from error


def _manifest(name: str, licence: str, models: ModelFolder) -> dict[str, Any]:
    """In insightface's form, so that it opens the folder too."""
    networks = {"detection": models.detection, "recognition": models.recognition}
    tasks = {
        task: {**network.facts, "file": network.file, "sha256": network.sha256} for task, network in networks.items()
    }
    return {
        "manifest_version": 2,
        "model_id": name,
        "license": "" if licence == UNKNOWN_LICENCE else licence,
        "tasks": tasks,
    }


def _write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
