"""Thousands of requests that no agent of ours would send: no 5xx but a told wait, no row, no growth."""

from __future__ import annotations

import asyncio
import io
import json
import random
import tarfile
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from capturing import AGENT, frame
from small_fleet import Fleet, all_frames, run, tar_of

from coordinator.gateway import GatewayLimits
from protocol.chunk import checksum, write_chunk
from protocol.frame import Frame
from protocol.lease import Heartbeat, LeaseGrant, LeaseRequest, Report

NUM_REQUESTS = 500
MANY_REQUESTS = 10_000
GROWTH_BYTES = 20_000_000
BUSY = 503

JUNK: list[Any] = [
    None,
    True,
    -1,
    0,
    10**30,
    1e308,
    "",
    "x" * 3000,
    "\x00",
    "../../etc/passwd",
    "ünï-☃",
    "\ud800",
    [],
    {},
    [[[[]]]],
    {"a": {"b": {}}},
    "demo-00000.1.x",
    "NaN",
]


def messages(fleet: Fleet, grant: LeaseGrant) -> dict[str, dict[str, Any]]:
    return {
        "lease": LeaseRequest(AGENT, fleet.profile.hash, "c", "1").to_json(),
        "heartbeat": Heartbeat(grant.lease_id, AGENT, 1, {"presses": 2.0}).to_json(),
        "report": Report(grant.lease_id, AGENT, "failed", 3, "broken").to_json(),
        "commands": {"action": "add_sweep", "name": "x", "priority": 1, "sweep": {"name": "x", "kind": "random"}},
    }


def twisted(chance: random.Random, message: dict[str, Any]) -> bytes:
    """A message with one thing or several wrong with it; the fields that say who speaks and of what stay now and then."""
    value: Any = dict(message)
    for _ in range(chance.randint(1, 3)):
        name = chance.choice([*message, "unknown"])
        if chance.random() < 0.3:
            value.pop(name, None)
        else:
            value[name] = chance.choice(JUNK)
    if chance.random() < 0.1:
        value = chance.choice(JUNK)
    body = json.dumps(value).encode()
    if chance.random() < 0.15:
        body = body[: chance.randrange(len(body) + 1)]
    return chance.randbytes(chance.randint(0, 400)) if chance.random() < 0.05 else body


def many_members(count: int) -> bytes:
    """Headers without content: the cheapest way to a million members."""
    header = tarfile.TarInfo("00000.json").tobuf(tarfile.USTAR_FORMAT)
    return header * count + bytes(1024)


def relabelled(grant: LeaseGrant, **changes: Any) -> Frame:
    good = frame(grant, 0)
    return Frame(replace(good.record, **changes), good.image)


def odd_tars(grant: LeaseGrant) -> Iterator[bytes]:
    good = write_chunk(all_frames(grant)[:2])
    climbing, absolute = tarfile.TarInfo("../00000.json"), tarfile.TarInfo("/etc/00000.json")
    link, device = tarfile.TarInfo("00000.json"), tarfile.TarInfo("00000.png")
    link.type, link.linkname = tarfile.LNKTYPE, "00001.json"
    device.type = tarfile.CHRTYPE
    huge = tarfile.TarInfo("00000.png")
    huge.size = 8**11 - 1
    yield from (
        good[: len(good) // 3],
        tar_of((climbing, b"{}"), (tarfile.TarInfo("../00000.png"), b"x")),
        tar_of((absolute, b"{}")),
        tar_of((link, b"")),
        tar_of((device, b"")),
        huge.tobuf(tarfile.USTAR_FORMAT) + b"x" * 100,
        many_members(10_000),
        b"\x1f\x8b" + good,
        tar_of((tarfile.TarInfo("00000.json"), b"[" * 60_000), (tarfile.TarInfo("00000.png"), b"x")),
        tar_of((tarfile.TarInfo("00000.json"), b"{}"), (tarfile.TarInfo("00001.png"), b"x")),
        write_chunk([relabelled(grant, step=-1)]),
        write_chunk([relabelled(grant, step=99_999)]),
        write_chunk([frame(grant, 0, attempt=-5)]),
        write_chunk([frame(grant, 0, shard_id="../../../x")]),
        write_chunk([frame(grant, 0, sha256="")]),
        write_chunk([frame(grant, 0, slider_set=10**18)]),
    )


def damaged(chance: random.Random, tars: list[bytes]) -> bytes:
    data = bytearray(chance.choice(tars))
    for _ in range(chance.randint(0, 4)):
        if data:
            data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


async def attack(fleet: Fleet, client: httpx.AsyncClient, grant: LeaseGrant, num_requests: int, seed: int) -> None:
    chance = random.Random(seed)
    known, tars = messages(fleet, grant), list(odd_tars(grant))
    boss = fleet.tokens.issue("boss", scopes=("operate", "capture", "status"))
    tokens = [fleet.token, fleet.token, fleet.other, boss, "", "x", f"{fleet.token}0", "lk_" + "0" * 77]
    for _ in range(num_requests):
        headers = {"Authorization": f"Bearer {chance.choice(tokens)}"}
        if chance.random() < 0.5:
            name = chance.choice(list(known))
            answer = await client.post(f"/v1/{name}", content=twisted(chance, known[name]), headers=headers)
        else:
            data = damaged(chance, tars)
            lease_id = chance.choice([grant.lease_id, grant.lease_id, "x", "%2e%2e%2f", "a" * 3000, "☃"])
            claimed = chance.choice([checksum(data), checksum(data), "0" * 64, "", "☃"])
            answer = await client.put(
                f"/v1/leases/{lease_id}/chunks", params={"checksum": claimed}, content=data, headers=headers
            )
        assert answer.status_code < 500 or "retry-after" in answer.headers, (answer.status_code, answer.text)
        assert "Traceback" not in answer.text


def hammer(fleet: Fleet, num_requests: int) -> None:
    """Memory is looked at after a first round, when everything that is loaded once is there."""

    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        await attack(fleet, client, grant, num_requests // 10, seed=1)
        tracemalloc.start()
        try:
            await attack(fleet, client, grant, num_requests, seed=2)
            grown, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert grown < GROWTH_BYTES
        answer = await client.get("/v1/status", headers={"Authorization": f"Bearer {fleet.token}"})
        assert answer.status_code == 200

    fleet.limits = GatewayLimits(
        max_message_bytes=20_000, max_chunk_bytes=12_000_000, requests_per_second=1e9, refusals_per_second=1e9
    )
    run(fleet, talk)
    assert fleet.dataset.num_rows() == 0


@pytest.mark.timeout(250)
def test_thousands_of_hostile_requests_change_nothing(fleet: Fleet) -> None:
    hammer(fleet, NUM_REQUESTS)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_ten_thousand_hostile_requests_change_nothing(fleet: Fleet) -> None:
    hammer(fleet, MANY_REQUESTS)


def test_a_million_tiny_members_are_refused_at_the_first_too_many(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        record, picture = tarfile.TarInfo("00000.json"), tarfile.TarInfo("00000.png")
        pair = record.tobuf(tarfile.USTAR_FORMAT) + picture.tobuf(tarfile.USTAR_FORMAT)
        data = pair * 60_000 + bytes(1024)  # a million would be 512 MB of headers: refused by size alone
        url = f"/v1/leases/{grant.lease_id}/chunks?checksum={checksum(data)}"
        answer = await client.put(url, content=data)
        assert answer.status_code == 400
        assert "at most" in answer.json()["error"]

    fleet.limits = GatewayLimits(max_chunk_bytes=64_000_000)
    run(fleet, talk)


def test_a_chunk_that_is_replayed_after_its_shard_is_committed_adds_no_row(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        data = write_chunk(all_frames(grant))
        url = f"/v1/leases/{grant.lease_id}/chunks?checksum={checksum(data)}"
        assert (await client.put(url, content=data)).status_code == 200
        report = Report(grant.lease_id, AGENT, "done", 4).to_json()
        assert (await client.post("/v1/report", json=report)).json()["is_committed"]
        replies = await asyncio.gather(*(client.put(url, content=data) for _ in range(20)))
        assert {reply.status_code for reply in replies} <= {409, BUSY}

    run(fleet, talk)
    assert fleet.dataset.num_rows() == 4


def test_bytes_for_a_lease_that_is_not_held_are_not_even_read(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        foreign = {"Authorization": f"Bearer {fleet.other}"}
        for lease_id, headers, code in (("x", {}, 409), (grant.lease_id, foreign, 403)):
            url = f"/v1/leases/{lease_id}/chunks?checksum={checksum(b'no chunk')}"
            assert (await client.put(url, content=b"no chunk", headers=headers)).status_code == code

    run(fleet, talk)


def test_a_compressed_bomb_is_no_chunk(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w:xz") as tar:
            member = tarfile.TarInfo("00000.png")
            member.size = 50_000_000
            tar.addfile(member, io.BytesIO(bytes(member.size)))
        data = stream.getvalue()
        url = f"/v1/leases/{grant.lease_id}/chunks?checksum={checksum(data)}"
        assert (await client.put(url, content=data)).status_code == 400

    run(fleet, talk)
