"""How fast a photo becomes a sheet, alone and while many ask at once, and what several photos of one person are worth.

    python -m benchmarks.bench_match --models lookalike-demo/models [--quick] [--skip-photos | --only-photos] [--out FILE]

`match_ms` is the single pass after the embedding: ranking, sliders, re-ranking, sheet; `hurried_ms` and `refined_ms` that with
the refinement that users get while others wait, and otherwise. `request_ms` is a whole request in one process, from the bytes of
a portrait as the page sends it (1,024 pixels) to the refined match. All are medians, warm, one thread; with `_cpu_ms` by the
processor's clock. `start_s` is the processor's time until a matcher is loaded and its recogniser open.

`users_p95_s`: 100 users come within one second, each sends a photo and waits for its sheet (both requests of the page).
`page_users_p95_s` is the same while everybody who has a sheet goes on to ask for what the page shows beside it (pictures, what
mildness costs), `instant_p95_s` when all 100 send in the same instant. `cpu_ms_a_user` is the processor's time of the service for
one photo with its sheet; `client_cpu_s` what the 100 users themselves took from the same processors. `lived_p95_s`: 100 users ask
again and again for a minute, looking at the answer for 10 s on average; `memory_growth_mb` is what the service grows by
meanwhile. The service is `lookalike serve --plain` as it comes, in a process of its own on the same machine.

Figures of several photos are explained in `benchmarks.match_photos`. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.match_photos import portrait_jpeg, several_photos
from benchmarks.match_service import RunningService, cpu_seconds
from benchmarks.match_users import Asked, burst, growth_mb, live
from benchmarks.report import report
from matcher.matcher import Matcher

_LOOKING_SECONDS = 10.0
_START = "from matcher.matcher import Matcher; import sys, time; Matcher.load(sys.argv[1]).recogniser; print(time.process_time())"


@dataclass(frozen=True, slots=True)
class Counts:
    repeats: int
    users: int
    seconds: float
    people: int


_FULL, _QUICK = Counts(40, 100, 60.0, 16), Counts(8, 20, 12.0, 4)


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
    figures |= median_ms("hurried", lambda: matcher.match(target_D, is_hurried=True), counts.repeats)
    figures |= median_ms("refined", lambda: matcher.match(target_D), counts.repeats)
    figures |= median_ms("request", lambda: matcher.match(photo), counts.repeats)
    return figures | {"start_s": float(started.stdout)}


def crowded(models: str, counts: Counts) -> dict[str, float]:
    photo = portrait_jpeg()
    with tempfile.TemporaryDirectory() as folder, RunningService(models, Path(folder)) as service:

        def come(num_users: int, within_seconds: float, *, with_extras: bool = False) -> Asked:
            return asyncio.run(
                burst(service.url, photo, num_users, within_seconds=within_seconds, with_extras=with_extras)
            )

        come(4, 0.0, with_extras=True)  # warm
        began, own_began = cpu_seconds(service.pid), time.process_time()
        users = come(counts.users, 1.0)
        used, own_used = cpu_seconds(service.pid) - began, time.process_time() - own_began
        page_users = come(counts.users, 1.0, with_extras=True)
        instant = come(counts.users, 0.0)
        lived = asyncio.run(
            live(
                service.url,
                photo,
                counts.users,
                service.pid,
                seconds=counts.seconds,
                looking_seconds=_LOOKING_SECONDS,
            )
        )
    everybody = {"users": users, "page_users": page_users, "instant": instant, "lived": lived}
    return {
        **{f"{name}_p95_s": float(np.percentile(asked.seconds, 95)) for name, asked in everybody.items()},
        **{f"{name}_median_s": statistics.median(asked.seconds) for name, asked in everybody.items()},
        "cpu_ms_a_user": 1000 * used / counts.users,
        "client_cpu_s": own_used,
        "requests": sum(len(asked.seconds) for asked in everybody.values()),
        "errors": sum(asked.errors for asked in everybody.values()),
        "memory_mb": max(lived.memory_mb),
        "memory_growth_mb": growth_mb(lived.memory_mb),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", default="lookalike-demo/models")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--skip-photos", action="store_true", help="leave out several photos, which are rendered")
    parser.add_argument("--only-photos", action="store_true", help="nothing but several photos")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    counts = _QUICK if arguments.quick else _FULL
    matcher = Matcher.load(arguments.models)
    figures: dict[str, float] = {} if arguments.skip_photos else several_photos(matcher, counts.people)
    if not arguments.only_photos:
        figures |= alone(matcher, arguments.models, counts) | crowded(arguments.models, counts)
    rounded = {name: round(value, 4) for name, value in figures.items()}
    report(rounded | {"models": matcher.models.card.dataset_version}, arguments.out, ("onnxruntime",))


if __name__ == "__main__":
    main()
