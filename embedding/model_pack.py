"""Packs of networks that their makers offer for download, pinned by the sha256 of their files.

Nothing of them comes with lookalike: their terms are the user's to accept.
"""

from __future__ import annotations

import hashlib
import shutil
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from embedding.errors import WeightsError

Opener = Callable[[str], IO[bytes]]
_BLOCK_BYTES = 1 << 20
_TIMEOUT_SECONDS = 30.0
_RELEASE = "https://github.com/deepinsight/insightface/releases/download/v0.7"
_INSIGHTFACE_LICENCE = (
    "InsightFace's pretrained models: non-commercial research only; ask contact@insightface.ai for other uses"
)
_SCRFD_10G = "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91"


@dataclass(frozen=True, slots=True)
class PackFile:
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelPack:
    """`archive_bytes` is about what the download takes."""

    name: str
    url: str
    archive_bytes: int
    licence: str
    detection: PackFile
    recognition: PackFile

    @property
    def files(self) -> tuple[PackFile, PackFile]:
        return self.detection, self.recognition


PACKS = {
    pack.name: pack
    for pack in (
        ModelPack(
            name="buffalo_l",
            url=f"{_RELEASE}/buffalo_l.zip",
            archive_bytes=289_000_000,
            licence=_INSIGHTFACE_LICENCE,
            detection=PackFile("det_10g.onnx", _SCRFD_10G),
            recognition=PackFile("w600k_r50.onnx", "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43"),
        ),
        ModelPack(
            name="antelopev2",
            url=f"{_RELEASE}/antelopev2.zip",
            archive_bytes=361_000_000,
            licence=_INSIGHTFACE_LICENCE,
            detection=PackFile("scrfd_10g_bnkps.onnx", _SCRFD_10G),
            recognition=PackFile("glintr100.onnx", "4ab1d6435d639628a6f3e5008dd4f929edf4c4124b1a7169e1048f9fef534cdf"),
        ),
    )
}
"""Source of the sums: InsightFace's release v0.7, as several public projects pin it. Not downloaded where this was written."""


def open_url(url: str) -> IO[bytes]:
    stream: IO[bytes] = urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS)  # noqa: S310 - https, from PACKS
    return stream


def download_pack(
    pack: ModelPack,
    folder: Path,
    *,
    opener: Opener = open_url,
    on_bytes: Callable[[int], None] = lambda num_bytes: None,
) -> None:
    """Puts the pack's two networks into a folder, checked. Raises WeightsError."""
    archive = folder / "pack.zip"
    try:
        with closing(opener(pack.url)) as source, archive.open("wb") as target:
            _copy(source, target, 2 * pack.archive_bytes, on_bytes)
        with zipfile.ZipFile(archive) as zipped:
            for file in pack.files:
                _extract(zipped, file, folder)
    except urllib.error.URLError as error:
        raise WeightsError(
            f"{pack.url} cannot be reached ({error.reason}). Download it on a machine with internet, unpack it, and "
            "name its folder: lookalike models add FOLDER"
        ) from error
    except zipfile.BadZipFile as error:
        raise WeightsError(f"{pack.url} did not give a zip file ({error}). Try again later.") from error
    except OSError as error:
        raise WeightsError(f"The download of {pack.url} broke off ({error}). Try again.") from error
    finally:
        archive.unlink(missing_ok=True)


def _copy(source: IO[bytes], target: IO[bytes], most_bytes: int, on_bytes: Callable[[int], None]) -> None:
    total = 0
    while block := source.read(_BLOCK_BYTES):
        total += len(block)
        if total > most_bytes:
            raise WeightsError(f"The download does not end: {total:,} bytes, expected about {most_bytes // 2:,}.")
        target.write(block)
        on_bytes(len(block))


def _extract(zipped: zipfile.ZipFile, file: PackFile, folder: Path) -> None:
    """Some packs hold their files in a folder of their own."""
    members = [name for name in zipped.namelist() if name.rsplit("/", 1)[-1] == file.name]
    if len(members) != 1:
        raise WeightsError(f"The pack holds {len(members)} files called {file.name}, expected one.")
    path = folder / file.name
    with zipped.open(members[0]) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, _BLOCK_BYTES)
    got = sha256_of(path)
    if got != file.sha256:
        path.unlink()
        raise WeightsError(f"{file.name} of the pack has sha256 {got}, expected {file.sha256}. Do not use it.")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
