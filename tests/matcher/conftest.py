"""The real recogniser and a photo that an installed package brings along."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from embedding.open import open_recogniser
from embedding.recogniser import Recogniser


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    return open_recogniser("dlib")


@pytest.fixture(scope="session")
def photo_HW3() -> NDArray[np.uint8]:
    """The portrait of an astronaut, NASA, public domain."""
    return np.asarray(data.astronaut()[:300, 80:380], dtype=np.uint8)


@pytest.fixture(scope="session")
def portrait(photo_HW3: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "portrait.png"
    Image.fromarray(photo_HW3).save(path)
    return path
