"""Who is let in where tokens are wanted, what answers everybody, and that refusals are counted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from service_client import toy_client, toy_engine

from cli.serve import EnrolledPlayers
from coordinator.tokens import Scope, TokenStore
from embedding.recogniser import Recogniser
from matcher.service.app import create_app
from matcher.service.config import ServiceConfig, ServiceLimits
from telemetry.exporter import render

THREAT_MODEL = Path(__file__).parents[2] / "docs" / "threat_model.md"
OPEN = {"/", "/{path:path}", "/v1/health", "/v1/ready", "/v1/creator", "/v1/schemas/sheet", "/openapi.json"}
"""The page and its files, and what they have to know before somebody gives a token."""


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "players.json")


@pytest.fixture
def client(recogniser: Recogniser, store: TokenStore, tmp_path: Path) -> TestClient:
    store.issue("somebody")
    return toy_client(recogniser, players=EnrolledPlayers(tmp_path / "players.json"))


def bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_nothing_but_the_page_and_descriptions_answers_a_stranger(client: TestClient) -> None:
    routes = [route for route in client.app.routes if isinstance(route, APIRoute) and route.path not in OPEN]
    answers = {
        (method, route.path): client.request(method, re.sub(r"\{\w+\}", "json", route.path)).status_code
        for route in routes
        for method in route.methods
    }
    assert len(answers) >= 7
    assert set(answers.values()) == {401}


def test_the_threat_model_names_what_answers_a_stranger() -> None:
    text = THREAT_MODEL.read_text()
    assert [path for path in OPEN - {"/", "/{path:path}"} if f"`{path}`" not in text] == []


@pytest.mark.parametrize("scope", ["capture", "operate", "status", "train"])
def test_tokens_of_others_are_no_good_here(client: TestClient, store: TokenStore, scope: Scope) -> None:
    refused = client.post("/v1/faces", content=b"x", headers=bearer(store.issue("pc-1", scopes=(scope,))))
    assert (refused.status_code, refused.json()["code"]) == (401, "token_wanted")


def test_wrong_expired_and_revoked_tokens_are_refused_and_counted(
    recogniser: Recogniser, store: TokenStore, tmp_path: Path
) -> None:
    good, revoked = (store.issue("anna", scopes=("match",)) for _ in range(2))
    expired = TokenStore(tmp_path / "players.json", clock=lambda: 0.0).issue("anna", scopes=("match",))
    store.revoke(revoked.split("_")[1])
    engine = toy_engine(recogniser)
    config = ServiceConfig(models="toy", players=EnrolledPlayers(tmp_path / "players.json"))
    client = TestClient(create_app(engine, config))

    answers = [client.post("/v1/faces", headers=bearer(token)) for token in (good[:-1], expired, revoked, "", good)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 415]
    assert b'lookalike_service_refusals_total{reason="token"} 4.0' in render([engine.figures])()


def test_who_tries_tokens_is_slowed_down_and_the_others_are_not(
    recogniser: Recogniser, store: TokenStore, tmp_path: Path
) -> None:
    good = store.issue("anna", scopes=("match",))
    limits = ServiceLimits(burst=2, requests_per_minute=1)
    client = toy_client(recogniser, players=EnrolledPlayers(tmp_path / "players.json"), limits=limits)

    assert [client.post("/v1/faces", headers=bearer("guess")).status_code for _ in range(4)] == [401, 401, 429, 429]
    assert client.post("/v1/faces", headers=bearer(good)).status_code == 415
