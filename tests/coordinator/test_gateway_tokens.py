"""Who holds no good token gets no answer from any route, and every refusal is counted."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path

import httpx
from fastapi.routing import APIRoute
from small_fleet import Fleet

from coordinator.backend import local_backend
from coordinator.gateway import GatewayLimits, create_gateway
from coordinator.gateway_metrics import GatewayFigures, GatewayMeter
from coordinator.tokens import TokenStore

OPEN = {"/v1/health", "/openapi.json"}


def test_wrong_expired_revoked_and_foreign_tokens_are_refused_by_every_route_and_counted(
    fleet: Fleet, tmp_path: Path
) -> None:
    expired = TokenStore(tmp_path / "tokens.json", clock=lambda: 0.0).issue("old", scopes=("capture", "status"))
    revoked = fleet.tokens.issue("gone", scopes=("capture", "status"))
    fleet.tokens.revoke("gone")
    player = fleet.tokens.issue("anna", scopes=("match",))
    backend = local_backend(fleet.coordinator, fleet.embedder, fleet.dataset)
    app = create_gateway(backend, fleet.tokens, GatewayLimits(refusals_per_second=1000.0))
    figures = GatewayFigures()
    app.add_middleware(GatewayMeter, figures=figures)
    routes = [route for route in app.routes if isinstance(route, APIRoute) and route.path not in OPEN]
    asked = [(method, re.sub(r"\{\w+\}", "x", route.path)) for route in routes for method in route.methods]
    tokens = {"none": "", "wrong": fleet.token[:-1] + "!", "expired": expired, "revoked": revoked, "player's": player}

    async def knock() -> dict[tuple[str, str, str], int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
            return {
                (name, method, path): (
                    await client.request(method, path, headers={"Authorization": f"Bearer {token}"}, json={})
                ).status_code
                for name, token in tokens.items()
                for method, path in asked
            }

    answers = asyncio.run(knock())

    assert len(asked) >= 6
    assert {code for (name, *_), code in answers.items() if name != "player's"} == {401}
    assert {code for (name, *_), code in answers.items() if name == "player's"} == {403}
    counted = Counter[str]()
    for family in figures.requests.collect():
        for sample in family.samples:
            counted[sample.labels["code"]] += int(sample.value)
    assert counted == {"401": 4 * len(asked), "403": len(asked)}
