"""Many small files become few large ones; rows, commits and crashes behave as before."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from making import RECOGNISER, stage_steps

from creator.profile import Profile
from dataset.compact import compact
from dataset.dataset import Dataset
from dataset.sample import sample_frames
from dataset.table import Table
from dataset.vacuum import find_orphans, vacuum
from dataset.verify import verify

SHARDS = {f"sweep-{number:05d}": 3 for number in range(8)}
MUCH_LATER_SECONDS = 1e12


@pytest.fixture
def filled(dataset: Dataset) -> Dataset:
    for shard_id, num_rows in SHARDS.items():
        dataset.commit_shard(shard_id, [stage_steps(dataset, shard_id, range(num_rows))])
    return dataset


def num_files(dataset: Dataset) -> list[int]:
    return [table.files().num_rows for table in dataset.tables()]


def test_small_files_become_one_and_every_row_is_still_there(filled: Dataset, profile: Profile) -> None:
    before = filled.embeddings_table(RECOGNISER).sort_by([("shard_id", "ascending"), ("step", "ascending")])

    done = compact(filled)

    assert [(table.num_files_before, table.num_files_after) for table in done] == [(8, 1)] * 3
    assert filled.embeddings_table(RECOGNISER).equals(before)
    assert verify(Dataset.open(filled.store.url, profile), SHARDS).is_clean
    assert filled.frame_image("sweep-00005:2")


def test_a_second_compaction_leaves_large_files_alone(filled: Dataset) -> None:
    compact(filled)
    assert [table.num_bytes_written for table in compact(filled)] == [0, 0, 0]


def test_files_are_put_together_up_to_the_target_only(filled: Dataset) -> None:
    size = max(filled.frames().files()["size_bytes"].to_pylist())

    compact(filled, target_bytes=4 * size)

    assert filled.frames().files()["num_records"].to_pylist() == [12, 12]


def test_nothing_is_committed_again_after_a_compaction(filled: Dataset, profile: Profile) -> None:
    compact(filled)

    again = Dataset.open(filled.store.url, profile)

    assert again.recover() == []
    assert not again.commit_shard("sweep-00003", [stage_steps(again, "sweep-00003", range(3), attempt=2)])
    again.commit_shard("sweep-00099", [stage_steps(again, "sweep-00099", range(2))])
    assert verify(again, {**SHARDS, "sweep-00099": 2}).is_clean


def test_even_without_its_notes_a_compacted_table_takes_no_shard_twice(filled: Dataset, profile: Profile) -> None:
    compact(filled)
    for note in Path(filled.store.url, "compactions").iterdir():
        note.unlink()

    again = Dataset.open(filled.store.url, profile)

    assert again.recover() == []
    assert verify(again, SHARDS).is_clean


def test_replaced_files_stay_for_readers_of_older_versions_until_they_are_old(filled: Dataset) -> None:
    compact(filled)
    assert find_orphans(filled) == []
    assert vacuum(filled) == []

    removed = vacuum(filled, min_age_seconds=3600, clock=lambda: MUCH_LATER_SECONDS)

    assert len(removed) == 3 * len(SHARDS)
    assert verify(filled, SHARDS).is_clean
    assert filled.recover() == []


def test_a_compaction_that_died_before_it_counted_leaves_an_orphan_and_no_harm(
    filled: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DeadError(Exception):
        pass

    def die(*_: object) -> bool:
        raise DeadError

    with monkeypatch.context() as patched:
        patched.setattr(Table, "replace", die)
        with pytest.raises(DeadError):
            compact(filled)

    assert verify(filled, SHARDS).is_clean
    assert len(find_orphans(filled)) == 1
    removed = vacuum(filled, min_age_seconds=0, clock=lambda: MUCH_LATER_SECONDS)
    assert len(removed) == 1
    assert verify(filled, SHARDS).is_clean


def test_two_compactions_at_once_keep_every_row_once(filled: Dataset, profile: Profile) -> None:
    others = [Dataset.open(filled.store.url, profile) for _ in range(4)]

    for at in range(4):
        filled.commit_shard(f"more-{at}", [stage_steps(filled, f"more-{at}", range(2))])
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(compact, others))

    assert verify(filled, SHARDS | {f"more-{at}": 2 for at in range(4)}).is_clean


def test_commits_and_compactions_at_once_lose_nothing(filled: Dataset, profile: Profile) -> None:
    other = Dataset.open(filled.store.url, profile)
    more = {f"other-{number:05d}": 2 for number in range(12)}

    with ThreadPoolExecutor(2) as threads:
        commits = threads.submit(
            lambda: [filled.commit_shard(name, [stage_steps(filled, name, range(2))]) for name in more]
        )
        while not commits.done():
            compact(other)
        assert all(commits.result())

    assert verify(Dataset.open(filled.store.url, profile), SHARDS | more).is_clean
    assert sum(filled.committed_shards().values()) == 24 + 24


def test_a_sample_holds_pictures_and_their_labels(filled: Dataset, tmp_path: Path) -> None:
    compact(filled)

    assert sample_frames(filled, tmp_path / "sample", count=5, seed=1) == 5

    labels = json.loads((tmp_path / "sample" / "labels.json").read_text())
    assert len(labels) == 5
    for row in labels:
        assert (tmp_path / "sample" / row["picture"]).read_bytes() == filled.frame_image(
            f"{row['shard_id']}:{row['step']}"
        )
