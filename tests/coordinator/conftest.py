from __future__ import annotations

from pathlib import Path

import pytest
from capturing import small_sweep
from quiet_site import Site
from small_fleet import Fleet

from creator.profile import Profile
from creator.profile_file import load_profile


@pytest.fixture(scope="session")
def profile() -> Profile:
    return load_profile("small")


@pytest.fixture(scope="session")
def standin_profile() -> Profile:
    return load_profile("standin")


@pytest.fixture
def site(profile: Profile) -> Site:
    made = Site(profile)
    made.coordinator.operations.add_sweep(small_sweep())
    return made


@pytest.fixture
def fleet(tmp_path: Path, profile: Profile) -> Fleet:
    return Fleet(tmp_path, profile)
