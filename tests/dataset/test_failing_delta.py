"""Appends to the tables' logs and reads of their files fail and stall as everything else: every row is there once in the end."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from faults import Faults
from faulty_delta import faulty_delta
from faulty_store import FaultyStore
from making import RECOGNISER, stage_steps

from creator.profile import Profile
from dataset.compact import compact
from dataset.dataset import Dataset
from dataset.errors import StoreUnreachableError, TableReadError
from dataset.local_store import LocalStore
from dataset.record import StagedChunk
from dataset.verify import verify

SHARE = 0.15  # three times what a campaign has to bear


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    monkeypatch.setattr("dataset.patience.FIRST_PAUSE_SECONDS", 0.001)
    faults = Faults(SHARE, seed=3)
    monkeypatch.setattr("dataset.table.DeltaTable", faulty_delta(faults))
    return faults


def planned(dataset: Dataset, num_shards: int) -> dict[str, list[StagedChunk]]:
    names = [f"sweep-{number:05d}" for number in range(num_shards)]
    return {name: [stage_steps(dataset, name, range(2))] for name in names}


def test_shards_are_committed_once_while_the_tables_logs_fail(tmp_path: Path, profile: Profile, faults: Faults) -> None:
    dataset = Dataset.open(tmp_path, profile)
    shards = planned(dataset, 12)
    won = [name for name, chunks in shards.items() if dataset.commit_shard(name, chunks)]

    assert won == list(shards)  # no call told its caller of a fault
    assert faults.num_failed > 10
    assert verify(Dataset.open(tmp_path, profile), dict.fromkeys(shards, 2)).is_clean
    assert dataset.frame_table().num_rows == 24


def test_compaction_goes_on_while_the_tables_logs_fail(tmp_path: Path, profile: Profile, faults: Faults) -> None:
    dataset = Dataset.open(tmp_path, profile)
    shards = planned(dataset, 5)
    for name, chunks in shards.items():
        dataset.commit_shard(name, chunks)

    assert [done.num_files_after for done in compact(dataset)] == [1, 1, 1]
    assert faults.num_failed > 5
    assert verify(dataset, dict.fromkeys(shards, 2)).is_clean


def test_a_log_that_never_answers_is_given_up_and_the_rows_come_with_the_next_start(
    tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataset.patience.FIRST_PAUSE_SECONDS", 0.001)
    dataset = Dataset.open(tmp_path, profile)
    chunk = stage_steps(dataset, "sweep-00001", range(2))
    with monkeypatch.context() as broken:
        broken.setattr("dataset.table.DeltaTable", faulty_delta(Faults(2.0)))
        with pytest.raises(StoreUnreachableError, match=r"open did not get through \(asked 5 times\)"):
            dataset.commit_shard("sweep-00001", [chunk])

    assert verify(Dataset.open(tmp_path, profile), {"sweep-00001": 2}).is_clean


def test_an_append_waits_while_the_log_is_stalled(
    tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalled = tmp_path / "stalled"
    monkeypatch.setattr("dataset.table.DeltaTable", faulty_delta(Faults(0.0, stalled=stalled)))
    dataset = Dataset.open(tmp_path / "data", profile)
    chunk = stage_steps(dataset, "sweep-00001", range(2))
    stalled.touch()
    threading.Timer(0.5, stalled.unlink).start()
    started = time.monotonic()

    assert dataset.commit_shard("sweep-00001", [chunk])
    assert time.monotonic() - started >= 0.5
    assert dataset.frame_table().num_rows == 2


def test_tables_are_clean_though_every_fifth_read_of_a_file_fails(
    tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataset.patience.FIRST_PAUSE_SECONDS", 0.001)
    sound = Dataset.open(tmp_path, profile)
    shards = planned(sound, 3)
    for name, chunks in shards.items():
        sound.commit_shard(name, chunks)
    compact(sound)

    class FailingReads(LocalStore):
        arrow_filesystem = property(lambda self: failing.arrow_filesystem)

    failing = FaultyStore(LocalStore(tmp_path), 0.2, seed=2)
    report = verify(Dataset(FailingReads(tmp_path), profile), dict.fromkeys(shards, 2))
    assert report.is_clean, report.problems
    assert failing.num_failed > 1


def test_files_that_can_never_be_read_are_an_error(
    tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataset.patience.FIRST_PAUSE_SECONDS", 0.001)
    sound = Dataset.open(tmp_path, profile)
    sound.commit_shard("sweep-00001", [stage_steps(sound, "sweep-00001", range(2))])

    class NoReads(LocalStore):
        arrow_filesystem = property(lambda self: FaultyStore(LocalStore(tmp_path), 2.0).arrow_filesystem)

    with pytest.raises(TableReadError, match="did not get through"):
        Dataset(NoReads(tmp_path), profile).embeddings_table(RECOGNISER)
