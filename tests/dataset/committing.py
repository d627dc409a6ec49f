"""A process that commits staged shards, to be killed or raced: python committing.py FOLDER CHUNKS.json [STEP].

Prints the shards that it won, one a line. With STEP it dies at that step of its first commit, as a kill would make it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from fuse import dying_at
from making import small_profile

from dataset.dataset import Dataset
from dataset.record import StagedChunk


def main(folder: str, chunks_file: str, step: int) -> None:
    dataset = Dataset.open(folder, small_profile())
    chunks = [StagedChunk.from_json(chunk) for chunk in json.loads(Path(chunks_file).read_text())]
    Path(f"{chunks_file}.{os.getpid()}.ready").touch()
    while step < 0 and not Path(folder, "go").exists():
        time.sleep(0.002)
    with dying_at(step, lambda: os._exit(9)):
        for chunk in chunks:
            if dataset.commit_shard(chunk.shard_id, [chunk]):
                print(chunk.shard_id, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else -1)
