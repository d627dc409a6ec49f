"""What the tests of embeddings share: the recogniser, opened once, and photos that packages bundle."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from embedding.open import open_recogniser

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embedding.recogniser import Recogniser

SMALL_MODELS = Path(__file__).parents[2].parent / "shared" / "models" / "arcface_small"


@pytest.fixture(scope="session")
def dlib_recogniser() -> Recogniser:
    return open_recogniser("dlib")


@pytest.fixture(scope="session")
def arcface() -> Recogniser:
    """Networks with weights that mean something, where they are at hand."""
    if not SMALL_MODELS.is_dir():
        pytest.skip("no ../shared/models/arcface_small beside this checkout")
    return open_recogniser(str(SMALL_MODELS))


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """A public-domain portrait of 512 x 512 pixels, face at about (179, 83) to (266, 170)."""
    data = pytest.importorskip("skimage.data", reason="scikit-image bundles the portrait")
    return np.asarray(data.astronaut(), dtype=np.uint8)


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    """Encodes an array or a Pillow picture in a format."""

    def _encode(picture: NDArray[np.uint8] | Image.Image, file_format: str = "PNG", **options: object) -> bytes:
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        stream = io.BytesIO()
        image.save(stream, file_format, **options)
        return stream.getvalue()

    return _encode
