"""Exports one version of a recogniser's embeddings as a snapshot for training, split by slider set.

Shape letters: N rows; S sliders; D dimension of the recogniser; 3 choices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from creator.encoding import Encoding
from creator.profile import Profile
from dataset.dataset import Dataset
from dataset.errors import DatasetError
from dataset.rows import frame_id, sweep_of
from dataset.settings import decode_settings, fixed_size_values
from dataset.snapshot import Snapshot, SnapshotInfo, new_snapshot_folder, write_info

BATCH_ROWS = 8192
"""Rows in memory at once: 512 dimensions of them are 17 MB."""


def export_snapshot(
    dataset: Dataset, folder: str | Path, *, held_out_share: float = 0.1, seed: int = 0, recogniser: str = ""
) -> Snapshot:
    """Writes every committed row with a face. `recogniser` is needed only where there are embeddings of several.

    Raises DatasetError when there are no rows, or when nobody can tell which recogniser is meant.
    """
    if not 0 <= held_out_share < 1:
        raise DatasetError(f"held_out_share is {held_out_share}; expected 0 or more and less than 1")
    recogniser = recogniser or _only_recogniser(dataset)
    table = dataset.embeddings(recogniser)
    rows = table.rows()
    with table.readable():
        num_rows = rows.count_rows(filter=pc.field("has_face"))
    if not num_rows:
        raise DatasetError(f"{dataset.store.url} holds no faces of {recogniser}; capture some first")
    profile = dataset.profile
    info = SnapshotInfo(
        profile_name=profile.name,
        profile_hash=profile.hash,
        recogniser=recogniser,
        dataset_version=f"{table.name}@{table.seen_version}",
        num_rows=num_rows,
        held_out_share=held_out_share,
        seed=seed,
    )
    with new_snapshot_folder(folder) as temporary:
        batches = table.batches(rows, pc.field("has_face"), BATCH_ROWS)
        _write_arrays(temporary, batches, profile, info, dataset.recognisers()[recogniser])
        write_info(temporary, info)
    return Snapshot.open(folder)


def global_slider_set(shard_id: str, slider_set: int) -> int:
    """The same number of another sweep is another set; a sweep's shards share theirs."""
    return _hash_63(f"{sweep_of(shard_id)}\n{slider_set}")


def choose_held_out(slider_sets_N: NDArray[np.int64], share: float, seed: int) -> NDArray[np.bool_]:
    """Holds out whole sets until they make up `share` of the rows, at least one set where there are several.

    Sets stand in an order that depends on their number and the seed alone, so a set that is held out now stays so, save
    for those at the edge, when more rows have come.
    """
    sets_U, inverse_N, counts_U = np.unique(slider_sets_N, return_inverse=True, return_counts=True)
    if share == 0 or len(sets_U) < 2:
        return np.zeros(len(slider_sets_N), np.bool_)
    order_U = np.argsort([_hash_63(f"{seed}\n{number}") for number in sets_U])
    rows_before_U = np.cumsum(counts_U[order_U]) - counts_U[order_U] / 2
    num_held_out = int(np.searchsorted(rows_before_U, share * len(slider_sets_N)))
    is_held_out_U = np.zeros(len(sets_U), np.bool_)
    is_held_out_U[order_U[: min(max(num_held_out, 1), len(sets_U) - 1)]] = True
    return np.asarray(is_held_out_U[inverse_N])


def _hash_63(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1


def _only_recogniser(dataset: Dataset) -> str:
    names = sorted(dataset.recognisers())
    if not names:
        raise DatasetError(
            f"{dataset.store.url} holds no rows yet; capture some first, or name the folder of the tables"
        )
    if len(names) > 1:
        raise DatasetError(f"{dataset.store.url} holds embeddings of {', '.join(names)}; name the one to export")
    return names[0]


def _write_arrays(
    folder: Path, batches: Iterable[pa.RecordBatch], profile: Profile, info: SnapshotInfo, dimension: int
) -> None:
    num_rows = info.num_rows
    choices_N3 = _new_array(folder, "choices_N3", np.int64, (num_rows, 3))
    sliders_NS = _new_array(folder, "sliders_NS", np.float32, (num_rows, len(profile.sliders)))
    embeddings_ND = _new_array(folder, "embeddings_ND", np.float32, (num_rows, dimension))
    slider_sets_N = _new_array(folder, "slider_sets_N", np.int64, (num_rows,))
    encoding, frame_ids, at = Encoding(profile), [], 0
    for batch in batches:
        part = slice(at, at + batch.num_rows)
        at += batch.num_rows
        settings = decode_settings(batch)
        choices_N3[part] = encoding.choices_N3(settings)
        sliders_NS[part] = encoding.sliders_NS(settings)
        embeddings_ND[part] = fixed_size_values(batch["embedding"], dimension)
        slider_sets_N[part] = _global_slider_sets(batch)
        frame_ids += [frame_id(*name) for name in _row_names(batch)]
    for array in (choices_N3, sliders_NS, embeddings_ND, slider_sets_N):
        array.flush()
    is_held_out_N = choose_held_out(slider_sets_N, info.held_out_share, info.seed)
    np.save(folder / "is_held_out_N.npy", is_held_out_N)
    np.save(folder / "frame_ids_N.npy", np.array(frame_ids, np.str_))


def _new_array(folder: Path, name: str, dtype: Any, shape: tuple[int, ...]) -> Any:
    return open_memmap(folder / f"{name}.npy", mode="w+", dtype=dtype, shape=shape)


def _row_names(batch: pa.RecordBatch) -> Sequence[tuple[str, int]]:
    return list(zip(batch["shard_id"].to_pylist(), batch["step"].to_pylist(), strict=True))


def _global_slider_sets(batch: pa.RecordBatch) -> list[int]:
    known: dict[tuple[str, int], int] = {}
    numbers = []
    for name in zip(batch["shard_id"].to_pylist(), batch["slider_set"].to_pylist(), strict=True):
        if name not in known:
            known[name] = global_slider_set(*name)
        numbers.append(known[name])
    return numbers
