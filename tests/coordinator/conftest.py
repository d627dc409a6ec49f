from __future__ import annotations

import pytest

from creator.profile import Profile
from creator.profile_file import load_profile


@pytest.fixture(scope="session")
def profile() -> Profile:
    return load_profile("small")


@pytest.fixture(scope="session")
def standin_profile() -> Profile:
    return load_profile("standin")
