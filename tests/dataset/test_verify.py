from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from making import RECOGNISER, make_embeddings, make_frames, stage_steps

from creator.profile import Profile
from dataset.dataset import Dataset
from dataset.errors import CommitError, TableReadError
from dataset.info import describe
from dataset.parquet import encode_table
from dataset.reembedding import Reembedding
from dataset.rows import FrameEmbeddings
from dataset.schema import embeddings_name
from dataset.vacuum import find_orphans, vacuum
from dataset.verify import verify

OTHER = "other_net-11111111"
SHARDS = {"sweep-00001": 4, "sweep-00002": 3}


@pytest.fixture
def filled(dataset: Dataset) -> Dataset:
    for shard_id, num_rows in SHARDS.items():
        dataset.commit_shard(shard_id, [stage_steps(dataset, shard_id, range(num_rows))])
    return dataset


def file_of(dataset: Dataset, shard_id: str, table: str) -> Path:
    file = next(file for file in dataset.records()[shard_id].chunks[0].files if file.table == table)
    return Path(dataset.store.url) / table / file.path


def reembed(dataset: Dataset, change: Any = lambda values_ND: values_ND) -> None:
    run = Reembedding(dataset, OTHER, 8)
    for shard_id in run.missing_shards():
        pictures = run.pictures(shard_id)
        made = make_embeddings(len(pictures.images), seed=5)
        run.stage(pictures, FrameEmbeddings(change(made.embeddings_ND.copy()), made.norms_N, made.scores_N))
    run.commit()


def file_made_again(dataset: Dataset) -> Path:
    (file,) = dataset.reembeddings()[embeddings_name(OTHER)]["sweep-00001"].chunks[0].files
    return Path(dataset.store.url) / file.table / file.path


def rewrite(dataset: Dataset, table: str, column: str, change: Any) -> None:
    """Changes a column of the first shard's file behind everybody's back."""
    rewrite_file(file_of(dataset, "sweep-00001", table), column, change)


def rewrite_file(path: Path, column: str, change: Any) -> None:
    import pyarrow.parquet as pq

    rows = pq.read_table(path)
    at = rows.column_names.index(column)
    values = change(rows[column].to_pylist())
    path.write_bytes(
        encode_table(rows.set_column(at, rows.schema.field(at), pa.array(values, rows.schema.field(at).type)))
    )


def test_tables_as_they_should_be_are_clean(filled: Dataset) -> None:
    report = verify(filled, planned=SHARDS)
    assert report.is_clean
    assert (report.num_shards, report.num_rows, report.num_images, report.orphans) == (2, 7, 7, ())


def test_empty_tables_are_clean_and_planned_shards_missing(dataset: Dataset) -> None:
    assert verify(dataset).is_clean
    assert [problem.where for problem in verify(dataset, planned=SHARDS).problems] == list(SHARDS)


def test_a_shard_with_other_rows_than_planned_is_named(filled: Dataset) -> None:
    problems = verify(filled, planned={**SHARDS, "sweep-00002": 5}).problems
    assert [str(problem) for problem in problems] == ["sweep-00002: has 3 rows, 5 are planned"]


def test_progress_is_told_shard_by_shard(filled: Dataset) -> None:
    heard: list[tuple[int, int]] = []
    verify(filled, on_shard=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("table", "column", "change", "message"),
    [
        ("images", "image", lambda values: [b"other", *values[1:]], "does not match its checksum"),
        ("frames", "sha256", lambda values: ["0" * 64, *values[1:]], "not the one that the label is of"),
        ("frames", "face", lambda values: [99, *values[1:]], "Face type 99"),
        ("frames", "profile_hash", lambda values: ["0" * 16, *values[1:]], "captured with profile"),
        ("frames", "step", lambda values: [1, *values[1:]], "2 times in table frames"),
        ("frames", "step", lambda values: [77, *values[1:]], "not in the record"),
        ("frames", "shard_id", lambda values: ["ghost-00001", *values[1:]], "the record says"),
        (embeddings_name(RECOGNISER), "slider_set", lambda values: [55, *values[1:]], "other settings"),
        (embeddings_name(RECOGNISER), "norm", lambda values: [0.5, *values[1:]], "contradict"),
        (embeddings_name(RECOGNISER), "has_face", lambda values: [False, *values[1:]], "contradict"),
    ],
)
def test_a_row_that_was_changed_is_found(filled: Dataset, table: str, column: str, change: Any, message: str) -> None:
    rewrite(filled, table, column, change)
    report = verify(filled)
    assert not report.is_clean
    assert any(message in str(problem) for problem in report.problems), [*map(str, report.problems)]


@pytest.mark.parametrize("table", ["frames", "images", embeddings_name(RECOGNISER)])
def test_a_file_that_is_gone_is_found_and_the_other_shards_are_still_looked_at(filled: Dataset, table: str) -> None:
    file_of(filled, "sweep-00001", table).unlink()
    report = verify(filled)
    assert "sweep-00001" in {problem.where for problem in report.problems}
    is_about_pictures = table in ("frames", "images")
    assert report.num_images == (SHARDS["sweep-00002"] if is_about_pictures else sum(SHARDS.values()))


def test_a_flipped_bit_is_an_error_instead_of_another_number(filled: Dataset) -> None:
    path = file_of(filled, "sweep-00001", embeddings_name(RECOGNISER))
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(TableReadError, match="embeddings"):
        filled.embeddings_table(RECOGNISER)
    assert not verify(filled).is_clean


def infinite(values_ND: Any) -> Any:
    values_ND[2] = np.inf
    return values_ND


@pytest.mark.parametrize("change", [infinite, lambda values_ND: 2 * values_ND])
def test_embeddings_made_again_that_are_no_numbers_or_contradict_their_norm_are_found(
    filled: Dataset, change: Any
) -> None:
    reembed(filled, change)
    report = verify(filled)
    assert "sweep-00001:2" in {problem.where for problem in report.problems}
    assert all(f"in table {embeddings_name(OTHER)} contradict" in str(problem) for problem in report.problems)


@pytest.mark.parametrize(
    ("column", "message"), [("slider_set", "other settings"), ("step", "times in table"), ("norm", "contradict")]
)
def test_a_row_made_again_that_was_changed_is_found(filled: Dataset, column: str, message: str) -> None:
    reembed(filled)
    assert verify(filled).is_clean
    rewrite_file(file_made_again(filled), column, lambda values: [77, *values[1:]])
    assert any(message in str(problem) for problem in verify(filled).problems)


def test_a_flipped_byte_in_a_file_made_again_is_found_and_the_captured_rows_are_still_looked_at(
    filled: Dataset,
) -> None:
    reembed(filled)
    path = file_made_again(filled)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    report = verify(filled)
    assert [problem.where for problem in report.problems] == ["sweep-00001"]
    assert embeddings_name(OTHER) in str(report.problems[0])
    assert report.num_images == sum(SHARDS.values())


def test_a_frame_without_a_face_is_no_problem(dataset: Dataset) -> None:
    frames, embeddings = make_frames(dataset.profile, "sweep-00001", range(3)), make_embeddings(3)
    values_ND = embeddings.embeddings_ND.copy()
    values_ND[1] = np.nan
    norms_N = np.linalg.norm(values_ND, axis=1).astype(np.float32)
    chunk = dataset.stage(frames, FrameEmbeddings(values_ND, norms_N, norms_N), RECOGNISER)
    dataset.commit_shard("sweep-00001", [chunk])
    assert verify(dataset).is_clean


def test_orphans_are_told_and_removed_when_they_are_old_enough(filled: Dataset) -> None:
    dead = stage_steps(filled, "sweep-00003", range(2))
    lost = stage_steps(filled, "sweep-00001", range(2), attempt=2)
    expected = sorted(f"{file.table}/{file.path}" for chunk in (dead, lost) for file in chunk.files)
    assert sorted(verify(filled).orphans) == expected
    assert verify(filled).is_clean

    assert vacuum(filled, min_age_seconds=3600) == []
    assert sorted(file.path for file in vacuum(filled, min_age_seconds=0)) == expected

    assert find_orphans(filled) == []
    assert verify(filled, planned=SHARDS).is_clean
    with pytest.raises(CommitError, match="gone"):
        filled.commit_shard("sweep-00003", [dead])


def test_a_commit_that_died_after_its_decision_has_no_orphans(filled: Dataset, profile: Profile) -> None:
    from fuse import Crash, dying_at

    chunk = stage_steps(filled, "sweep-00003", range(2))
    with pytest.raises(Crash), dying_at(1):
        filled.commit_shard("sweep-00003", [chunk])
    assert vacuum(Dataset(filled.store, profile), min_age_seconds=0) == []
    assert verify(Dataset.open(filled.store.url, profile), planned={**SHARDS, "sweep-00003": 2}).is_clean


def test_a_damaged_commit_record_is_named(filled: Dataset, profile: Profile) -> None:
    record = Path(filled.store.url) / "shards" / "sweep-00001.json"
    record.write_text(json.dumps({"shard_id": "sweep-00001"}))
    with pytest.raises(Exception, match=r"shards/sweep-00001\.json"):
        Dataset.open(filled.store.url, profile)


def test_the_numbers_for_people_add_up(filled: Dataset) -> None:
    filled.commit_shard("other-00001", [stage_steps(filled, "other-00001", range(2))])
    info = describe(filled)
    assert (info.num_shards, info.num_rows) == (3, 9)
    assert info.rows_by_sweep == {"other": 2, "sweep": 7}
    assert info.num_slider_sets == 3
    assert info.image_bytes > 9 * 200
    versions = {table.name: (table.version, table.num_files) for table in info.tables}
    assert versions["frames"] == (3, 3)  # created, three shards
