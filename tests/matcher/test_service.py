"""The service as its users meet it: faces, matches, progress, refusals, and nothing that stays behind."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from numpy.typing import NDArray
from PIL import Image
from service_client import SMALL, encoded, lines, toy_client

from creator.sheet import sheet_character, sheet_schema
from embedding.recogniser import Recogniser
from matcher.errors import ServiceConfigError
from matcher.service.config import ServiceConfig, ServiceLimits, read_limits

Picture = NDArray[np.uint8]
STREAM = {"Accept": "application/x-ndjson"}


@pytest.fixture(scope="module")
def client(recogniser: Recogniser) -> TestClient:
    return toy_client(recogniser)


@pytest.fixture(scope="module")
def keys(client: TestClient, photo_HW3: Picture) -> list[str]:
    found = client.post("/v1/faces", content=encoded(photo_HW3), headers={"Content-Type": "image/jpeg"}).json()
    return [face["key"] for face in found["faces"]]


def test_a_photo_becomes_a_face_and_the_face_a_sheet(client: TestClient, photo_HW3: Picture) -> None:
    # given a photo, when its faces are asked for
    found = client.post("/v1/faces", content=encoded(photo_HW3)).json()
    # then the one in it is found and meant, its place told in shares of the photo
    assert found["meant"] == 1
    assert all(0 <= edge <= 1 for edge in found["faces"][0]["box"])
    # when its key is matched
    match = client.post("/v1/matches", json={"faces": [found["faces"][0]["key"]]}).json()
    # then a sheet of the published form comes back, which the creator can set
    Draft202012Validator(sheet_schema()).validate(match["sheet"])
    sheet_character(SMALL, match["sheet"])
    assert len(match["alternatives"]) == 5
    assert match["verdict"] in ("not_alike", "at_ceiling", "below_ceiling")


def test_a_photo_can_be_matched_in_one_request_with_wishes_in_the_address(
    client: TestClient, photo_HW3: Picture
) -> None:
    reply = client.post(
        "/v1/matches?gender=male&fix=face=21,nose_length=-40&alternatives=2",
        content=encoded(photo_HW3, "PNG"),
        headers={"Content-Type": "image/png"},
    )
    character = reply.json()["sheet"]["character"]
    assert (character["gender"], character["face"]) == ("male", 21)
    assert character["sliders"][SMALL.slider_index["nose_length"]] == -40


def test_progress_is_told_line_by_line(client: TestClient, keys: list[str]) -> None:
    reply = client.post("/v1/matches", json={"faces": keys}, headers=STREAM)
    assert reply.headers["content-type"].startswith("application/x-ndjson")
    news = lines(reply.text)
    assert [line["event"] for line in news][-2:] == ["working", "done"]
    assert news[-1]["result"]["sheet"]["profile"] == "small"


def test_what_goes_wrong_while_it_is_told_is_told_too(client: TestClient) -> None:
    wall = encoded(np.full((200, 200, 3), 200, np.uint8))
    last = lines(client.post("/v1/faces", content=wall, headers=STREAM).text)[-1]
    assert (last["event"], last["code"]) == ("error", "no_face")
    assert "from the front" in last["error"]


def test_milder_characters_are_offered_with_what_they_cost(client: TestClient, keys: list[str]) -> None:
    trades = client.post("/v1/trades", json={"faces": keys}).json()["trades"]
    extremeness = [trade["extremeness"] for trade in trades]
    assert extremeness == sorted(extremeness, reverse=True)


def two_faces(photo_HW3: Picture) -> Picture:
    return np.concatenate([photo_HW3, photo_HW3[:, ::-1]], axis=1)


def test_of_several_faces_each_is_numbered_and_none_is_guessed(client: TestClient, photo_HW3: Picture) -> None:
    photo = encoded(two_faces(photo_HW3))
    found = client.post("/v1/faces", content=photo).json()
    assert found["meant"] is None
    assert [face["number"] for face in found["faces"]] == [1, 2]
    assert found["faces"][0]["box"][0] < found["faces"][1]["box"][0]
    image = {"Content-Type": "image/jpeg"}
    refused = client.post("/v1/matches", content=photo, headers=image)
    assert (refused.status_code, refused.json()["code"], refused.json()["num_faces"]) == (422, "several_faces", 2)
    assert client.post("/v1/matches?face=2", content=photo, headers=image).status_code == 200


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 415, "not_a_photo"),
        (b"hello", 415, "not_a_photo"),
        (b"\x00\x00\x00\x18ftypheic", 415, "not_a_photo"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 40, 422, "damaged_photo"),
        (b"x" * 300_001, 413, "too_large"),
    ],
)
def test_each_kind_of_bad_picture_has_its_own_answer(
    recogniser: Recogniser, content: bytes, status: int, code: str
) -> None:
    client = toy_client(recogniser, limits=ServiceLimits(max_photo_bytes=300_000))
    reply = client.post("/v1/faces", content=content)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.json()["error"].endswith(".")


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    Image.new("1", (12_000, 12_000)).save(path)
    reply = client.post("/v1/faces", content=path.read_bytes())
    assert (reply.status_code, reply.json()["code"]) == (413, "photo_too_large")


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ({"faces": []}, "faces"),
        ({"faces": ["nonsense"]}, "no face"),
        ({"faces": ["dlib-00000000:1.0:AAAA"]}, "dlib-00000000"),
        ({"faces": ["x:nan:AAAAAA=="]}, "damaged"),
        ({"faces": ["x:1:AAAA"], "mildness": 2}, "mildness"),
        ({"faces": ["x:1:AAAA"], "colour": "red"}, "colour"),
    ],
)
def test_a_request_that_makes_no_sense_is_answered_with_the_field(
    client: TestClient, message: dict[str, Any], named: str
) -> None:
    reply = client.post("/v1/matches", json=message)
    assert reply.status_code == 400
    assert named in reply.json()["error"]


def test_a_wish_that_cannot_be_fulfilled_names_what_is_offered(client: TestClient, keys: list[str]) -> None:
    reply = client.post("/v1/matches", json={"faces": keys, "fix": {"face": 99}})
    assert (reply.status_code, reply.json()["code"]) == (400, "bad_wish")
    assert "20, 21" in reply.json()["error"]


CHARACTER = {"gender": "male", "face": 21, "skin": 4, "sliders": [0] * 12}


def test_the_sheet_comes_in_four_forms(client: TestClient) -> None:
    replies = {
        form: client.post(f"/v1/sheets/{form}", json={"character": CHARACTER})
        for form in ("json", "ini", "png", "html")
    }
    assert {reply.status_code for reply in replies.values()} == {200}
    assert replies["json"].json()["character"] == CHARACTER
    assert "[head_nose]" in replies["ini"].text
    assert replies["png"].content.startswith(b"\x89PNG")
    assert "Nose length" in replies["html"].text
    assert 'filename="lookalike.png"' in replies["png"].headers["content-disposition"]
    assert client.post("/v1/sheets/exe", json={"character": CHARACTER}).status_code == 400


def test_a_preview_says_what_it_is(client: TestClient) -> None:
    shown = client.post("/v1/previews", json={"character": CHARACTER}).json()
    assert (shown["kind"], shown["label"]) == ("standin_render", "A grey square.")
    assert shown["image"].startswith("data:image/jpeg;base64,")
    refused = client.post("/v1/previews", json={"character": {**CHARACTER, "face": 5}})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_character")


def test_without_a_token_nothing_is_done_where_tokens_are_wanted(recogniser: Recogniser, photo_HW3: Picture) -> None:
    client = toy_client(recogniser, token_hashes={"anna": hashlib.sha256(b"open sesame please").hexdigest()})
    photo = encoded(photo_HW3)
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic open sesame please"}):
        refused = client.post("/v1/faces", content=photo, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "token_wanted")
    assert client.get("/v1/creator").json()["needs_token"]
    allowed = client.post("/v1/faces", content=photo, headers={"Authorization": "Bearer open sesame please"})
    assert allowed.status_code == 200


def test_who_asks_too_often_is_told_when_to_come_again(recogniser: Recogniser) -> None:
    client = toy_client(recogniser, limits=ServiceLimits(burst=2, requests_per_minute=1))
    message = {"character": CHARACTER}
    statuses = [client.post("/v1/previews", json=message).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = client.post("/v1/previews", json=message)
    assert refused.json()["code"] == "busy"
    assert int(refused.headers["retry-after"]) > 1


def test_many_at_once_are_all_served_in_turn(client: TestClient, keys: list[str]) -> None:
    async def ask_all() -> list[httpx.Response]:
        transport = httpx.ASGITransport(client.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as asking:
            return await asyncio.gather(*(asking.post("/v1/matches", json={"faces": keys}) for _ in range(8)))

    replies = asyncio.run(ask_all())
    assert {reply.status_code for reply in replies} == {200}
    similarities = [reply.json()["similarity_predicted"] for reply in replies]
    assert max(similarities) - min(similarities) < 0.05  # those who others wait for get less refinement


def test_health_and_readiness_answer_without_a_token(recogniser: Recogniser) -> None:
    client = toy_client(recogniser, token_hashes={"anna": "0" * 64})
    assert client.get("/v1/health").json()["status"] == "ok"
    assert client.get("/v1/ready").json()["status"] == "ready"


def test_the_api_describes_itself(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert {"/v1/faces", "/v1/matches", "/v1/trades", "/v1/previews", "/v1/sheets/{form}"} <= set(described["paths"])
    assert "faces" in str(described["paths"]["/v1/matches"]["post"]["requestBody"])
    assert client.get("/v1/schemas/sheet").json() == sheet_schema()


def test_the_page_asks_nobody_else(client: TestClient) -> None:
    page = client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    files = ["/", *re.findall(r'(?:href|src)="([\w./]+\.(?:css|js|svg))"', page.text)]
    assert len(files) > 5
    for path in files:
        reply = client.get(path)
        assert reply.status_code == 200
        others = set(re.findall(r"https?://[\w.]+", reply.text)) - {"http://www.w3.org"}
        assert others == set(), path


def test_an_unchanged_file_is_not_sent_again(client: TestClient) -> None:
    tag = client.get("/css/frame.css").headers["etag"]
    assert client.get("/css/frame.css", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/nothing.css").json()["code"] == "http"
    assert client.get("/..%2f..%2fpyproject.toml").status_code == 404


def test_neither_photos_nor_faces_reach_the_log(
    client: TestClient, photo_HW3: Picture, keys: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.post("/v1/faces", content=encoded(photo_HW3))
        client.post("/v1/matches", json={"faces": keys})
        client.post("/v1/matches", json={"faces": [keys[0][:40] + "!!"]})
    assert keys[0][20:40] not in caplog.text


def test_a_configuration_that_makes_no_sense_names_the_field(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    for text, named in (
        ("[limits]\nburst = 0", "burst"),
        ("[limits]\nspeed = 1", "speed"),
        ("colour = 1", "colour"),
        ("trusted_proxies = 3", "list of addresses"),
        ("limits = [", "cannot be read"),
    ):
        path.write_text(text)
        with pytest.raises(ServiceConfigError, match=named):
            read_limits(path)
    with pytest.raises(ServiceConfigError, match="trusted_proxies"):
        ServiceConfig(models="m", trusted_proxies=("nowhere",))
    with pytest.raises(ServiceConfigError, match="num_workers 0"):
        ServiceConfig(models="m", num_workers=0)
