"""A coordinator asks its store at every start, not only where it makes the tables, whether it can be trusted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from making import small_profile, stage_steps
from unsafe_stores import LoosingStore

from coordinator.coordinator_actor import CoordinatorActor, CoordinatorConfig
from coordinator.errors import StoreError
from dataset.dataset import Dataset


def test_a_coordinator_refuses_tables_that_were_copied_to_a_store_on_which_two_writers_win(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Dataset.open(tmp_path / "good", small_profile())
    good.commit_shard("sweep-00001", [stage_steps(good, "sweep-00001", range(2))])
    shutil.copytree(tmp_path / "good", tmp_path / "copy")
    monkeypatch.setattr("dataset.dataset.open_store", lambda url: LoosingStore(Path(url)))

    with pytest.raises(StoreError, match="racing conditional writes won"):
        CoordinatorActor(CoordinatorConfig(data_url=str(tmp_path / "copy"), profile="small")).status()


def test_a_coordinator_starts_again_on_tables_in_a_folder_and_leaves_nothing_of_its_race(tmp_path: Path) -> None:
    Dataset.open(tmp_path, small_profile())
    CoordinatorActor(CoordinatorConfig(data_url=str(tmp_path), profile="small")).status()
    assert list((tmp_path / "probe").iterdir()) == []
