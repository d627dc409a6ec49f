"""Whole files on disk and behind fsspec: complete or not there at all."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from protocol.object_file import (
    delete_folder,
    delete_object,
    object_exists,
    place_in,
    read_object,
    write_object,
)


@pytest.fixture(params=["disk", "fsspec"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "disk":
        return str(tmp_path / "new" / "folder")
    name = f"memory://{tmp_path.name}"
    fsspec.filesystem("memory").store.clear()
    return name


def test_what_is_written_is_read_and_written_over(folder: str) -> None:
    place = place_in(folder, "name.bin")
    write_object(place, b"first")
    write_object(place, b"second")
    assert object_exists(place)
    assert read_object(place) == b"second"


def test_what_is_missing_is_a_missing_file_and_deleting_it_is_nothing(folder: str) -> None:
    place = place_in(folder, "nothing")
    assert not object_exists(place)
    delete_object(place)
    delete_folder(folder)
    with pytest.raises(FileNotFoundError):
        read_object(place)


def test_a_folder_goes_with_all_that_it_holds(folder: str) -> None:
    write_object(place_in(place_in(folder, "training"), "state"), b"1")
    write_object(place_in(folder, "kept"), b"2")
    delete_folder(place_in(folder, "training"))
    assert not object_exists(place_in(place_in(folder, "training"), "state"))
    assert read_object(place_in(folder, "kept")) == b"2"


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / "inside").touch()
    with pytest.raises(OSError, match="taken"):
        write_object(folder, b"content")
    assert [item.name for item in tmp_path.iterdir()] == ["taken"]


def test_an_unknown_scheme_is_named() -> None:
    with pytest.raises(OSError, match="gopher"):
        read_object("gopher://host/file")
