"""The gateway with everything behind it in this process: real tables in a folder, a recogniser that sees colours."""

from __future__ import annotations

import asyncio
import tarfile
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from capturing import BLACK, ColourRecogniser, frame, picture, small_sweep
from small_fleet import Fleet, all_frames, put, report, run, send, tar_of

from coordinator.backend import Backend
from coordinator.gateway import GatewayLimits
from coordinator.sweep import plan_sweep
from protocol.chunk import write_chunk
from protocol.frame import Frame
from protocol.lease import ChunkReply, LeaseGrant, LeaseReply, Report


def test_an_agent_captures_the_whole_sweep_and_every_row_is_committed_once(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        for _ in range(3):
            grant = await fleet.lease(client)
            frames = all_frames(grant)
            assert (await send(client, grant, *frames[:2])).is_durable
            assert (await send(client, grant, *frames[2:])).is_durable
            assert (await report(client, grant)).is_committed
        reply = LeaseReply.from_json((await client.post("/v1/lease", json=fleet.request())).json())
        assert reply.no_work is not None
        assert reply.no_work.is_finished

    run(fleet, talk)

    assert fleet.dataset.num_rows() == 12
    planned = {c for shard in plan_sweep(small_sweep(), fleet.profile) for c in shard.characters}  # the plan itself
    table = fleet.dataset.frame_table(["gender", "face", "skin", "sliders"]).to_pylist()
    assert {(row["gender"], row["face"], row["skin"], tuple(row["sliders"])) for row in table} == {
        (c.gender, c.face, c.skin, c.sliders) for c in planned
    }


def test_a_chunk_that_comes_twice_is_acknowledged_twice_and_stored_once(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        frames = all_frames(grant)
        await send(client, grant, *frames)
        assert (await send(client, grant, *frames)).is_durable
        both = await asyncio.gather(report(client, grant), report(client, grant))
        assert any(reply.is_committed for reply in both)
        assert (await report(client, grant)).is_committed

    run(fleet, talk)

    assert fleet.dataset.num_rows() == 4


def test_a_shard_is_not_committed_before_every_step_is_durable(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        frames = all_frames(grant)
        await send(client, grant, *frames[:-1])
        early = await report(client, grant)
        assert not early.is_committed
        assert "1 steps are not durable" in early.reason
        await send(client, grant, frames[-1])
        assert (await report(client, grant)).is_committed

    run(fleet, talk)


def test_a_coordinator_that_was_restarted_knows_leases_and_durable_frames(fleet: Fleet) -> None:
    async def before(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        await send(client, grant, *all_frames(grant)[:3])
        grants.append(grant)

    async def after(client: httpx.AsyncClient) -> None:
        await send(client, grants[0], all_frames(grants[0])[3])
        assert (await report(client, grants[0])).is_committed

    grants: list[LeaseGrant] = []
    run(fleet, before)
    fleet.restart()
    run(fleet, after)

    assert fleet.dataset.num_rows() == 4


def test_frames_without_a_face_are_asked_for_again_and_taken_at_last(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        dark = frame(grant, 1, image=picture(BLACK))
        others = [captured for captured in all_frames(grant) if captured.record.step != 1]
        first = await send(client, grant, dark, *others)
        assert first.rejected_steps == (1,)
        assert "no face" in first.reason
        assert (await send(client, grant, dark)).rejected_steps == (1,)
        assert (await send(client, grant, dark)).rejected_steps == ()
        assert (await report(client, grant)).is_committed

    run(fleet, talk)

    rows = fleet.dataset.embeddings_table(str(ColourRecogniser.identity), ["step", "has_face"]).to_pylist()
    assert {row["step"]: row["has_face"] for row in rows} == {0: True, 1: False, 2: True, 3: True}


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"is_verified": False}, "not read back"), ({"character": None}, "another character")],
)
def test_frames_with_a_doubtful_label_are_asked_for_again(fleet: Fleet, change: dict[str, Any], reason: str) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        wrong = change if "is_verified" in change else {"character": grant.shard.characters[2]}
        reply = await send(client, grant, frame(grant, 1, **wrong))
        assert reply.rejected_steps == (1,)
        assert reason in reply.reason

    run(fleet, talk)


def test_a_picture_that_cannot_be_decoded_is_never_taken(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        for _ in range(4):
            assert (await send(client, grant, frame(grant, 0, image=picture()[:40]))).rejected_steps == (0,)

    run(fleet, talk)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic abc", "Bearer lk_000000000000_" + "0" * 64])
def test_nobody_without_a_token_gets_anything_but_health(fleet: Fleet, header: str) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        headers = {"Authorization": header}
        for answer in (
            await client.post("/v1/lease", json=fleet.request(), headers=headers),
            await client.get("/v1/status", headers=headers),
            await put(client, "x", b"x", headers=headers),
        ):
            assert answer.status_code == 401
            assert "token" in answer.json()["error"]
        assert (await client.get("/v1/health", headers=headers)).status_code == 200

    run(fleet, talk)


def test_a_token_speaks_for_its_own_agent_only(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/lease", json=fleet.request(agent="agent-2"))
        assert answer.status_code == 403
        assert "agent-1" in answer.json()["error"]

    run(fleet, talk)


def test_nobody_sends_chunks_or_reports_for_a_foreign_lease(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        foreign = {"Authorization": f"Bearer {fleet.other}"}
        data = write_chunk([frame(grant, 0, agent="agent-2")])
        assert (await put(client, grant.lease_id, data, headers=foreign)).status_code == 403
        message = Report(grant.lease_id, "agent-2", "given_back", 0)
        assert (await client.post("/v1/report", json=message.to_json(), headers=foreign)).status_code == 403
        assert (await send(client, grant, frame(grant, 0))).is_durable

    run(fleet, talk)


def test_the_scope_of_a_token_is_a_limit(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        watcher = {"Authorization": f"Bearer {fleet.tokens.issue('watcher', scopes=('status',))}"}
        assert (await client.get("/v1/status", headers=watcher)).json()["sweeps"][0]["planned_rows"] == 12
        answer = await client.post("/v1/lease", json=fleet.request(agent="watcher"), headers=watcher)
        assert answer.status_code == 403

    run(fleet, talk)


def test_a_lost_lease_is_a_conflict(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        data = write_chunk(all_frames(grant))
        await report(client, grant, "given_back")
        answer = await put(client, grant.lease_id, data)
        assert answer.status_code == 409
        assert (await put(client, "demo-00000.9.nope", data)).status_code == 409

    run(fleet, talk)


def test_an_agent_of_another_version_is_told_to_upgrade(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/lease", json=fleet.request(version=99, new_field="x"))
        assert answer.status_code == 426
        assert "version 99" in answer.json()["error"]

    run(fleet, talk)


@pytest.mark.parametrize("body", [b'{"agent": 3}', b"{}", b'{"version": null}'])
def test_a_message_that_does_not_say_its_version_is_refused_as_one_of_another(fleet: Fleet, body: bytes) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        for path in ("lease", "heartbeat", "report"):
            answer = await client.post(f"/v1/{path}", content=body)
            assert answer.status_code == 426
            assert "does not say which protocol version" in answer.json()["error"]

    run(fleet, talk)


def test_an_agent_of_another_creator_is_refused(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/lease", json=fleet.request(profile_hash="0" * 16))
        assert answer.status_code == 400
        assert "profile" in answer.json()["error"]

    run(fleet, talk)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"version": 1}', b"[" * 5000, b"\xff\xfe"])
def test_a_body_that_is_no_message_is_refused(fleet: Fleet, body: bytes) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/lease", content=body)
        assert answer.status_code == 400
        assert answer.json()["error"]

    run(fleet, talk)


def test_a_damaged_chunk_is_refused_by_its_checksum(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        data = write_chunk(all_frames(grant))
        for claimed in ("0" * 64, "", "ä"):
            answer = await put(client, grant.lease_id, data, claimed=claimed or "x")
            assert answer.status_code == 425
            assert "sha256" in answer.json()["error"]

    run(fleet, talk)


def test_oversized_bodies_are_refused_whether_they_say_so_or_not(fleet: Fleet) -> None:
    async def endless() -> AsyncIterator[bytes]:
        nonlocal num_parts
        for _ in range(1000):
            num_parts += 1
            yield b"x" * 10_000

    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        announced = await put(client, grant.lease_id, b"x" * 300_000)
        silent = await client.put(f"/v1/leases/{grant.lease_id}/chunks?checksum=x", content=endless())
        message = await client.post("/v1/lease", content=b" " * 20_000)
        assert [announced.status_code, silent.status_code, message.status_code] == [413] * 3
        assert num_parts < 30

    num_parts = 0
    run(fleet, talk)


def test_a_sender_who_dawdles_is_cut_off(fleet: Fleet) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(30)

    async def talk(client: httpx.AsyncClient) -> None:
        answer = await client.put("/v1/leases/x/chunks?checksum=x", content=slow())
        assert answer.status_code == 408

    fleet.limits = GatewayLimits(max_body_seconds=0.05)
    run(fleet, talk)


def tricks(grant: LeaseGrant) -> list[bytes]:
    good = write_chunk(all_frames(grant))
    good_frame = frame(grant, 3)
    link = tarfile.TarInfo("00000.json")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    strangers = [frame(grant, 0, shard_id="demo-00099"), frame(grant, 0, attempt=7), frame(grant, 0, agent="agent-2")]
    return [
        b"",
        b"no tar at all",
        good[:1000],
        tar_of((link, b"")),
        tar_of((tarfile.TarInfo("../../00000.json"), b"{}"), (tarfile.TarInfo("../../00000.png"), b"x")),
        tar_of((tarfile.TarInfo("00000.json"), b"[" * 50_000), (tarfile.TarInfo("00000.png"), b"x")),
        tar_of(*((tarfile.TarInfo(f"{at:05d}.json"), b"") for at in range(200))),
        *(write_chunk([stranger]) for stranger in strangers),
        write_chunk([frame(grant, 0, slider_set=1)]),
        write_chunk([Frame(replace(good_frame.record, step=99), good_frame.image)]),
        write_chunk([frame(grant, 0, sha256="0" * 64)]),
    ]


def test_chunks_full_of_tricks_are_refused_and_leave_no_row(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        for data in tricks(grant):
            answer = await put(client, grant.lease_id, data)
            assert answer.status_code == 400, answer.text
            assert answer.json()["error"]
        assert not (await report(client, grant)).is_committed

    run(fleet, talk)

    assert fleet.dataset.num_rows() == 0
    assert not fleet.dataset.store.list("frames")


class StalledBackend(Backend):
    """Chunks go in and wait until the test lets them out."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.num_waiting = 0

    async def put_chunk(self, lease_id: str, agent: str, data: bytes) -> ChunkReply:
        self.num_waiting += 1
        await self.gate.wait()
        return ChunkReply(True)


def test_when_embedding_falls_behind_agents_are_told_to_wait(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        waiting = [asyncio.create_task(put(client, "x", b"chunk")) for _ in range(2)]
        while fleet.backend.num_waiting < 2:
            await asyncio.sleep(0.001)
        refused = await put(client, "x", b"chunk")
        assert refused.status_code == 503
        assert float(refused.headers["Retry-After"]) > 0
        fleet.backend.gate.set()
        assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200]
        assert (await put(client, "x", b"chunk")).status_code == 200

    fleet.backend = StalledBackend()
    run(fleet, talk)


def test_unknown_addresses_answer_in_json(fleet: Fleet) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        for answer in (await client.get("/v2/lease"), await client.get("/v1/lease")):
            assert answer.status_code in (404, 405)
            assert answer.json()["error"]

    run(fleet, talk)
