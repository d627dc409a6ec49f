"""Removing orphans beside commits: no acknowledged row is lost, whichever comes first."""

from __future__ import annotations

import pytest
from making import stage_steps

from creator.profile import Profile
from dataset import vacuum as vacuuming
from dataset.dataset import Dataset
from dataset.errors import CommitError
from dataset.removals import FOLDER
from dataset.vacuum import SETTLE_SECONDS, vacuum
from dataset.verify import verify

LATER_SECONDS = 1e12
PLANNED = {"sweep-00000": 4, "sweep-00001": 4}


@pytest.fixture
def begun(dataset: Dataset) -> Dataset:
    dataset.commit_shard("sweep-00000", [stage_steps(dataset, "sweep-00000", range(4))])
    return dataset


def test_a_shard_that_is_committed_between_look_and_removal_keeps_its_files(
    begun: Dataset, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunk, other = stage_steps(begun, "sweep-00001", range(4)), Dataset.open(begun.store.url, profile)
    look, looks = vacuuming.find_orphans, []

    def look_and_let_another_commit(dataset: Dataset) -> object:
        found = look(dataset)
        looks.append(len(found))
        if len(looks) == 1:
            other.commit_shard("sweep-00001", [chunk])
        return found

    monkeypatch.setattr(vacuuming, "find_orphans", look_and_let_another_commit)
    removed = vacuum(begun, clock=lambda: LATER_SECONDS, wait=lambda seconds: None)

    assert (looks, removed) == ([3, 0], [])
    assert verify(Dataset.open(begun.store.url, profile), PLANNED).is_clean
    assert begun.store.list(FOLDER) == []


def test_a_commit_that_had_looked_before_the_announcement_is_waited_for(begun: Dataset, profile: Profile) -> None:
    chunk, other = stage_steps(begun, "sweep-00001", range(4)), Dataset.open(begun.store.url, profile)
    check, waits = other._committer._check_files, []

    def decide(seconds: float) -> None:
        waits.append(seconds)
        other._committer._check_files = lambda shard_id, chunks: None  # type: ignore[method-assign]
        other.commit_shard("sweep-00001", [chunk])

    check("sweep-00001", [chunk])
    assert vacuum(begun, clock=lambda: LATER_SECONDS, wait=decide) == []
    assert waits == [SETTLE_SECONDS]
    assert verify(Dataset.open(begun.store.url, profile), PLANNED).is_clean


def test_a_chunk_whose_removal_is_announced_is_refused_and_captured_again(begun: Dataset, profile: Profile) -> None:
    chunk, other = stage_steps(begun, "sweep-00001", range(4)), Dataset.open(begun.store.url, profile)

    def commit(seconds: float) -> None:
        with pytest.raises(CommitError, match="being removed; capture the chunk again"):
            other.commit_shard("sweep-00001", [chunk])

    assert len(vacuum(begun, clock=lambda: LATER_SECONDS, wait=commit)) == 3

    assert other.commit_shard("sweep-00001", [stage_steps(other, "sweep-00001", range(4), attempt=2)])
    assert verify(Dataset.open(begun.store.url, profile), PLANNED).is_clean
