from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from making import DIMENSION, RECOGNISER, make_embeddings, make_frame, make_frames, stage_steps

from creator.profile import Profile
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.errors import (
    CommitError,
    DatasetError,
    FramesRefusedError,
    MissingFrameError,
    ProfileMismatchError,
    SchemaVersionError,
    StoreError,
    StoreNotWritableError,
)
from dataset.record import StagedChunk
from dataset.rows import FrameEmbeddings
from protocol.character import Character


def test_a_committed_shard_is_read_back_as_it_was_captured(dataset: Dataset) -> None:
    frames = make_frames(dataset.profile, "sweep-00001", range(5))
    embeddings = make_embeddings(5)
    chunk = dataset.stage(frames, embeddings, RECOGNISER)

    assert dataset.commit_shard("sweep-00001", [chunk]) is True

    rows = dataset.frame_table().sort_by("step").to_pylist()
    for frame, row in zip(frames, rows, strict=True):
        character = Character(row["gender"], row["face"], row["skin"], tuple(row["sliders"]))
        assert character == frame.record.character
        for name in ("shard_id", "step", "attempt", "agent", "confidence", "captured_unix_seconds", "sha256", "width"):
            assert row[name] == getattr(frame.record, name)
        assert dataset.frame_image(f"sweep-00001:{frame.record.step}") == frame.image
    embedded = dataset.embeddings_table(RECOGNISER).sort_by("step")
    np.testing.assert_array_equal(np.array(embedded["embedding"].to_pylist(), np.float32), embeddings.embeddings_ND)
    assert dataset.recognisers() == {RECOGNISER: DIMENSION}


def test_staged_frames_are_invisible_until_they_are_committed(dataset: Dataset) -> None:
    stage_steps(dataset, "sweep-00001", range(3))
    assert dataset.num_rows() == 0
    assert dataset.frame_table().num_rows == 0
    assert dataset.committed_shards() == {}
    with pytest.raises(MissingFrameError):
        dataset.frame_image("sweep-00001:0")


def test_a_second_commit_of_a_shard_changes_nothing(dataset: Dataset) -> None:
    first = stage_steps(dataset, "sweep-00001", range(4))
    other = stage_steps(dataset, "sweep-00001", range(6), attempt=2)

    outcomes = [dataset.commit_shard("sweep-00001", chunks) for chunks in ([first], [first], [other])]

    assert outcomes == [True, False, False]
    assert dataset.committed_shards() == {"sweep-00001": 4}
    assert set(dataset.frame_table(["attempt"])["attempt"].to_pylist()) == {1}


def test_chunks_of_one_shard_become_one_commit(dataset: Dataset) -> None:
    chunks = [stage_steps(dataset, "sweep-00001", steps) for steps in (range(3), range(3, 5))]
    assert dataset.commit_shard("sweep-00001", chunks)
    assert sorted(dataset.frame_table(["step"])["step"].to_pylist()) == [0, 1, 2, 3, 4]


def test_a_chunk_survives_the_way_through_json(dataset: Dataset) -> None:
    chunk = stage_steps(dataset, "sweep-00001", range(3))
    again = StagedChunk.from_json(json.loads(json.dumps(chunk.to_json())))
    assert again == chunk
    assert dataset.commit_shard("sweep-00001", [again])


def test_another_process_sees_what_was_committed(dataset: Dataset, profile: Profile) -> None:
    reader = Dataset.open(dataset.store.url, profile)
    for number in range(3):
        shard_id = f"sweep-{number:05d}"
        dataset.commit_shard(shard_id, [stage_steps(dataset, shard_id, range(2))])
        assert reader.num_rows() == 2 * (number + 1) == reader.frame_table().num_rows
    assert reader.version() == dataset.version()


def test_only_the_columns_that_were_asked_for_are_read(dataset: Dataset) -> None:
    dataset.commit_shard("sweep-00001", [stage_steps(dataset, "sweep-00001", range(2))])
    assert dataset.frame_table(["step", "agent"]).column_names == ["step", "agent"]
    assert dataset.embeddings_table(RECOGNISER, ["norm"]).column_names == ["norm"]


def test_frames_that_must_not_become_rows_are_refused_and_leave_nothing(dataset: Dataset, profile: Profile) -> None:
    good = make_frame(profile, "sweep-00001", 0)
    record = good.record
    outside = dataclasses.replace(record.character, sliders=(999, *record.character.sliders[1:]))
    bad = {
        "not read back": dataclasses.replace(record, is_verified=False),
        "captured with profile": dataclasses.replace(record, profile_hash="0" * 16),
        "Slider": dataclasses.replace(record, character=outside),
        "expected letters": dataclasses.replace(record, shard_id="../up"),
    }
    for message, wrong in bad.items():
        with pytest.raises(FramesRefusedError, match=message):
            dataset.stage([dataclasses.replace(good, record=wrong)], make_embeddings(1), RECOGNISER)
    for frames, message in (
        ([], "No frames"),
        ([good, good], "twice"),
        ([good, make_frame(profile, "b-1", 1)], "several"),
    ):
        with pytest.raises(FramesRefusedError, match=message):
            dataset.stage(frames, make_embeddings(len(frames)), RECOGNISER)
    with pytest.raises(FramesRefusedError, match="1 frames and 2 embeddings"):
        dataset.stage([good], make_embeddings(2), RECOGNISER)
    with pytest.raises(FramesRefusedError, match="Recogniser"):
        dataset.stage([good], make_embeddings(1), "../net")
    assert list(Path(dataset.store.url).rglob("*.parquet")) == []


def test_embeddings_whose_shapes_disagree_are_refused() -> None:
    with pytest.raises(FramesRefusedError, match="norms"):
        FrameEmbeddings(np.zeros((2, 4), np.float32), np.zeros(3, np.float32), np.zeros(2, np.float32))
    with pytest.raises(FramesRefusedError, match="shape"):
        FrameEmbeddings(np.zeros(4, np.float32), np.zeros(4, np.float32), np.zeros(4, np.float32))


def test_chunks_that_are_no_shard_are_refused(dataset: Dataset) -> None:
    chunk = stage_steps(dataset, "sweep-00001", range(3))
    overlapping = stage_steps(dataset, "sweep-00001", range(2, 4))
    foreign = stage_steps(dataset, "sweep-00002", range(3, 5))
    for chunks, message in (
        ([], "no chunks"),
        ([chunk, overlapping], "step 2"),
        ([chunk, chunk], "step 0"),
        ([chunk, foreign], "sweep-00002"),
    ):
        with pytest.raises(CommitError, match=message):
            dataset.commit_shard("sweep-00001", chunks)
    assert dataset.committed_shards() == {}


def test_a_chunk_whose_file_is_gone_is_not_committed(dataset: Dataset) -> None:
    chunk = stage_steps(dataset, "sweep-00001", range(3))
    (Path(dataset.store.url) / "images" / chunk.files[0].path).unlink()
    with pytest.raises(CommitError, match="is gone"):
        dataset.commit_shard("sweep-00001", [chunk])
    assert dataset.committed_shards() == {}


@pytest.mark.parametrize("name", ["nonsense", "sweep-00001:x", "sweep-00001:99", "sweep-00002:0", ":1"])
def test_a_frame_that_is_not_there_is_named(dataset: Dataset, name: str) -> None:
    dataset.commit_shard("sweep-00001", [stage_steps(dataset, "sweep-00001", range(2))])
    with pytest.raises(MissingFrameError, match=name):
        dataset.frame_image(name)


def test_embeddings_of_an_unknown_recogniser_name_the_known_ones(dataset: Dataset) -> None:
    dataset.commit_shard("sweep-00001", [stage_steps(dataset, "sweep-00001", range(2))])
    with pytest.raises(DatasetError, match=RECOGNISER):
        dataset.embeddings_table("arcface-00000000")


def test_tables_of_another_profile_are_refused(dataset: Dataset) -> None:
    with pytest.raises(ProfileMismatchError, match="small"):
        Dataset.open(dataset.store.url, load_profile("standin"))


def test_tables_of_another_release_are_refused(dataset: Dataset, profile: Profile) -> None:
    marker = Path(dataset.store.url) / "dataset.json"
    marker.write_text(json.dumps({**json.loads(marker.read_text()), "schema_version": 99}))
    with pytest.raises(SchemaVersionError, match="99"):
        Dataset.open(dataset.store.url, profile)


def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path, profile: Profile) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreNotWritableError, match="file/data"):
        Dataset.open(tmp_path / "file" / "data", profile)


def test_an_unknown_kind_of_address_is_refused(profile: Profile) -> None:
    with pytest.raises(StoreError, match="s3://bucket"):
        Dataset.open("https://example.org/data", profile)
