from __future__ import annotations

from pathlib import Path

import pytest
from making import small_profile

from creator.profile import Profile
from dataset.dataset import Dataset


@pytest.fixture(scope="session")
def profile() -> Profile:
    return small_profile()


@pytest.fixture
def dataset(tmp_path: Path, profile: Profile) -> Dataset:
    return Dataset.open(tmp_path / "data", profile)
