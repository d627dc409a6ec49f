"""How fast a photo becomes a sheet, alone and while many ask at once, and what several photos of one person are worth.

    python -m benchmarks.bench_match --models lookalike-demo/models [--quick] [--out FILE]

`match_ms` is the single pass after the embedding: ranking, sliders, re-ranking, sheet; `refined_ms` the same with the refinement
that users get. `request_ms` is a whole request in one process, from the bytes of a portrait as the page sends it (1,280
pixels) to the refined match. All three are medians, warm, one thread; with `_cpu_ms` by the processor's clock. `start_s` is the
processor's time until a matcher is loaded and its recogniser open. `users_p95_s` is the time from sending a photo to having its
sheet (both requests of the page) when 100 users at once do so, look at the answer for 10 s on average, and begin again;
`burst_p95_s` is the same when all 100 send theirs in the same instant. `memory_growth_mb` is what the service has grown by
between the first and the last third of that; `cpu_ms_a_user` is the processor's time that it spent on one photo with its
sheet. The service is `lookalike serve --plain` with a worker a core, in a process of its own on the same machine.
`photos_gain` is the similarity of the match of eight photos, measured in the stand-in's space, less that of the match of the
clearest single one of them; `photos_best_single` is of the one that turned out best. The last line is one JSON object.
Legend: D = dimension.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from benchmarks.match_photos import portrait_jpeg, several_photos
from benchmarks.match_service import RunningService, cpu_seconds, memory_mb
from matcher.matcher import Matcher

_LOOKING_SECONDS = 10.0
_START = "from matcher.matcher import Matcher; import sys, time; Matcher.load(sys.argv[1]).recogniser; print(time.process_time())"


@dataclass(frozen=True, slots=True)
class Counts:
    repeats: int
    users: int
    seconds: float
    people: int


_FULL, _QUICK = Counts(40, 100, 60.0, 12), Counts(8, 20, 12.0, 4)


@dataclass(slots=True)
class Asked:
    """What happened to the users."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    memory_mb: list[float] = field(default_factory=list)


def median_ms(name: str, work: Callable[[], object], repeats: int) -> dict[str, float]:
    """By the clock on the wall, and by the processor's, which a crowded machine disturbs less."""
    work()
    times, processor = [], []
    for _ in range(repeats):
        began, began_processor = time.perf_counter(), time.process_time()
        work()
        times.append(time.perf_counter() - began)
        processor.append(time.process_time() - began_processor)
    return {f"{name}_ms": statistics.median(times) * 1000, f"{name}_cpu_ms": statistics.median(processor) * 1000}


def alone(matcher: Matcher, models: str, counts: Counts) -> dict[str, float]:
    photo = portrait_jpeg()
    target_D = matcher.read_target(photo).embedding_D
    started = subprocess.run([sys.executable, "-c", _START, models], capture_output=True, text=True, check=True)
    figures = median_ms("match", lambda: matcher.match(target_D, refine=False), counts.repeats)
    figures |= median_ms("refined", lambda: matcher.match(target_D), counts.repeats)
    figures |= median_ms("request", lambda: matcher.match(photo), counts.repeats)
    return figures | {"start_s": float(started.stdout)}


async def ask(client: httpx.AsyncClient, photo: bytes, user: int, asked: Asked) -> None:
    """A photo to its sheet by both requests of the page."""
    headers = {"X-Forwarded-For": f"10.0.{user // 250}.{user % 250 + 1}"}
    began = time.perf_counter()
    try:
        found = await client.post("v1/faces", content=photo, headers=headers)
        face = found.raise_for_status().json()["faces"][0]["key"]
        match = await client.post("v1/matches", json={"faces": [face]}, headers=headers)
        match.raise_for_status().json()["sheet"]
    except (httpx.HTTPError, KeyError, IndexError):
        asked.errors += 1
    asked.seconds.append(time.perf_counter() - began)


async def live(client: httpx.AsyncClient, photo: bytes, user: int, asked: Asked, until: float) -> None:
    """One user: comes, asks, looks, asks again."""
    pauses = np.random.default_rng(user)
    await asyncio.sleep(pauses.uniform(0, _LOOKING_SECONDS))
    while time.perf_counter() < until:
        await ask(client, photo, user, asked)
        await asyncio.sleep(pauses.exponential(_LOOKING_SECONDS))


async def watch(pid: int, asked: Asked, until: float) -> None:
    while time.perf_counter() < until:
        asked.memory_mb.append(memory_mb(pid))
        await asyncio.sleep(0.5)


async def together(
    service: RunningService, users: Callable[[httpx.AsyncClient, Asked], Sequence[Awaitable[None]]]
) -> Asked:
    asked = Asked()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=service.url, timeout=120, limits=limits) as client:
        await asyncio.gather(*users(client, asked))
    return asked


def crowded(models: str, counts: Counts) -> dict[str, float]:
    photo = portrait_jpeg()
    with tempfile.TemporaryDirectory() as folder, RunningService(models, Path(folder)) as service:
        asyncio.run(together(service, lambda client, asked: [ask(client, photo, user, asked) for user in range(4)]))
        burst = asyncio.run(
            together(service, lambda client, asked: [ask(client, photo, user, asked) for user in range(counts.users)])
        )
        until, began_cpu = time.perf_counter() + counts.seconds, cpu_seconds(service.pid)
        lived = asyncio.run(
            together(
                service,
                lambda client, asked: [
                    *(live(client, photo, user, asked, until) for user in range(counts.users)),
                    watch(service.pid, asked, until),
                ],
            )
        )
        used_cpu = cpu_seconds(service.pid) - began_cpu
    third = max(1, len(lived.memory_mb) // 3)
    return {
        "users": counts.users,
        "requests": len(lived.seconds),
        "users_p95_s": float(np.percentile(lived.seconds, 95)),
        "users_median_s": statistics.median(lived.seconds),
        "burst_p95_s": float(np.percentile(burst.seconds, 95)),
        "cpu_ms_a_user": 1000 * used_cpu / len(lived.seconds),
        "errors": lived.errors + burst.errors,
        "memory_mb": max(lived.memory_mb),
        "memory_growth_mb": statistics.median(lived.memory_mb[-third:]) - statistics.median(lived.memory_mb[:third]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", default="lookalike-demo/models")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--skip-photos", action="store_true", help="leave out photos_gain, which renders")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    counts = _QUICK if arguments.quick else _FULL
    matcher = Matcher.load(arguments.models)
    figures: dict[str, float] = alone(matcher, arguments.models, counts)
    figures |= {} if arguments.skip_photos else several_photos(matcher, counts.people)
    figures |= crowded(arguments.models, counts)
    report = {name: round(value, 4) for name, value in figures.items()} | {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "models": matcher.models.card.dataset_version,
    }
    line = json.dumps(report)
    if arguments.out:
        arguments.out.write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
