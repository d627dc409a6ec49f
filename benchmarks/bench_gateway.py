"""Frames through the gateway beside writing the same bytes to Parquet, and memory while embedding stalls.

    python -m benchmarks.bench_gateway [--quick] [--out FILE]

A gateway with real tables in a folder takes chunks of 64 frames of 60 KB from agents, over its ASGI interface in this process:
bodies go through authentication, checksum, tar, record checks and staging of the three tables, and reports commit the shards. The
recognition network is left out (embeddings are ready-made), and so are the network and Ray Serve's proxy. Beside it, in the same
run, the same pictures are written to Parquet with one pyarrow call a chunk and an fsync. For the stall, embedding answers nothing
for two minutes (virtual agents send on as told) and the process's peak memory is read.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.simulated_agents import small_frame
from coordinator.backend import Backend
from coordinator.campaign import Campaign
from coordinator.coordination import LocalCoordination
from coordinator.coordinator import Coordinator
from coordinator.gateway import GatewayLimits, create_gateway
from coordinator.sweep import SweepSpec
from coordinator.tokens import TokenStore
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from embedding.frames import FrameEmbeddings, FrameOutcome
from embedding.recogniser import RecogniserId
from protocol.chunk import checksum, write_chunk
from protocol.lease import LeaseGrant, LeaseReply, LeaseRequest, Report

PICTURE_BYTES = 60_000
CHUNK_FRAMES = 64
SHARD_FRAMES = 256
IDENTITY = RecogniserId("none", "00000000", 128)
_NUM_PICTURES = 200  # different ones; random bytes, which nothing compresses


async def ready_made(images: Sequence[bytes]) -> FrameEmbeddings:
    count = len(images)
    embeddings_ND = np.ones((count, IDENTITY.dimension), np.float32)
    norms_N = np.linalg.norm(embeddings_ND, axis=1).astype(np.float32)
    boxes_N4, scores_N = np.zeros((count, 4), np.float32), np.ones(count, np.float32)
    outcomes = (FrameOutcome.EMBEDDED,) * count
    return FrameEmbeddings(IDENTITY, embeddings_ND, norms_N, scores_N, boxes_N4, outcomes)


class Site:
    """A gateway, its agents' tokens, and pictures of the right size."""

    def __init__(self, folder: Path, num_agents: int, num_frames: int, embed: object = ready_made) -> None:
        self.profile = load_profile("standin")
        dataset = Dataset.open(folder / "data", self.profile)
        coordinator = Coordinator(dataset, Campaign(dataset.store))
        spec = {
            "name": "gate",
            "kind": "interleaved",
            "num_frames": num_frames,
            "frames_per_shard": SHARD_FRAMES,
        }
        coordinator.operations.add_sweep(SweepSpec.from_table(spec))
        backend = Backend(LocalCoordination(coordinator), embed, dataset)  # type: ignore[arg-type]
        tokens = TokenStore(folder / "tokens.json")
        self.agents = {f"agent-{number}": tokens.issue(f"agent-{number}") for number in range(num_agents)}
        self.app = create_gateway(backend, tokens, GatewayLimits(requests_per_second=1e6))
        self.dataset = dataset
        chance = random.Random(0)
        self.pictures = [chance.randbytes(PICTURE_BYTES) for _ in range(_NUM_PICTURES)]

    def client(self, agent: str) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.agents[agent]}"}
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://gateway", headers=headers)

    async def lease(self, client: httpx.AsyncClient, agent: str) -> LeaseGrant | None:
        request = LeaseRequest(agent, self.profile.hash, "c", "1")
        return LeaseReply.from_json((await client.post("/v1/lease", json=request.to_json())).json()).grant

    def chunk(self, grant: LeaseGrant, first: int, agent: str) -> bytes:
        steps = range(first, min(first + CHUNK_FRAMES, len(grant.shard.characters)))
        return write_chunk([small_frame(grant, step, agent, self.pictures[step % _NUM_PICTURES]) for step in steps])


async def send(client: httpx.AsyncClient, lease_id: str, data: bytes) -> httpx.Response:
    return await client.put(f"/v1/leases/{lease_id}/chunks?checksum={checksum(data)}", content=data)


async def through_gateway(site: Site) -> float:
    """Seconds inside requests, all shards; making the chunks is the agents' work and not counted. One request at
    a time."""
    busy = 0.0

    async def work(agent: str) -> None:
        nonlocal busy
        async with site.client(agent) as client:
            while (grant := await site.lease(client, agent)) is not None:
                num_frames = len(grant.shard.characters)
                for first in range(0, num_frames, CHUNK_FRAMES):
                    data = site.chunk(grant, first, agent)
                    started = time.perf_counter()
                    (await send(client, grant.lease_id, data)).raise_for_status()
                    busy += time.perf_counter() - started
                started = time.perf_counter()
                report = Report(grant.lease_id, agent, "done", num_frames)
                (await client.post("/v1/report", json=report.to_json())).raise_for_status()
                busy += time.perf_counter() - started

    for agent in site.agents:
        await work(agent)
    return busy


def to_parquet(site: Site, folder: Path, num_frames: int) -> float:
    """Seconds for the same pictures, a file of 64 each, durable."""
    seconds = 0.0
    for at in range(0, num_frames, CHUNK_FRAMES):
        count = min(CHUNK_FRAMES, num_frames - at)
        pictures = [site.pictures[(at + step) % _NUM_PICTURES] for step in range(count)]
        started = time.perf_counter()
        path = folder / f"{at}.parquet"
        pq.write_table(pa.table({"image": pa.array(pictures, pa.binary())}), path, compression="none")
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
        seconds += time.perf_counter() - started
    return seconds


async def stalled(folder: Path, seconds: float) -> tuple[float, int]:
    """Peak megabytes of the process while embedding answers nothing and 32 agents go on sending; chunks that were refused."""
    gate, refused = asyncio.Event(), 0

    async def embed(images: Sequence[bytes]) -> FrameEmbeddings:
        await gate.wait()
        return await ready_made(images)

    site = Site(folder, 32, 32 * SHARD_FRAMES, embed)

    async def insist(agent: str) -> None:
        nonlocal refused
        async with site.client(agent) as client:
            grant = await site.lease(client, agent)
            if grant is None:
                return
            while not gate.is_set():
                answer = await send(client, grant.lease_id, site.chunk(grant, 0, agent))
                if answer.status_code != httpx.codes.OK:
                    refused += 1
                    await asyncio.sleep(float(answer.headers["retry-after"]))

    tasks = [asyncio.create_task(insist(agent)) for agent in site.agents]
    await asyncio.sleep(seconds)
    gate.set()
    await asyncio.gather(*tasks)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, refused


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    num_frames = 512 if options.quick else 4096
    stall_seconds = 5.0 if options.quick else 120.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(through_gateway(Site(folder / "first", 1, SHARD_FRAMES)))  # what is imported and opened once
        site = Site(folder / "through", 2, num_frames)
        gateway_seconds = asyncio.run(through_gateway(site))
        if site.dataset.num_rows() != num_frames:
            raise RuntimeError(f"{site.dataset.num_rows()} of {num_frames} rows are there")
        parquet_seconds = to_parquet(site, folder, num_frames)
        peak_mb, refused = asyncio.run(stalled(folder / "stalled", stall_seconds))
    result = {
        "benchmark": "gateway",
        "frames": num_frames,
        "frames_per_second": round(num_frames / gateway_seconds, 1),
        "parquet_frames_per_second": round(num_frames / parquet_seconds, 1),
        "ratio_to_parquet": round(parquet_seconds / gateway_seconds, 3),
        "stall_seconds": stall_seconds,
        "peak_stalled_mb": round(peak_mb),
        "chunks_told_to_wait": refused,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
    }
    line = json.dumps(result)
    if options.out:
        options.out.write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
