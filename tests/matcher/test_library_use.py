"""The examples in the package's documentation are true."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from toy_model_files import write_card, write_networks
from toy_models import ToyModels

import matcher
from creator.profile_file import load_profile
from embedding.recogniser import Recogniser


def test_the_examples_in_the_package_run(
    recogniser: Recogniser, photo_HW3: NDArray[np.uint8], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = ToyModels(load_profile("small"), recogniser.identity.dimension, str(recogniser.identity))
    write_networks(models, tmp_path / "models")
    write_card(models, tmp_path / "models")
    Image.fromarray(photo_HW3).save(tmp_path / "photo.png")
    Image.fromarray((photo_HW3 * 0.7).astype(np.uint8)).save(tmp_path / "darker.png")
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(matcher)
    assert result.attempted > 10
    assert result.failed == 0
