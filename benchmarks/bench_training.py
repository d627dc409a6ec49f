"""How long training takes, and what a second worker brings.

    python -m benchmarks.bench_training [--quick] [--rows N] [--snapshot FOLDER] [--all] [--models FOLDER]
        [--device DEVICE] [--out FILE]

Rows a second of the imitator's training, one worker against two, side by side in one run: each worker is a process with one
thread, and they divide the ensemble as in a Ray Train job. With `--all` also all three networks in one process, as `lookalike
train` does it, by step; `--models` keeps them. With `--device`, as `cuda`, nothing but the imitator's training on that device,
and its share of what the device multiplies at most. Without `--snapshot` the rows are random numbers of the `standin`
profile's shape: time does not depend on what they say. The last line is one JSON object.

Shape letters: N rows, S sliders, D dimension.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import distributed

from benchmarks.matrix_rate import matrix_flops
from benchmarks.report import report
from cluster.ports import free_ports
from creator.encoding import Encoding
from creator.profile import Profile
from creator.profile_file import load_profile
from dataset.snapshot import Snapshot, SnapshotInfo
from trainer.imitator import ImitatorConfig, train_imitator
from trainer.metrics import TrainingFigures
from trainer.pipeline import TrainingConfig, train_all
from trainer.precision import multiplies_bfloat16

_DIMENSION = 128
_MATRIX_SIDE = 4096
_SEED = 5


def random_snapshot(profile: Profile, num_rows: int) -> Snapshot:
    """Rows that look like a campaign's to whoever only computes with them."""
    rng, encoding = np.random.default_rng(_SEED), Encoding(profile)
    combinations_C3 = encoding.combinations_C3()
    sets_N = np.arange(num_rows, dtype=np.int64) // 50
    sliders_NS = rng.uniform(-1, 1, (num_rows, encoding.num_sliders)).astype(np.float32)
    directions_SD = rng.normal(0, 0.02, (encoding.num_sliders, _DIMENSION)).astype(np.float32)
    return Snapshot(
        choices_N3=combinations_C3[rng.integers(len(combinations_C3), size=num_rows)],
        sliders_NS=sliders_NS,
        embeddings_ND=np.tanh(sliders_NS @ directions_SD),
        slider_sets_N=sets_N,
        is_held_out_N=sets_N % 10 == 0,
        frame_ids_N=np.array([f"bench:{row}" for row in range(num_rows)], np.str_),
        info=SnapshotInfo(profile.name, profile.hash, "random-0", "random@0", num_rows, 0.1, 0),
    )


def rows_per_second(folder: Path, profile_name: str, num_workers: int, epochs: int) -> float:
    """Of the slowest worker, without its start; workers divide the ensemble."""
    context, (port,) = multiprocessing.get_context("spawn"), free_ports(1)
    results = context.SimpleQueue()
    workers = [
        context.Process(target=_train, args=(results, str(folder), profile_name, rank, num_workers, port, epochs))
        for rank in range(num_workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        if worker.exitcode:
            raise SystemExit(f"A worker ended with {worker.exitcode}")
    slowest: float = min(results.get() for _ in workers)
    return slowest


def _train(
    results: multiprocessing.SimpleQueue[float],
    folder: str,
    profile_name: str,
    rank: int,
    num_workers: int,
    port: int,
    epochs: int,
) -> None:
    torch.set_num_threads(1)
    if num_workers > 1:
        distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=num_workers)
    snapshot, profile = Snapshot.open(folder), load_profile(profile_name)
    config = ImitatorConfig.for_rows(len(snapshot))
    config = replace(config, fit=replace(config.fit, epochs=epochs + 1))
    ends: list[tuple[float, int]] = []
    train_imitator(
        snapshot,
        profile,
        config,
        on_epoch=lambda point: ends.append((time.perf_counter(), point.rows)),
        noise_variance=0.0,
    )
    (first, first_rows), (last, last_rows) = ends[0], ends[-1]  # the first epoch warms up
    results.put((last_rows - first_rows) / (last - first))


def whole_training(snapshot: Snapshot, profile: Profile, folder: Path) -> dict[str, float]:
    """Seconds by step, of all three networks in this process; those of processors tell more beside other work."""
    figures = TrainingFigures()
    started, cpu_started = time.perf_counter(), time.process_time()
    train_all(snapshot, profile, TrainingConfig.for_rows(len(snapshot)), folder, figures.show)
    seconds = {f"{name}_seconds": round(step["seconds"], 1) for name, step in figures.to_json().items()}
    return seconds | {
        "all_seconds": round(time.perf_counter() - started, 1),
        "all_cpu_seconds": round(time.process_time() - cpu_started, 1),
    }


def on_device(snapshot: Snapshot, profile: Profile, device: str) -> dict[str, object]:
    """The imitator's whole training. A weight costs a row six operations: two forward, four for both gradients."""
    config = ImitatorConfig.for_rows(len(snapshot))
    started = time.perf_counter()
    trained = train_imitator(snapshot, profile, config, noise_variance=0.0, device=device)
    seconds = time.perf_counter() - started
    weights = sum(value.numel() for value in trained.imitator.network.parameters() if value.ndim == 3)  # of all members
    rate = 6 * weights * trained.curve[-1].rows / seconds
    dtype = torch.bfloat16 if multiplies_bfloat16(torch.device(device)) else torch.float32
    most = matrix_flops(device, dtype, _MATRIX_SIDE)
    return {
        "device": torch.cuda.get_device_name() if device.startswith("cuda") else device,
        "rows": len(snapshot),
        "imitator_seconds": round(seconds, 1),
        "teraflops": round(rate / 1e12, 3),
        "matrix_teraflops": round(most / 1e12, 3),
        "share_of_device": round(rate / most, 4),
    }


def measure(folder: Path, profile_name: str, epochs: int, models: Path | None) -> dict[str, object]:
    """`models`: where all three networks are trained; None for the comparison of workers alone."""
    snapshot = Snapshot.open(folder)
    one, two = (rows_per_second(folder, profile_name, workers, epochs) for workers in (1, 2))
    result: dict[str, object] = {
        "rows": len(snapshot),
        "rows_per_second_1": round(one),
        "rows_per_second_2": round(two),
        "speedup_2": round(two / one, 3),
    }
    if models is not None:
        result |= whole_training(snapshot, load_profile(profile_name), models)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="4,000 rows and one measured epoch")
    parser.add_argument("--rows", type=int, default=None, help="20,000 unless told")
    parser.add_argument("--snapshot", type=Path, default=None)
    parser.add_argument("--all", action="store_true", help="also train all three networks")
    parser.add_argument("--models", type=Path, default=None, help="where `--all` leaves them; nowhere unless told")
    parser.add_argument("--device", default=None, help="torch's name of it, as cuda: only the imitator, there")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder, profile_name = options.snapshot, "standin"
        if folder is None:
            folder = Path(temporary) / "snapshot"
            rows = options.rows or (4_000 if options.quick else 20_000)
            random_snapshot(load_profile(profile_name), rows).save(folder)
        else:
            profile_name = Snapshot.open(folder).info.profile_name
        if options.device:
            result = on_device(Snapshot.open(folder), load_profile(profile_name), options.device)
        else:
            models = (options.models or Path(temporary) / "models") if options.all else None
            result = measure(folder, profile_name, 1 if options.quick else 3, models)
    report(result, options.out, ("torch",))


if __name__ == "__main__":
    main()
