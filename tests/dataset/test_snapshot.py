from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dataset.errors import SchemaVersionError, SnapshotError
from dataset.snapshot import ARRAY_NAMES, Snapshot, SnapshotInfo


def make_snapshot(num_rows: int = 6, seed: int = 0) -> Snapshot:
    random = np.random.default_rng(seed)
    return Snapshot(
        choices_N3=random.integers(0, 2, (num_rows, 3)),
        sliders_NS=random.uniform(-1, 1, (num_rows, 4)).astype(np.float32),
        embeddings_ND=random.normal(size=(num_rows, 8)).astype(np.float32),
        slider_sets_N=np.arange(num_rows),
        is_held_out_N=np.arange(num_rows) < 2,
        frame_ids_N=np.array([f"s-{at:05d}:{at}" for at in range(num_rows)]),
        info=SnapshotInfo("small", "abc", "dlib-1", "frames=1", num_rows, 0.1, seed),
    )


@pytest.mark.parametrize("num_rows", [0, 1, 6])
def test_a_saved_snapshot_opens_with_the_same_rows(tmp_path: Path, num_rows: int) -> None:
    snapshot = make_snapshot(num_rows)
    snapshot.save(tmp_path / "deep" / "snapshot")
    again = Snapshot.open(tmp_path / "deep" / "snapshot")
    assert again.info == snapshot.info
    for name in ARRAY_NAMES:
        np.testing.assert_array_equal(getattr(again, name), getattr(snapshot, name))
        assert getattr(again, name).dtype == getattr(snapshot, name).dtype


def test_arrays_are_mapped_and_cannot_be_changed_by_accident(tmp_path: Path) -> None:
    make_snapshot().save(tmp_path / "snapshot")
    embeddings_ND = Snapshot.open(tmp_path / "snapshot").embeddings_ND
    assert isinstance(embeddings_ND, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        embeddings_ND[0, 0] = 1


def test_saving_again_replaces_the_snapshot_and_leaves_nothing_behind(tmp_path: Path) -> None:
    make_snapshot(6).save(tmp_path / "snapshot")
    reader = Snapshot.open(tmp_path / "snapshot")
    make_snapshot(3, seed=1).save(tmp_path / "snapshot")
    assert len(Snapshot.open(tmp_path / "snapshot")) == 3
    assert len(np.array(reader.embeddings_ND)) == 6
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(SnapshotError, match="something else"):
        make_snapshot().save(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_a_missing_or_damaged_snapshot_is_named(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="nowhere"):
        Snapshot.open(tmp_path / "nowhere")
    make_snapshot().save(tmp_path / "snapshot")
    (tmp_path / "snapshot" / "embeddings_ND.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(SnapshotError, match="embeddings_ND"):
        Snapshot.open(tmp_path / "snapshot")


def test_arrays_of_different_lengths_are_no_snapshot(tmp_path: Path) -> None:
    make_snapshot(6).save(tmp_path / "snapshot")
    np.save(tmp_path / "snapshot" / "slider_sets_N.npy", np.arange(5))
    with pytest.raises(SnapshotError, match="lengths"):
        Snapshot.open(tmp_path / "snapshot")


def test_a_snapshot_of_another_release_is_refused(tmp_path: Path) -> None:
    make_snapshot().save(tmp_path / "snapshot")
    info = json.loads((tmp_path / "snapshot" / "snapshot.json").read_text())
    (tmp_path / "snapshot" / "snapshot.json").write_text(json.dumps({**info, "schema_version": 99}))
    with pytest.raises(SchemaVersionError, match="99"):
        Snapshot.open(tmp_path / "snapshot")
