"""What strangers, other sites' pages and people who leave may ask of the service, and what they get."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from service_client import encoded, toy_client, toy_engine

from embedding.recogniser import Recogniser
from matcher.face_key import FaceKey
from matcher.service.app import create_app
from matcher.service.config import ServiceConfig, ServiceLimits

IMAGE = {"Content-Type": "image/jpeg"}
CHARACTER = {"gender": "male", "face": 21, "skin": 31, "sliders": [0] * 12}


@pytest.fixture(scope="module")
def client(recogniser: Recogniser) -> TestClient:
    return toy_client(recogniser)


@pytest.fixture(scope="module")
def key(client: TestClient, photo_HW3: NDArray[np.uint8]) -> str:
    found = client.post("/v1/faces", content=encoded(photo_HW3)).json()
    return str(found["faces"][0]["key"])


@pytest.mark.parametrize(
    ("headers", "is_refused"),
    [
        ({}, False),
        ({"Origin": "http://testserver"}, False),
        ({"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}, False),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"}, True),
        ({"Origin": "http://testserver:99", "Sec-Fetch-Site": "same-site"}, True),
    ],
)
def test_pages_of_other_sites_are_refused(client: TestClient, headers: Mapping[str, str], is_refused: bool) -> None:
    reply = client.post("/v1/faces", content=b"no picture", headers=headers)
    assert (reply.json()["code"] == "foreign_site") == is_refused
    assert (reply.status_code == 403) == is_refused


@pytest.mark.parametrize(
    ("host", "is_refused"),
    [("127.0.0.1:8000", False), ("localhost", False), ("[::1]:8000", False), ("evil.example", True), ("[", False)],
)
def test_a_service_on_loopback_answers_to_no_other_name(recogniser: Recogniser, host: str, is_refused: bool) -> None:
    app = create_app(toy_engine(recogniser), ServiceConfig(models="toy"))
    asking = TestClient(app, client=("127.0.0.1", 50_000))
    reply = asking.post("/v1/faces", content=b"no picture", headers={"Host": host})
    assert (reply.status_code == 403) == is_refused
    behind = TestClient(
        create_app(toy_engine(recogniser), ServiceConfig(models="toy", trusted_proxies=("127.0.0.1",))),
        client=("127.0.0.1", 50_000),
    )
    assert behind.post("/v1/faces", content=b"no picture", headers={"Host": host}).status_code == 415


@pytest.mark.parametrize(
    "forged",
    [
        lambda key: FaceKey(key.recogniser, key.weight, np.full_like(key.embedding_D, 3e38)),
        lambda key: FaceKey(key.recogniser, key.weight, np.full_like(key.embedding_D, np.nan)),
        lambda key: FaceKey(key.recogniser, key.weight, np.zeros_like(key.embedding_D)),
    ],
)
def test_forged_faces_are_refused_and_not_an_error_of_the_service(client: TestClient, key: str, forged: Any) -> None:
    reply = client.post("/v1/matches", json={"faces": [str(forged(FaceKey.parse(key)))] * 3})
    assert (reply.status_code, reply.json()["code"]) == (400, "bad_face")


@pytest.mark.parametrize("weight", ["1e-60", "nan", "inf", "-1", "0"])
def test_forged_weights_are_refused(client: TestClient, key: str, weight: str) -> None:
    recogniser, _, numbers = key.split(":")
    reply = client.post("/v1/matches", json={"faces": [f"{recogniser}:{weight}:{numbers}"] * 3})
    assert (reply.status_code, reply.json()["code"]) == (400, "bad_face")


@pytest.mark.parametrize("query", ["mildnes=0.9", "mildness=0.2&mildness=0.9"])
def test_misspelt_and_doubled_wishes_are_named(client: TestClient, query: str) -> None:
    reply = client.post(f"/v1/matches?{query}", content=b"no picture", headers=IMAGE)
    assert reply.status_code == 400
    assert "mildnes" in reply.json()["error"]


@pytest.mark.parametrize("kind", ["application/octet-stream", "multipart/form-data; boundary=x"])
def test_a_body_of_the_wrong_type_says_which_is_right(client: TestClient, kind: str) -> None:
    reply = client.post("/v1/matches", content=b"no picture", headers={"Content-Type": kind})
    assert reply.status_code == 400
    assert "image/jpeg" in reply.json()["error"]


def test_types_of_pictures_may_be_written_in_capitals(client: TestClient) -> None:
    reply = client.post("/v1/matches", content=b"no picture", headers={"Content-Type": "Image/JPEG"})
    assert reply.json()["code"] == "not_a_photo"


def test_more_photos_than_are_taken_are_no_matter_of_waiting(recogniser: Recogniser, key: str) -> None:
    few = toy_client(recogniser, limits=ServiceLimits(max_photos=2))
    reply = few.post("/v1/matches", json={"faces": [key] * 3})
    assert (reply.status_code, reply.json()["code"]) == (400, "bad_request")
    assert "at most 2" in reply.json()["error"]


def test_a_full_folder_of_kept_photos_does_not_cost_the_answer(
    recogniser: Recogniser, photo_HW3: NDArray[np.uint8], tmp_path: Any
) -> None:
    limits = ServiceLimits(max_kept_photos=1)
    keeping = toy_client(recogniser, keep_folder=str(tmp_path / "kept"), limits=limits)
    first, second = (
        keeping.post("/v1/matches?keep=true", content=encoded(photo_HW3), headers=IMAGE).json() for _ in range(2)
    )
    assert first["kept"]["id"]
    assert "kept" not in second
    assert any("not kept" in remark for remark in second["remarks"])
    assert second["sheet"]


def test_what_nobody_foresaw_is_answered_and_not_raised(
    recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = toy_engine(recogniser)
    monkeypatch.setattr(engine, "preview_json", lambda _: 1 / 0)
    asking = TestClient(
        create_app(engine, ServiceConfig(models="toy"))
    )  # raises what the server would write to its log
    reply = asking.post("/v1/previews", json={"character": CHARACTER})
    assert (reply.status_code, reply.json()["code"]) == (500, "internal")
    assert "x-content-type-options" in reply.headers


def test_who_leaves_the_line_gives_up_the_place(recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a service whose only worker is busy
    engine, is_free, served = toy_engine(recogniser), threading.Event(), list[bytes]()

    def find_faces(photo: bytes) -> Mapping[str, Any]:
        is_free.wait(20)
        served.append(photo)
        return {}

    monkeypatch.setattr(engine, "find_faces", find_faces)
    app = create_app(engine, ServiceConfig(models="toy"))

    async def ask(body: bytes, *, stays: bool) -> int:
        messages = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[Mapping[str, Any]] = []

        async def receive() -> Mapping[str, Any]:
            if messages:
                return messages.pop()
            if stays:
                await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/v1/faces", "raw_path": b"/v1/faces", "query_string": b""}
        scope |= {"headers": [], "client": ("10.0.0.1", 1), "server": ("x", 80), "scheme": "http", "root_path": ""}
        await app(scope, receive, send)  # type: ignore[arg-type]
        return int(sent[0]["status"])

    async def both() -> tuple[int, int]:
        first = asyncio.create_task(ask(b"first", stays=True))
        await asyncio.sleep(0.2)
        # when somebody asks and leaves
        second = await ask(b"second", stays=False)
        is_free.set()
        return await first, second

    # then whoever stays is served, and nothing is computed for the other
    assert asyncio.run(both()) == (200, 499)
    assert served == [b"first"]
