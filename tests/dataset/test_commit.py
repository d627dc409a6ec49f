from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from deltalake import DeltaTable
from fuse import NUM_STEPS, Crash, dying_at
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from making import small_profile, stage_steps

from creator.profile import Profile
from dataset.dataset import Dataset
from dataset.errors import CommitError
from dataset.record import StagedChunk
from dataset.verify import verify

HERE = Path(__file__).parent
ROWS_BY_ATTEMPT = {1: 2, 2: 3}


def rows_by_table(dataset: Dataset) -> dict[str, Counter[str]]:
    """What a reader counts who knows nothing of records."""
    return {table.name: Counter(table.read(["shard_id"])["shard_id"].to_pylist()) for table in dataset.tables()}


def start_committing(folder: Path, chunks: list[StagedChunk], name: str, step: int = -1) -> subprocess.Popen[str]:
    chunks_file = folder.parent / f"{name}.json"
    chunks_file.write_text(json.dumps([chunk.to_json() for chunk in chunks]))
    command = [sys.executable, str(HERE / "committing.py"), str(folder), str(chunks_file), str(step)]
    paths = [str(HERE.parent.parent), str(HERE)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def wait_until_ready(folder: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(list(folder.parent.glob("*.ready"))) < count:
        assert time.monotonic() < deadline, "the processes did not start"
        time.sleep(0.02)


@pytest.mark.parametrize("step", range(NUM_STEPS + 1))
def test_a_commit_that_dies_anywhere_is_whole_or_not_there_after_opening_again(
    dataset: Dataset, profile: Profile, step: int
) -> None:
    chunk = stage_steps(dataset, "sweep-00001", range(4))
    try:
        with dying_at(step):
            dataset.commit_shard("sweep-00001", [chunk])
    except Crash:
        assert step < NUM_STEPS
    again = Dataset.open(dataset.store.url, profile)

    is_decided = step > 0
    assert again.committed_shards() == ({"sweep-00001": 4} if is_decided else {})
    assert all(counts == {"sweep-00001": 4} for counts in rows_by_table(again).values()) or not is_decided
    assert again.commit_shard("sweep-00001", [chunk]) is not is_decided
    assert verify(again, planned={"sweep-00001": 4}).is_clean


def test_processes_killed_between_the_steps_lose_no_row_and_double_none(tmp_path: Path, profile: Profile) -> None:
    steps = (1, 4)  # after the decision, and between two tables
    folders = [tmp_path / str(step) / "data" for step in steps]
    chunks = [stage_steps(Dataset.open(folder, profile), "sweep-00001", range(3)) for folder in folders]
    children = [
        start_committing(folder, [chunk], "chunks", step)
        for folder, chunk, step in zip(folders, chunks, steps, strict=True)
    ]
    assert [child.wait(timeout=120) for child in children] == [9] * len(children)
    for folder, chunk in zip(folders, chunks, strict=True):
        dataset = Dataset.open(folder, profile)
        dataset.commit_shard("sweep-00001", [chunk])
        assert verify(dataset, planned={"sweep-00001": 3}).is_clean


def test_a_table_that_was_compacted_takes_no_shard_a_second_time(dataset: Dataset, profile: Profile) -> None:
    chunks = [stage_steps(dataset, f"sweep-{number:05d}", range(3)) for number in range(5)]
    for chunk in chunks[:4]:
        dataset.commit_shard(chunk.shard_id, [chunk])
    for table in dataset.tables():
        DeltaTable(dataset.store.delta_url(table.name)).optimize.compact()
        assert table.files().num_rows == 1

    again = Dataset.open(dataset.store.url, profile)
    assert [again.commit_shard(chunk.shard_id, [chunk]) for chunk in chunks] == [False] * 4 + [True]

    assert all(set(counts.values()) == {3} and len(counts) == 5 for counts in rows_by_table(again).values())
    assert verify(again, planned={chunk.shard_id: 3 for chunk in chunks}).is_clean
    assert len(again.frame_image("sweep-00002:1")) == 200


def test_threads_that_race_for_shards_commit_each_once(dataset: Dataset, profile: Profile) -> None:
    shards = [f"sweep-{number:05d}" for number in range(6)]
    racers = [Dataset.open(dataset.store.url, profile) for _ in range(4)]
    barrier = threading.Barrier(len(racers))

    def race(racer: Dataset, attempt: int) -> list[str]:
        chunks = [stage_steps(racer, shard_id, range(attempt), attempt=attempt) for shard_id in shards]
        barrier.wait()
        return [chunk.shard_id for chunk in chunks if racer.commit_shard(chunk.shard_id, [chunk])]

    with ThreadPoolExecutor(len(racers)) as threads:
        won = list(threads.map(race, racers, range(1, len(racers) + 1)))

    assert sorted(shard_id for wins in won for shard_id in wins) == shards
    expected = {shard_id: attempt for attempt, wins in enumerate(won, start=1) for shard_id in wins}
    assert dataset.committed_shards() == expected
    assert all(counts == expected for counts in rows_by_table(dataset).values())
    assert verify(dataset, planned=expected).is_clean


def test_threads_may_share_one_dataset(dataset: Dataset) -> None:
    shards = [f"sweep-{number:05d}" for number in range(8)]

    def capture(shard_id: str) -> bool:
        return dataset.commit_shard(shard_id, [stage_steps(dataset, shard_id, range(2))])

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(capture, shards))
    assert all(counts == dict.fromkeys(shards, 2) for counts in rows_by_table(dataset).values())


def test_processes_that_race_for_shards_commit_each_once(tmp_path: Path, profile: Profile) -> None:
    folder = tmp_path / "data"
    dataset = Dataset.open(folder, profile)
    shards = [f"sweep-{number:05d}" for number in range(8)]
    children = []
    for attempt, num_rows in ROWS_BY_ATTEMPT.items():
        chunks = [stage_steps(dataset, shard_id, range(num_rows), attempt=attempt) for shard_id in shards]
        children.append(start_committing(folder, chunks, f"racer-{attempt}"))
    wait_until_ready(folder, len(children))
    (folder / "go").touch()
    won = [child.communicate(timeout=120)[0].split() for child in children]

    assert sorted(shard_id for wins in won for shard_id in wins) == shards
    expected = {shard_id: ROWS_BY_ATTEMPT[at] for at, wins in enumerate(won, start=1) for shard_id in wins}
    assert all(counts == expected for counts in rows_by_table(dataset).values())
    assert verify(dataset, planned=expected).is_clean


@pytest.mark.slow
def test_kills_at_random_moments_lose_no_row_and_double_none(tmp_path: Path, profile: Profile) -> None:
    folder = tmp_path / "data"
    dataset = Dataset.open(folder, profile)
    chunks = [stage_steps(dataset, f"sweep-{number:05d}", range(2)) for number in range(60)]
    (folder / "go").touch()
    chance = random.Random(5)
    for kill in range(8):
        child = start_committing(folder, chunks, f"victim-{kill}")
        wait_until_ready(folder, kill + 1)
        time.sleep(chance.uniform(0.0, 0.4))
        child.kill()
        child.communicate(timeout=60)
    again = Dataset.open(folder, profile)
    for chunk in chunks:
        again.commit_shard(chunk.shard_id, [chunk])
    assert verify(again, planned={chunk.shard_id: 2 for chunk in chunks}).is_clean


@settings(max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))
class CommitsInAnyOrder(RuleBasedStateMachine):
    """Two writers stage, commit, die and come back in any order; the first decision for a shard stays for good."""

    shards = st.sampled_from(["sweep-00001", "sweep-00002"])
    writers = st.sampled_from([0, 1])

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.profile = small_profile()
        self.writer = [Dataset.open(self.folder, self.profile) for _ in range(2)]
        self.staged: dict[str, list[StagedChunk]] = {}
        self.committed: dict[str, int] = {}

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @rule(writer=writers, shard_id=shards)
    def stage(self, writer: int, shard_id: str) -> None:
        attempt = len(self.staged.get(shard_id, [])) + 1
        chunk = stage_steps(self.writer[writer], shard_id, range(attempt), attempt=attempt)
        self.staged.setdefault(shard_id, []).append(chunk)

    @rule(writer=writers, shard_id=shards, choice=st.integers(0, 99))
    def commit(self, writer: int, shard_id: str, choice: int) -> None:
        chunks = self.staged.get(shard_id, [])
        if not chunks:
            with pytest.raises(CommitError):
                self.writer[writer].commit_shard(shard_id, [])
            return
        chunk = chunks[choice % len(chunks)]
        assert self.writer[writer].commit_shard(shard_id, [chunk]) is (shard_id not in self.committed)
        self.committed.setdefault(shard_id, chunk.num_rows)

    @rule(writer=writers, shard_id=shards, choice=st.integers(0, 99), step=st.integers(0, NUM_STEPS))
    def die_while_committing(self, writer: int, shard_id: str, choice: int, step: int) -> None:
        chunks = self.staged.get(shard_id, [])
        if not chunks:
            return
        chunk = chunks[choice % len(chunks)]
        try:
            with dying_at(step):
                self.writer[writer].commit_shard(shard_id, [chunk])
        except Crash:
            if step == 0:
                return
        self.committed.setdefault(shard_id, chunk.num_rows)

    @rule(writer=writers)
    def come_back(self, writer: int) -> None:
        self.writer[writer] = Dataset.open(self.folder, self.profile)
        for counts in rows_by_table(self.writer[writer]).values():
            assert counts == self.committed

    @invariant()
    def records_are_the_first_decisions(self) -> None:
        for writer in self.writer:
            assert writer.committed_shards() == self.committed


TestCommitsInAnyOrder = CommitsInAnyOrder.TestCase
