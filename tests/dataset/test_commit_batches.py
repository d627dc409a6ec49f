"""A committer that takes shards of some seconds together: what is committed stays so, whoever looks or dies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fuse import Crash, dying_at
from making import stage_steps

from creator.profile import Profile
from dataset.commit import Committer
from dataset.dataset import Dataset
from dataset.errors import StoreUnreachableError
from dataset.store import open_store
from dataset.table import Table
from dataset.verify import verify


class Site:
    """A dataset whose clock and timer are the test's."""

    def __init__(self, folder: Path, profile: Profile) -> None:
        self.now = 0.0
        self.timers: list[Callable[[], None]] = []
        store = open_store(folder)
        committer = Committer(
            store, profile, lambda: self.now, batch_seconds=2.0, later=lambda _, run: self.timers.append(run)
        )
        self.dataset = Dataset.open_in(store, profile, committer)

    def commit(self, number: int) -> None:
        name = f"sweep-{number:05d}"
        assert self.dataset.commit_shard(name, [stage_steps(self.dataset, name, range(2))])

    def rows(self) -> int:
        return self.dataset.frames().read(["step"]).num_rows


@pytest.fixture
def site(tmp_path: Path, profile: Profile) -> Site:
    return Site(tmp_path / "data", profile)


def test_shards_of_two_seconds_reach_the_tables_together(site: Site) -> None:
    site.commit(1)
    before = site.dataset.frames().version()
    for number in (2, 3, 4):
        site.now += 0.5
        site.commit(number)
    assert (site.rows(), site.dataset.num_rows()) == (2, 8)

    site.now += 0.5
    site.commit(5)

    assert site.rows() == 10
    assert site.dataset.frames().version() == (before or 0) + 1


def test_the_last_shards_reach_the_tables_without_another_commit(site: Site) -> None:
    for number in (1, 2, 3):
        site.commit(number)
    (timer,) = site.timers
    timer()
    assert site.rows() == 6


def test_whoever_opens_the_tables_finds_all_that_is_committed(site: Site, profile: Profile) -> None:
    for number in (1, 2, 3):
        site.commit(number)
    again = Dataset.open(site.dataset.store.url, profile)
    assert verify(again, {f"sweep-{number:05d}": 2 for number in (1, 2, 3)}).is_clean

    site.now += 5.0
    site.commit(4)  # what the other has brought to the tables is not brought twice

    assert verify(again, {f"sweep-{number:05d}": 2 for number in (1, 2, 3, 4)}).is_clean


@pytest.mark.parametrize("step", range(8))
def test_a_process_that_dies_while_it_brings_many_shards_loses_none(site: Site, profile: Profile, step: int) -> None:
    for number in (1, 2, 3):
        site.commit(number)
    site.now += 5.0
    with dying_at(step), pytest.raises(Crash):
        site.commit(4)

    again = Dataset.open(site.dataset.store.url, profile)

    is_decided = step > 0
    assert verify(again, {f"sweep-{number:05d}": 2 for number in range(1, 4 + is_decided)}).is_clean


def test_a_store_that_fails_meanwhile_is_asked_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.commit(1)
    site.commit(2)

    def fail(*_: object) -> bool:
        raise StoreUnreachableError("somewhere", "no answer")

    with monkeypatch.context() as patched:
        patched.setattr(Table, "_try_append", fail)
        site.timers.pop()()
        site.now += 5.0
        with pytest.raises(StoreUnreachableError):
            site.commit(3)
    site.timers.pop()()

    assert site.rows() == 6
