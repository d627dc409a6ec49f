"""Networks are installed whole and pinned, or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import urllib.error
import zipfile
from pathlib import Path
from typing import IO

import pytest
from generated_networks import write_folder, write_manifest

from embedding.errors import UnknownRecogniserError, WeightsError
from embedding.model_pack import PACKS, ModelPack, PackFile
from embedding.model_store import MODELS_VARIABLE, ModelStore
from embedding.open import open_recogniser


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path / "models"))
    return ModelStore.of_this_machine()


@pytest.fixture
def networks(tmp_path: Path) -> Path:
    (tmp_path / "My Networks").mkdir()
    return write_folder(tmp_path / "My Networks")


def zipped(folder: Path, inside: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.glob("*.onnx")):
            archive.write(path, inside + path.name)
        archive.writestr(inside + "landmarks.onnx", b"something else")
    return buffer.getvalue()


def pack_of(folder: Path) -> ModelPack:
    files = [
        PackFile(name, hashlib.sha256((folder / name).read_bytes()).hexdigest())
        for name in ("detector.onnx", "recogniser.onnx")
    ]
    return ModelPack("tiny", "https://example.invalid/tiny.zip", 50_000, "for nobody", *files)


def served(content: bytes) -> IO[bytes]:
    return io.BytesIO(content)


def test_an_added_folder_is_opened_by_its_name_and_by_its_identity(store: ModelStore, networks: Path) -> None:
    store.add_folder(networks, licence="CC0-1.0")

    assert store.names() == ["my_networks"]
    recogniser = open_recogniser("my_networks")
    assert str(recogniser.identity).startswith("arcface_my_networks-")
    assert recogniser.licence == "CC0-1.0"
    assert open_recogniser(recogniser.identity.name).identity == recogniser.identity


def test_a_name_may_begin_as_identities_do(store: ModelStore, networks: Path) -> None:
    store.add_folder(networks, name="arcface_tiny")

    identity = open_recogniser("arcface_tiny").identity

    assert open_recogniser(identity.name).identity == identity


def test_an_added_folder_keeps_what_its_manifest_says(store: ModelStore, networks: Path) -> None:
    write_manifest(networks, similarity_threshold=0.25)
    store.add_folder(networks)

    recogniser = open_recogniser("test_pack_1")

    assert (recogniser.licence, recogniser.similarity_threshold) == ("CC0-1.0", 0.25)


@pytest.mark.parametrize(
    "name", ["../tiny.onnx", "/tiny.onnx", "inner/../../tiny.onnx", "..\\tiny.onnx", "C:tiny.onnx", "", "."]
)
def test_a_manifest_that_names_files_elsewhere_is_refused(store: ModelStore, networks: Path, name: str) -> None:
    (networks.parent / "tiny.onnx").write_bytes((networks / "recogniser.onnx").read_bytes())
    write_manifest(networks, file=name)

    with pytest.raises(WeightsError, match="in this folder or below"):
        store.add_folder(networks)
    assert store.names() == []


def test_networks_in_folders_of_the_folder_are_installed(store: ModelStore, networks: Path) -> None:
    write_manifest(networks, file="inner/net.onnx")
    (networks / "inner").mkdir()
    (networks / "recogniser.onnx").rename(networks / "inner" / "net.onnx")

    folder = store.add_folder(networks)

    assert (folder / "inner" / "net.onnx").is_file()
    assert open_recogniser("test_pack_1").identity.dimension == 8


def test_sums_may_be_in_capitals(store: ModelStore, networks: Path) -> None:
    write_manifest(networks, sha256=hashlib.sha256((networks / "recogniser.onnx").read_bytes()).hexdigest().upper())

    assert store.add_folder(networks).is_dir()


@pytest.mark.parametrize(
    "facts",
    [
        {"similarity_threshold": float("nan")},
        {"similarity_threshold": "high"},
        {"similarity_threshold": 7},
        {"false_accept_rate": -1},
        {"false_accept_rate": True},
        {"input_mean": float("nan")},
        {"input_std": 0},
        {"colour_order": "CMYK"},
    ],
)
def test_facts_that_cannot_be_are_refused(networks: Path, facts: dict[str, object]) -> None:
    write_manifest(networks, **facts)

    with pytest.raises(WeightsError, match=next(iter(facts))):
        open_recogniser(str(networks))


def test_a_changed_file_of_an_installed_network_is_refused(store: ModelStore, networks: Path) -> None:
    path = store.add_folder(networks) / "recogniser.onnx"
    path.write_bytes(path.read_bytes() + b"\x00")

    with pytest.raises(WeightsError, match=r"recogniser\.onnx has sha256"):
        open_recogniser("my_networks")


def test_what_is_no_network_leaves_nothing_behind(store: ModelStore, networks: Path) -> None:
    (networks / "recogniser.onnx").write_bytes(b"nonsense")

    with pytest.raises(WeightsError):
        store.add_folder(networks)
    assert store.names() == []
    assert not store.folder.exists() or list(store.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["dlib", "!!"])
def test_some_names_are_not_for_networks(store: ModelStore, networks: Path, name: str) -> None:
    with pytest.raises(WeightsError, match="another name"):
        store.add_folder(networks, name=name)


def test_a_name_is_given_once(store: ModelStore, networks: Path) -> None:
    store.add_folder(networks)

    with pytest.raises(WeightsError, match="there already"):
        store.add_folder(networks)


@pytest.mark.parametrize("inside", ["", "tiny/"])
def test_a_pack_is_downloaded_and_pinned(store: ModelStore, networks: Path, inside: str) -> None:
    counted: list[int] = []
    folder = store.add_pack(
        pack_of(networks), opener=lambda url: served(zipped(networks, inside)), on_bytes=counted.append
    )

    assert sum(counted) == len(zipped(networks, inside))
    assert sorted(path.name for path in folder.iterdir()) == ["detector.onnx", "manifest.json", "recogniser.onnx"]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["tasks"]["recognition"]["sha256"] == pack_of(networks).recognition.sha256
    assert open_recogniser("tiny").licence == "for nobody"


def test_a_pack_with_another_network_inside_is_not_installed(store: ModelStore, networks: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = write_folder(tmp_path / "other", last="Relu")

    with pytest.raises(WeightsError, match=r"recogniser\.onnx of the pack has sha256"):
        store.add_pack(pack_of(networks), opener=lambda url: served(zipped(other)))
    assert store.names() == []


@pytest.mark.parametrize("content", [b"<html>not found</html>", b"", bytes(200_000)])
def test_a_download_that_is_no_pack_is_not_installed(store: ModelStore, networks: Path, content: bytes) -> None:
    with pytest.raises(WeightsError, match=r"zip|does not end"):
        store.add_pack(pack_of(networks), opener=lambda url: served(content))
    assert store.names() == []


def test_without_internet_it_says_what_else_can_be_done(store: ModelStore) -> None:
    def unreachable(url: str) -> IO[bytes]:
        raise urllib.error.URLError("Name or service not known")

    with pytest.raises(WeightsError, match=r"buffalo_l\.zip cannot be reached.*models add FOLDER"):
        store.add_pack(PACKS["buffalo_l"], opener=unreachable)


def test_an_unknown_name_lists_what_is_installed(store: ModelStore, networks: Path) -> None:
    store.add_folder(networks)

    with pytest.raises(UnknownRecogniserError, match="dlib, my_networks"):
        open_recogniser("buffalo_l")
