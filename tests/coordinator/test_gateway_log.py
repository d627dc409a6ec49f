"""What the gateway's log says of chunks and refusals, and what it keeps to itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from small_fleet import Fleet, all_frames, put, run, send

from telemetry.log import log_to

STRANGER = "lk_0123456789ab_" + "d" * 64


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    handler = log_to(tmp_path / "gateway.log", process="gateway")
    yield tmp_path / "gateway.log"
    root.removeHandler(handler)
    handler.close()
    root.handlers[:], root.level = handlers, level


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_chunks_and_refusals_of_a_lease_name_sweep_shard_agent_and_attempt(fleet: Fleet, log: Path) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        await send(client, grant, *all_frames(grant))
        await put(client, grant.lease_id, b"no tar")

    run(fleet, talk)

    taken, refused = (line for line in lines(log) if line["logger"].startswith("coordinator."))
    assert (taken["event"], taken["rejected"]) == ("chunk taken", 0)
    assert (refused["event"], refused["code"], refused["route"]) == (
        "request refused",
        400,
        "/v1/leases/{lease_id}/chunks",
    )
    for line in (taken, refused):
        assert (line["process"], line["sweep"], line["agent"], line["attempt"]) == ("gateway", "demo", "agent-1", 1)
        assert line["shard"].startswith("demo-0")


def test_strangers_are_named_by_their_address_and_their_tokens_and_paths_are_not_told(fleet: Fleet, log: Path) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        await client.get("/v1/status", headers={"Authorization": f"Bearer {STRANGER}"})
        await client.get("/hush-hush?token=hush-hush")

    run(fleet, talk)

    assert [(line["code"], line["sender"]) for line in lines(log)] == [(401, "127.0.0.1"), (404, "127.0.0.1")]
    assert "d" * 64 not in log.read_text()
    assert "hush-hush" not in log.read_text()
