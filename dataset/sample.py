"""A few frames drawn at random, pictures and labels, for people to look at."""

from __future__ import annotations

import json
import random
from pathlib import Path

from dataset.dataset import Dataset
from dataset.errors import DatasetError
from dataset.rows import frame_id

_LABELS = ("shard_id", "step", "gender", "face", "skin", "sliders", "agent", "confidence", "image_format")


def sample_frames(dataset: Dataset, folder: Path, *, count: int, seed: int = 0) -> int:
    """Writes pictures and `labels.json` into a folder; returns how many. Raises DatasetError when there are no rows."""
    labels = dataset.frame_table(_LABELS)
    if not labels.num_rows:
        raise DatasetError(f"{dataset.store.url} holds no rows yet; capture some first")
    chosen = sorted(random.Random(seed).sample(range(labels.num_rows), min(count, labels.num_rows)))
    rows = labels.take(chosen).sort_by([("shard_id", "ascending"), ("step", "ascending")]).to_pylist()
    folder.mkdir(parents=True, exist_ok=True)
    for row in rows:
        row["picture"] = f"{row['shard_id']}.{row['step']:05d}.{row['image_format']}"
        (folder / row["picture"]).write_bytes(dataset.frame_image(frame_id(row["shard_id"], row["step"])))
    (folder / "labels.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return len(rows)
