"""What a table's log is told of a file."""

from __future__ import annotations

import json
import time

from deltalake.transaction import AddAction

from dataset.record import StagedFile


def add_action(shard_id: str, file: StagedFile) -> AddAction:
    statistics = statistics_of(file.num_rows, shard_id, shard_id)
    return AddAction(file.path, file.size_bytes, {}, int(time.time() * 1000), True, statistics)


def statistics_of(num_rows: int, first_shard: str, last_shard: str) -> str:
    return json.dumps(
        {
            "numRecords": num_rows,
            "minValues": {"shard_id": first_shard},
            "maxValues": {"shard_id": last_shard},
            "nullCount": {"shard_id": 0},
        }
    )
