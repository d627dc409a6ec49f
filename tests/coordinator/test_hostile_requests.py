"""Thousands of requests that no agent of ours would send: no 5xx but a told wait, no row, no growth."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import random
import tarfile
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from capturing import AGENT, frame
from small_fleet import Fleet, all_frames, put, report, run, send, tar_of

from coordinator.commands import Command
from coordinator.gateway import GatewayLimits
from protocol.chunk import checksum, write_chunk
from protocol.frame import Frame
from protocol.lease import Heartbeat, LeaseGrant, LeaseRequest, Report

NUM_REQUESTS = 500
MANY_REQUESTS = 10_000
GROWTH_BYTES = 20_000_000
ROUND_REQUESTS = 25
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


@pytest.fixture(autouse=True)
def refusals_are_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    """Each is logged, and pytest would hold all of them in the memory that is measured."""
    caplog.set_level(logging.CRITICAL, "coordinator.answers")


def messages(fleet: Fleet, grant: LeaseGrant) -> list[tuple[str, dict[str, Any]]]:
    """By address, as an agent or an operator would send them."""
    orders = ("pause_sweep", "drain_agent", "undrain_agent", "release_agent", "release_shard")
    return [
        ("lease", LeaseRequest(AGENT, fleet.profile.hash, "c", "1").to_json()),
        ("heartbeat", Heartbeat(grant.lease_id, AGENT, 1, {"presses": 2.0}).to_json()),
        ("report", Report(grant.lease_id, AGENT, "failed", 3, "broken", {"presses": 2.0}).to_json()),
        ("commands", Command("add_sweep", "x", 1, {"name": "x", "kind": "random"}).to_json()),
        *(("commands", Command(action, AGENT if "agent" in action else "demo").to_json()) for action in orders),
    ]


def twisted(chance: random.Random, message: dict[str, Any]) -> bytes:
    """A message with one thing or several wrong with it; the fields that say who speaks and of what stay now and then."""
    value: Any = dict(message)
    for _ in range(chance.randint(1, 2)):
        name = chance.choice([*message, "unknown"])
        if isinstance(value.get(name), dict) and chance.random() < 0.7:  # junk within, among the names too
            value[name] = {**value[name], str(chance.choice(JUNK)): chance.choice([1.0, *JUNK])}
        elif chance.random() < 0.3:
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


def of_step(grant: LeaseGrant, step: int) -> Frame:
    good = frame(grant, 0)
    return Frame(replace(good.record, step=step), good.image)


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
        write_chunk([of_step(grant, -1)]),
        write_chunk([of_step(grant, 99_999)]),
        write_chunk([frame(grant, 0, attempt=-5)]),
        write_chunk([frame(grant, 0, shard_id="../../../x")]),
        write_chunk([frame(grant, 0, sha256="")]),
        write_chunk([frame(grant, 0, slider_set=10**18)]),
        *(tarfile.TarInfo("x").tobuf(tarfile.USTAR_FORMAT)[:156] + kind + bytes(355) for kind in (b"L", b"x", b"S")),
    )


def odd_labels(grant: LeaseGrant) -> Iterator[bytes]:
    """Good in everything but one label."""
    good = frame(grant, 0)
    record = good.record.to_json()
    for name in record.keys() - {"step", "image_format"}:
        for junk in ("\ud800", "\x00", 10**30, 2**40, -1, -1e300):
            content = json.dumps({**record, name: junk}).encode()
            yield tar_of((tarfile.TarInfo("00000.json"), content), (tarfile.TarInfo("00000.png"), good.image))


def damaged(chance: random.Random, tars: list[bytes]) -> bytes:
    data = bytearray(chance.choice(tars))
    for _ in range(chance.randint(0, 4)):
        if data:
            data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


async def attack(fleet: Fleet, client: httpx.AsyncClient, num_requests: int, seed: int) -> None:
    """Each round begins with a fleet that works, and asks for all that an earlier one may have poisoned."""
    chance = random.Random(seed)
    boss = fleet.tokens.issue("boss", scopes=("operate", "capture", "status"))
    codes: Counter[int] = Counter()
    for _ in range(num_requests // ROUND_REQUESTS):
        answer = await client.get("/v1/status")
        assert answer.status_code == 200, answer.text
        forgive(fleet)
        await attack_once(fleet, client, await fleet.lease(client), boss, chance, codes)
    assert codes[200] > num_requests // 100, codes
    assert codes[400] > num_requests // 10, codes
    assert max(codes) < 500, codes  # one request at a time: nobody has to wait


async def attack_once(
    fleet: Fleet, client: httpx.AsyncClient, grant: LeaseGrant, boss: str, chance: random.Random, codes: Counter[int]
) -> None:
    known, tars, labels = messages(fleet, grant), list(odd_tars(grant)), list(odd_labels(grant))
    strange = [fleet.token, boss, fleet.other, "", "x", f"{fleet.token}0", "lk_" + "0" * 77]
    for _ in range(ROUND_REQUESTS):
        name, message = chance.choice(known) if chance.random() < 0.5 else ("chunks", None)
        token = chance.choice(strange) if chance.random() < 0.25 else boss if name == "commands" else fleet.token
        headers = {"Authorization": f"Bearer {token}"}
        if message is not None:
            answer = await client.post(f"/v1/{name}", content=twisted(chance, message), headers=headers)
        else:
            data = chance.choice(labels) if chance.random() < 0.5 else damaged(chance, tars)
            lease_id = chance.choice([*[grant.lease_id] * 6, "x", "%2e%2e%2f", "a" * 3000, "☃"])
            claimed = chance.choice([*[checksum(data)] * 6, "0" * 64, "", "☃"])
            answer = await client.put(
                f"/v1/leases/{lease_id}/chunks", params={"checksum": claimed}, content=data, headers=headers
            )
        codes[answer.status_code] += 1
        assert answer.status_code < 500, (answer.status_code, answer.text)
        assert "Traceback" not in answer.text


def forgive(fleet: Fleet) -> None:
    """What the attack may rightly have ordered, drained and set aside is put right again."""
    operations, status = fleet.coordinator.operations, fleet.coordinator.status()
    for sweep in status.sweeps:
        operations.order_sweep(sweep.name, state="running")
    for shard in status.set_aside:
        operations.release_shard(shard.shard_id)
    for agent in status.agents:
        if agent.is_drained:
            operations.drain_agent(agent.agent, is_drained=False)
        if agent.is_set_aside:
            operations.release_agent(agent.agent)


def hammer(fleet: Fleet, num_requests: int) -> None:
    """Memory is looked at after a first round, when everything that is loaded once is there."""

    async def talk(client: httpx.AsyncClient) -> None:
        await send(client, grant := await fleet.lease(client), *all_frames(grant))
        await report(client, grant, "given_back")
        await attack(fleet, client, num_requests // 10, seed=1)
        tracemalloc.start()
        try:
            await attack(fleet, client, num_requests, seed=2)
            grown, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert grown < GROWTH_BYTES
        assert (await client.get("/v1/status")).status_code == 200

    fleet.limits = GatewayLimits(
        max_message_bytes=20_000, max_chunk_bytes=12_000_000, requests_per_second=1e9, refusals_per_second=1e9
    )
    run(fleet, talk)
    assert fleet.dataset.num_rows() == 0


NASTY: list[Any] = ["\ud800", "\x00", 10**30, {"\ud800": 1.0}, ["\ud800"], {"a": [10**30, {"b": "\ud800"}]}]


def test_no_field_of_a_message_poisons_the_fleet(fleet: Fleet) -> None:
    """Each field in turn, with a lease that is held: what is taken must not break what others ask for."""

    async def talk(client: httpx.AsyncClient) -> None:
        boss = {"Authorization": f"Bearer {fleet.tokens.issue('boss', scopes=('operate', 'status'))}"}
        for junk in NASTY:
            for at, (name, message) in enumerate(messages(fleet, await fleet.lease(client))):
                for field in message:
                    forgive(fleet)
                    fresh = dict(messages(fleet, await fleet.lease(client))[at][1])
                    body = json.dumps({**fresh, field: junk})
                    answer = await client.post(f"/v1/{name}", content=body, headers=boss if name == "commands" else {})
                    assert answer.status_code < 500, (name, field, junk, answer.text)
            assert (await client.get("/v1/status")).status_code == 200

    fleet.limits = GatewayLimits(requests_per_second=1e9)
    run(fleet, talk)


def test_no_label_of_a_frame_breaks_the_tables(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        for at in range(sum(1 for _ in odd_labels(await fleet.lease(client)))):
            grant = await fleet.lease(client)
            answer = await put(client, grant.lease_id, list(odd_labels(grant))[at])
            assert answer.status_code in (200, 400), (at, answer.text)
            await report(client, grant, "given_back")

    fleet.limits = GatewayLimits(requests_per_second=1e9)
    run(fleet, talk)


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
