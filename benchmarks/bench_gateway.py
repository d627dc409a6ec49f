"""Frames through the gateway beside writing the same bytes to Parquet, and memory while embedding stalls.

    python -m benchmarks.bench_gateway [--quick] [--out FILE]

A gateway with real tables in a folder takes chunks of 64 frames, JPEGs of about 60 KB, from agents, over its ASGI
interface in this process: bodies go through authentication, checksum, tar, record checks, decoding of every picture and
staging of the three tables, and reports commit the shards. The recognition network is left out (pictures are decoded,
embeddings are ready-made), and so are face detection, the network between machines and Ray Serve's proxy. Beside it, in
the same run, the same pictures are written to Parquet with one pyarrow call a chunk and an fsync. All of it runs on two
cores, also where there are more. For the stall, a gateway in a process of its own listens on loopback, its embedding
answers nothing for two minutes, 32 agents send on as told, and the most memory that its process ever had is read.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uvicorn
from PIL import Image

from benchmarks.report import report
from benchmarks.simulated_agents import small_frame
from cluster.ports import free_ports
from coordinator.answers import RETRY_AFTER_SECONDS
from coordinator.backend import Backend
from coordinator.campaign import Campaign
from coordinator.coordination import LocalCoordination
from coordinator.coordinator import Coordinator
from coordinator.gateway import GatewayLimits, create_gateway
from coordinator.sweep import SweepSpec
from coordinator.tokens import TokenStore
from creator.profile import Profile
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from embedding.embedder import decode_frame
from embedding.frames import FrameEmbeddings, FrameOutcome
from embedding.recogniser import RecogniserId
from protocol.chunk import checksum, write_chunk
from protocol.frame import Frame
from protocol.lease import LeaseGrant, LeaseReply, LeaseRequest, Report

PICTURE_BYTES = 60_000
CHUNK_FRAMES = 64
SHARD_FRAMES = 256
STALLED_AGENTS = 32
IDENTITY = RecogniserId("none", "00000000", 128)
NUM_CORES = 2
_NUM_PICTURES = 200  # different ones
_SIDE, _GRAIN, _QUALITY = 420, 24, 92  # pixels; noise of so many cells enlarged makes a JPEG of about 60 KB


def make_picture(seed: int) -> bytes:
    """A JPEG that decodes as any other: noise, enlarged, finer until it is large enough."""
    chance = np.random.default_rng(seed)
    for grain in range(_GRAIN, _SIDE, 8):
        cells_SS3 = chance.integers(0, 256, (grain, grain, 3), dtype=np.uint8)
        encoded = io.BytesIO()
        picture = Image.fromarray(cells_SS3).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
        picture.save(encoded, "JPEG", quality=_QUALITY)
        if encoded.tell() >= PICTURE_BYTES:
            break
    return encoded.getvalue()


def decode_all(images: Sequence[bytes]) -> None:
    for image in images:
        if decode_frame(image) is None:
            raise RuntimeError("A picture of the benchmark does not decode")


async def ready_made(images: Sequence[bytes]) -> FrameEmbeddings:
    await asyncio.to_thread(decode_all, images)
    count = len(images)
    embeddings_ND = np.ones((count, IDENTITY.dimension), np.float32)
    norms_N = np.linalg.norm(embeddings_ND, axis=1).astype(np.float32)
    boxes_N4, scores_N = np.zeros((count, 4), np.float32), np.ones(count, np.float32)
    outcomes = (FrameOutcome.EMBEDDED,) * count
    return FrameEmbeddings(IDENTITY, embeddings_ND, norms_N, scores_N, boxes_N4, outcomes)


class Agents:
    """They make chunks of pictures of the right size; `tokens` by name."""

    def __init__(self, tokens: Mapping[str, str], profile: Profile) -> None:
        self.tokens = tokens
        self._profile = profile
        self.pictures = [make_picture(seed) for seed in range(_NUM_PICTURES)]

    def headers(self, agent: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[agent]}"}

    async def lease(self, client: httpx.AsyncClient, agent: str) -> LeaseGrant | None:
        request = LeaseRequest(agent, self._profile.hash, "c", "1")
        return LeaseReply.from_json((await client.post("/v1/lease", json=request.to_json())).json()).grant

    def chunks(self, grant: LeaseGrant, agent: str) -> list[tuple[str, bytes]]:
        """A shard's, each with its checksum."""
        num_frames = len(grant.shard.characters)
        parts = [range(at, min(at + CHUNK_FRAMES, num_frames)) for at in range(0, num_frames, CHUNK_FRAMES)]
        datas = [write_chunk([self._frame(grant, step, agent) for step in steps]) for steps in parts]
        return [(checksum(data), data) for data in datas]

    def _frame(self, grant: LeaseGrant, step: int, agent: str) -> Frame:
        frame = small_frame(grant, step, agent, self.pictures[step % _NUM_PICTURES])
        return Frame(replace(frame.record, width=_SIDE, height=_SIDE), frame.image)


class Site:
    """A gateway with real tables in a folder, and agents with their tokens."""

    def __init__(self, folder: Path, num_agents: int, num_frames: int, embed: object = ready_made) -> None:
        profile = load_profile("standin")
        self.dataset = Dataset.open(folder / "data", profile)
        coordinator = Coordinator(self.dataset, Campaign(self.dataset.store))
        spec = {"name": "gate", "kind": "interleaved", "num_frames": num_frames, "frames_per_shard": SHARD_FRAMES}
        coordinator.operations.add_sweep(SweepSpec.from_table(spec))
        backend = Backend(LocalCoordination(coordinator), embed, self.dataset)  # type: ignore[arg-type]
        tokens = TokenStore(folder / "tokens.json")
        names = [f"agent-{number}" for number in range(num_agents)]
        self.agents = {name: tokens.issue(name) for name in names}
        self.app = create_gateway(backend, tokens, GatewayLimits(requests_per_second=1e6))


async def send(client: httpx.AsyncClient, lease_id: str, digest: str, data: bytes) -> httpx.Response:
    return await client.put(f"/v1/leases/{lease_id}/chunks?checksum={digest}", content=data)


@dataclass
class Spent:
    """Seconds of the clock, and of the processor's in this process."""

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall_seconds += time.perf_counter() - wall
        self.cpu_seconds += time.process_time() - cpu


async def through_gateway(site: Site) -> Spent:
    """All shards; the agents send at the same time. Making chunks is their work and not counted."""
    spent, agents = Spent(), Agents(site.agents, site.dataset.profile)
    transport = httpx.ASGITransport(site.app)
    clients = {
        agent: httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=agents.headers(agent))
        for agent in site.agents
    }
    while True:
        granted = {agent: await agents.lease(client, agent) for agent, client in clients.items()}
        shards = [
            (clients[agent], agent, grant, agents.chunks(grant, agent)) for agent, grant in granted.items() if grant
        ]
        if not shards:
            return spent
        with spent.measured():
            await asyncio.gather(*(deliver(*shard) for shard in shards))


async def deliver(
    client: httpx.AsyncClient, agent: str, grant: LeaseGrant, chunks: Sequence[tuple[str, bytes]]
) -> None:
    for digest, data in chunks:
        (await send(client, grant.lease_id, digest, data)).raise_for_status()
    report = Report(grant.lease_id, agent, "done", len(grant.shard.characters))
    (await client.post("/v1/report", json=report.to_json())).raise_for_status()


def to_parquet(site: Site, folder: Path, num_frames: int) -> Spent:
    """The same pictures, a file of 64 each, durable."""
    spent, known = Spent(), Agents(site.agents, site.dataset.profile).pictures
    for at in range(0, num_frames, CHUNK_FRAMES):
        count = min(CHUNK_FRAMES, num_frames - at)
        pictures = [known[(at + step) % _NUM_PICTURES] for step in range(count)]
        with spent.measured():
            path = folder / f"{at}.parquet"
            pq.write_table(pa.table({"image": pa.array(pictures, pa.binary())}), path, compression="none")
            handle = os.open(path, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)
    return spent


def stalling_gateway(folder: Path, port: int) -> None:
    """A process of its own: a gateway whose embedding never answers."""

    async def embed(images: Sequence[bytes]) -> FrameEmbeddings:
        await asyncio.Event().wait()
        return await ready_made(images)

    site = Site(folder, STALLED_AGENTS, STALLED_AGENTS * SHARD_FRAMES, embed)
    (folder / "agents.json").write_text(json.dumps(site.agents))
    uvicorn.run(site.app, host="127.0.0.1", port=port, log_level="error")


async def stalled(folder: Path, seconds: float) -> tuple[float, float, int]:
    """Megabytes of the gateway's process before the first chunk, and at most; chunks that were told to wait. Counted from
    the first of those."""
    folder.mkdir()
    (port,) = free_ports(1)
    process = multiprocessing.get_context("spawn").Process(target=stalling_gateway, args=(folder, port), daemon=True)
    process.start()
    url = f"http://127.0.0.1:{port}"
    await wait_for(f"{url}/v1/health")
    before_mb = memory_mb(process.pid, "VmRSS")
    agents = Agents(json.loads((folder / "agents.json").read_text()), load_profile("standin"))
    refused, is_full = 0, asyncio.Event()

    async def insist(agent: str) -> None:
        nonlocal refused
        async with httpx.AsyncClient(base_url=url, headers=agents.headers(agent), timeout=None) as client:  # noqa: S113
            grant = await agents.lease(client, agent)
            if grant is None:
                raise RuntimeError("The sweep is too small for so many agents")
            digest, data = agents.chunks(grant, agent)[0]
            while True:
                wait_seconds = await told_to_wait(client, grant.lease_id, digest, data)
                refused += 1
                is_full.set()
                await asyncio.sleep(wait_seconds)

    tasks = [asyncio.create_task(insist(agent)) for agent in agents.tokens]
    await is_full.wait()
    await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        task.cancel()
    failed = [task.exception() for task in tasks if task.done() and not task.cancelled()]
    peak_mb = memory_mb(process.pid, "VmHWM")
    process.kill()
    process.join()
    if failed:
        raise RuntimeError(f"{len(failed)} agents ended, the first one with {failed[0]!r}")
    return before_mb, peak_mb, refused


async def told_to_wait(client: httpx.AsyncClient, lease_id: str, digest: str, data: bytes) -> float:
    """Seconds. A gateway that refuses closes the connection without reading the body, which may hide its answer."""
    try:
        answer = await send(client, lease_id, digest, data)
    except httpx.TransportError:
        return RETRY_AFTER_SECONDS
    return float(answer.headers["retry-after"])


async def wait_for(url: str) -> None:
    async with httpx.AsyncClient() as client:
        while True:
            try:
                await client.get(url)
            except httpx.TransportError:
                await asyncio.sleep(0.2)
            else:
                return


def memory_mb(pid: int | None, name: str) -> float:
    """Source: proc_pid_status(5)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    os.sched_setaffinity(
        0, sorted(os.sched_getaffinity(0))[:NUM_CORES]
    )  # before any thread is started: they inherit it
    num_frames = 512 if options.quick else 4096
    stall_seconds = 5.0 if options.quick else 120.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(through_gateway(Site(folder / "first", 1, SHARD_FRAMES)))  # what is imported and opened once
        site = Site(folder / "through", 2, num_frames)
        gateway = asyncio.run(through_gateway(site))
        if site.dataset.num_rows() != num_frames:
            raise RuntimeError(f"{site.dataset.num_rows()} of {num_frames} rows are there")
        parquet = to_parquet(site, folder, num_frames)
        before_mb, peak_mb, refused = asyncio.run(stalled(folder / "stalled", stall_seconds))
    result = {
        "benchmark": "gateway",
        "frames": num_frames,
        "cores": len(os.sched_getaffinity(0)),
        "picture_bytes": round(statistics.mean(map(len, Agents({}, site.dataset.profile).pictures))),
        "frames_per_second": round(num_frames / gateway.wall_seconds, 1),
        "parquet_frames_per_second": round(num_frames / parquet.wall_seconds, 1),
        "ratio_to_parquet": round(parquet.wall_seconds / gateway.wall_seconds, 3),
        "cpu_ms_per_frame": round(1000 * gateway.cpu_seconds / num_frames, 3),
        "parquet_cpu_ms_per_frame": round(1000 * parquet.cpu_seconds / num_frames, 3),
        "stall_seconds": stall_seconds,
        "stalled_agents": STALLED_AGENTS,
        "idle_mb": round(before_mb),
        "peak_stalled_mb": round(peak_mb),
        "chunks_told_to_wait": refused,
    }
    report(result, options.out, ("deltalake", "pyarrow", "ray"))


if __name__ == "__main__":
    main()
