"""A service over the toy networks and the real recogniser, asked in this process as over HTTP."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image
from toy_models import ToyModels

from creator.profile_file import load_profile
from embedding.recogniser import Recogniser
from matcher.matcher import Matcher
from matcher.preview import Preview, PreviewKind
from matcher.service.app import create_app
from matcher.service.config import ServiceConfig
from matcher.service.engine import Engine
from protocol.character import Character

SMALL = load_profile("small")


def encoded(image_HW3: NDArray[np.uint8], kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image_HW3).save(buffer, kind)
    return buffer.getvalue()


def paint_grey(character: Character) -> Preview:
    grey_HW3 = np.full((64, 64, 3), 90 + character.face % 60, np.uint8)
    return Preview(encoded(grey_HW3), PreviewKind.STANDIN_RENDER, "A grey square.")


def toy_engine(recogniser: Recogniser, *, num_workers: int = 1) -> Engine:
    identity = recogniser.identity
    models = ToyModels(SMALL, identity.dimension, str(identity))
    return Engine([Matcher(models, SMALL, recogniser=recogniser) for _ in range(num_workers)], paint_grey)


def toy_client(recogniser: Recogniser, **config: Any) -> TestClient:
    settings = ServiceConfig(models="toy", **config)
    return TestClient(create_app(toy_engine(recogniser), settings), raise_server_exceptions=False)


def lines(text: str) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]
