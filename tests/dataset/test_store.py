from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faulty_store import FaultyStore
from making import small_profile
from unsafe_stores import CarelessStore, LoosingStore, LyingStore

from dataset.dataset import Dataset
from dataset.errors import (
    CommitError,
    DatasetError,
    StoreError,
    StoreNotWritableError,
    StoreUnreachableError,
    StoreUnsafeError,
    TableReadError,
)
from dataset.local_store import LocalStore
from dataset.probe import probe_store
from dataset.store import Store, open_store

SECRET = "wJalrXUtnFEMI"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "store")


def test_what_was_written_is_read(store: Store) -> None:
    store.write("folder/a", b"first")
    store.write("folder/b", b"second")
    assert store.read("folder/a") == b"first"
    assert store.read("folder/c") is None
    assert store.read_all(["folder/a", "folder/c", "folder/b"]) == {"folder/a": b"first", "folder/b": b"second"}


def test_a_folder_is_listed_by_the_beginning_of_names(store: Store) -> None:
    for name in ("folder/a.1", "folder/a.2", "folder/ab.1", "folder/deeper/a.3"):
        store.write(name, name.encode())
    assert [(file.path, file.size_bytes) for file in store.list("folder", "a.")] == [
        ("folder/a.1", 10),
        ("folder/a.2", 10),
    ]
    assert len(store.list("folder")) == 3
    assert store.list("nowhere") == []


def test_sizes_are_told_of_what_is_there(store: Store) -> None:
    for name in ("folder/a.1", "folder/a.22", "folder/b.1"):
        store.write(name, name.encode())
    assert store.sizes(["folder/a.1", "folder/a.22", "folder/a.3"]) == {"folder/a.1": 10, "folder/a.22": 11}
    assert store.sizes([]) == {}


def test_deleting_what_is_not_there_is_no_error(store: Store) -> None:
    store.write("folder/a", b"x")
    store.delete(["folder/a", "folder/b"])
    assert store.list("folder") == []


def test_only_the_first_of_racing_writers_wins_and_its_content_stays(store: Store) -> None:
    for key in range(20):
        barrier = threading.Barrier(6)

        def put(writer: int, key: int = key, barrier: threading.Barrier = barrier) -> bool:
            barrier.wait()
            return store.put_if_absent(f"keys/{key}", f"writer {writer}".encode())

        with ThreadPoolExecutor(6) as threads:
            won = list(threads.map(put, range(6)))
        assert sum(won) == 1
        assert store.read(f"keys/{key}") == f"writer {won.index(True)}".encode()


def test_half_written_files_of_dead_writers_are_not_listed_and_none_stay_behind(store: Store, tmp_path: Path) -> None:
    store.write("folder/a", b"x")
    store.put_if_absent("folder/a", b"y")
    assert [path.name for path in (tmp_path / "store" / "folder").iterdir()] == ["a"]
    (tmp_path / "store" / "folder" / ".tmp-dead").write_bytes(b"half")
    assert [file.path for file in store.list("folder")] == ["folder/a"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for operation in (LocalStore.write, LocalStore.put_if_absent):
        with pytest.raises(StoreNotWritableError, match="writable folder"):
            operation(LocalStore(tmp_path / "file"), "a", b"x")


def test_a_file_url_and_a_path_are_the_same_place(tmp_path: Path) -> None:
    open_store(f"file://{tmp_path}/x").write("a", b"1")
    assert open_store(str(tmp_path / "x")).read("a") == b"1"


def test_the_probe_trusts_a_folder_and_leaves_nothing_there(store: Store) -> None:
    probe_store(store)
    assert store.list("probe") == []


@pytest.mark.parametrize("kind", [LoosingStore, CarelessStore, LyingStore])
def test_the_probe_refuses_a_store_that_cannot_keep_a_race(tmp_path: Path, kind: Callable[[Path], Store]) -> None:
    with pytest.raises(StoreUnsafeError, match="If-None-Match"):
        probe_store(kind(tmp_path))


@pytest.mark.parametrize("kind", [LocalStore, LoosingStore])
def test_the_probe_judges_a_store_that_fails_now_and_then_as_it_would_a_faultless_one(
    tmp_path: Path, kind: Callable[[Path], Store]
) -> None:
    store = FaultyStore(kind(tmp_path), 0.05, seed=4)
    if kind is LocalStore:
        probe_store(store)
    else:
        with pytest.raises(StoreUnsafeError, match="racing"):
            probe_store(store)


def test_tables_open_on_a_store_that_fails_now_and_then(tmp_path: Path) -> None:
    dataset = Dataset.open_in(FaultyStore(LocalStore(tmp_path), 0.05, seed=1), small_profile())
    assert LocalStore(tmp_path).read("dataset.json") is not None
    assert dataset.store.url == str(tmp_path)


def test_a_store_that_never_answers_is_given_up_with_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataset.patience.FIRST_PAUSE_SECONDS", 0.001)
    with pytest.raises(StoreUnreachableError, match=r"read did not get through \(asked 5 times\); check"):
        Dataset.open_in(FaultyStore(LocalStore(tmp_path), 2.0), small_profile())


def test_nobody_at_a_buckets_address_is_said_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    store = open_store("s3://bucket/data", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"})
    with pytest.raises(StoreUnreachableError, match=r"127\.0\.0\.1:9") as caught:
        store.read("a")
    assert SECRET not in str(caught.value) + repr(store) + str(store.delta_options)


@pytest.mark.parametrize("url", ["s3://", "s3:///prefix", f"s3://key:{SECRET}@bucket/data", "gs://bucket", "ftp://x"])
def test_addresses_that_are_no_store_are_refused_without_showing_secrets(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert SECRET not in str(caught.value)


def test_an_endpoint_with_credentials_in_it_is_refused_without_showing_them() -> None:
    with pytest.raises(StoreError, match="do not belong in AWS_ENDPOINT_URL") as caught:
        open_store("s3://bucket/data", {"AWS_ENDPOINT_URL": f"http://user:{SECRET}@127.0.0.1:9"})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("kind", [DatasetError, TableReadError, CommitError])
def test_no_error_shows_the_password_of_an_address_that_a_library_named(kind: type[DatasetError]) -> None:
    said = f"dispatch failure (http://user:{SECRET}@store.example/bucket): refused"
    assert str(kind(said)) == "dispatch failure (http://user:[hidden]@store.example/bucket): refused"


def test_no_error_of_a_store_shows_a_password_either() -> None:
    error = StoreUnreachableError("s3://bucket", f"no answer at https://user:a@b{SECRET}@store.example")
    assert SECRET not in str(error) + error.explanation
    assert str(error) == "s3://bucket: no answer at https://user:[hidden]@store.example"
