"""Operators' commands, limits on how often and how much, and the gateway's own description."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from capturing import AGENT, frame, small_sweep
from small_fleet import Fleet, put, run

from coordinator.commands import Command
from coordinator.gateway import GatewayLimits
from protocol.chunk import write_chunk
from protocol.message import PROTOCOL_VERSION


def order(fleet: Fleet, scope: Any = "operate") -> dict[str, str]:
    return {"Authorization": f"Bearer {fleet.tokens.issue('boss', scopes=('status', scope))}"}


def test_an_operator_adds_ranks_and_cancels_sweeps(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        boss = order(fleet)
        for command in (
            Command("add_sweep", "more", 3, small_sweep("more").to_json()),
            Command("cancel_sweep", "demo"),
            Command("drain_agent", "agent-2"),
        ):
            answer = await client.post("/v1/commands", json=command.to_json(), headers=boss)
            assert answer.status_code == 200, answer.text
            assert answer.json()["text"]
        sweeps = (await client.get("/v1/status", headers=boss)).json()["sweeps"]
        assert [(sweep["name"], sweep["state"], sweep["priority"]) for sweep in sweeps] == [
            ("demo", "cancelled", 0),
            ("more", "running", 3),
        ]

    run(fleet, talk)


def test_who_trains_may_add_sweeps_and_no_more(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        trainer = order(fleet, "train")
        for command, code in (
            (Command("add_sweep", "more", None, small_sweep("more").to_json()), 200),
            (Command("cancel_sweep", "demo"), 403),
            (Command("drain_agent", "agent-2"), 403),
        ):
            answer = await client.post("/v1/commands", json=command.to_json(), headers=trainer)
            assert answer.status_code == code, answer.text
        assert (await client.post("/v1/lease", json=fleet.request(agent="boss"), headers=trainer)).status_code == 403

    run(fleet, talk)


def test_a_players_token_is_refused_wherever_one_is_wanted(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        player = {"Authorization": f"Bearer {fleet.tokens.issue('anna', scopes=('match',))}"}
        codes = [
            (await client.get("/v1/status", headers=player)).status_code,
            (await client.post("/v1/lease", json=fleet.request(agent="anna"), headers=player)).status_code,
            (await client.post("/v1/commands", json={}, headers=player)).status_code,
        ]
        assert codes == [403, 403, 403]

    run(fleet, talk)


@pytest.mark.parametrize(
    "body",
    [
        {"action": "explode", "name": "demo"},
        {"action": "pause_sweep", "name": "nix"},
        {"action": "rank_sweep", "name": "demo"},
        {"action": "add_sweep", "name": "x", "sweep": {"name": "x", "kind": "random"}},
        {"action": "rank_sweep", "name": "demo", "priority": 10**9},
    ],
)
def test_a_command_that_makes_no_sense_is_refused(fleet: Fleet, body: dict[str, Any]) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/commands", json={"version": PROTOCOL_VERSION, **body}, headers=order(fleet))
        assert answer.status_code == 400
        assert answer.json()["error"]

    run(fleet, talk)


@pytest.mark.parametrize("action", ["drain_agent", "undrain_agent", "release_agent"])
def test_an_order_about_an_agent_that_nobody_enrolled_is_refused_with_those_that_are(fleet: Fleet, action: Any) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        boss = order(fleet)
        answer = await client.post("/v1/commands", json=Command(action, "agent-9").to_json(), headers=boss)
        assert answer.status_code == 400
        assert f"there are: {AGENT}, agent-2" in answer.json()["error"]
        known = Command(action, "agent-2").to_json()  # before it was heard of
        assert (await client.post("/v1/commands", json=known, headers=boss)).status_code == 200

    run(fleet, talk)


def test_agents_give_no_orders(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/commands", json=Command("cancel_sweep", "demo").to_json())
        assert answer.status_code == 403
        assert "operate" in answer.json()["error"]

    run(fleet, talk)


def test_who_asks_too_often_is_told_when_to_come_again(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        answers = [await client.get("/v1/status") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 2
        assert 0 < float(answers[-1].headers["Retry-After"]) <= 1
        other = {"Authorization": f"Bearer {fleet.other}"}
        assert (await client.get("/v1/status", headers=other)).status_code == 200

    fleet.limits = GatewayLimits(requests_per_second=1.0)
    run(fleet, talk)


def test_who_tries_tokens_is_slowed_down_and_the_others_are_not(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        wrong = {"Authorization": "Bearer lk_000000000000_" + "0" * 64}
        codes = [(await client.get("/v1/status", headers=wrong)).status_code for _ in range(6)]
        assert codes == [401] * 4 + [429] * 2
        assert (await client.get("/v1/status")).status_code == 200

    fleet.limits = GatewayLimits(refusals_per_second=1.0)
    run(fleet, talk)


def test_one_agent_cannot_take_all_the_room_for_chunks(fleet: Fleet) -> None:
    async def slow(started: asyncio.Event, go: asyncio.Event) -> Any:
        started.set()
        await go.wait()
        yield b"x"

    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        go = asyncio.Event()
        started = [asyncio.Event(), asyncio.Event()]
        hogs = [
            asyncio.create_task(client.put("/v1/leases/x/chunks?checksum=x", content=slow(begun, go)))
            for begun in started
        ]
        await asyncio.gather(*(begun.wait() for begun in started))
        mine = await put(client, grant.lease_id, write_chunk([frame(grant, 0)]))
        assert mine.status_code == 503
        theirs = await put(client, "x", b"chunk", headers={"Authorization": f"Bearer {fleet.other}"})
        assert theirs.status_code == 409  # it got in, and named no lease
        go.set()
        await asyncio.gather(*hogs)

    fleet.limits = GatewayLimits(max_chunks=4, max_chunks_per_agent=2)
    run(fleet, talk)


def test_the_description_names_every_address_with_examples_and_errors(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        described = (await client.get("/openapi.json")).json()
        assert set(described["paths"]) == {
            "/v1/health",
            "/v1/status",
            "/v1/lease",
            "/v1/heartbeat",
            "/v1/report",
            "/v1/commands",
            "/v1/leases/{lease_id}/chunks",
        }
        for path in ("lease", "heartbeat", "report", "commands"):
            post = described["paths"][f"/v1/{path}"]["post"]
            content = post["requestBody"]["content"]["application/json"]
            assert set(content["schema"]["required"]) <= set(content["example"])
            assert {"200", "400", "401", "403", "413", "426", "429", "503"} <= set(post["responses"])
            assert post["security"] == [{"token": []}]
        assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
        assert (
            "version"
            in described["paths"]["/v1/lease"]["post"]["requestBody"]["content"]["application/json"]["schema"][
                "required"
            ]
        )

    run(fleet, talk)


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/oauth2-redirect"])
def test_no_page_makes_a_browser_load_scripts_from_elsewhere(fleet: Fleet, path: str) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        assert (await client.get(path)).status_code == 404

    run(fleet, talk)


def test_the_examples_of_the_description_are_understood(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        described = (await client.get("/openapi.json")).json()
        token = fleet.tokens.issue("studio-1", scopes=("capture", "operate", "status"))
        for path in ("lease", "heartbeat", "report", "commands"):
            content = described["paths"][f"/v1/{path}"]["post"]["requestBody"]["content"]["application/json"]
            body = content["example"]
            if path == "lease":
                body = {**body, "profile_hash": fleet.profile.hash}
            answer = await client.post(f"/v1/{path}", json=body, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 200, answer.text

    run(fleet, talk)


def test_an_agent_keeps_its_name_in_every_row(fleet: Fleet) -> None:
    """The token decides who speaks, so nobody captures in another's name."""

    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        answer = await put(client, grant.lease_id, write_chunk([frame(grant, 0, agent="somebody")]))
        assert answer.status_code == 400
        assert AGENT in answer.json()["error"]

    run(fleet, talk)
