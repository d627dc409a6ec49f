"""Gateway, coordinator and embedding in one process, on a store that fails: python chaos_server.py CONFIG.json

It is killed and started again by the test; whatever it knows it must find in the store.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn
from capturing import ColourRecogniser, small_sweep

from coordinator.backend import local_backend
from coordinator.campaign import Campaign
from coordinator.coordinator import Coordinator
from coordinator.gateway import GatewayLimits, create_gateway
from coordinator.lease import LeaseSettings
from coordinator.tokens import TokenStore
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.errors import StoreUnreachableError
from dataset.store import Store, StoredFile, open_store
from embedding.embedder import Embedder


class FaultyStore:
    """Fails a share of what it is asked, half of that after it was done; stalls now and then."""

    def __init__(self, store: Store, share: float, stall_share: float, stall_seconds: float) -> None:
        self._store = store
        self._share = share
        self._stall_share = stall_share
        self._stall_seconds = stall_seconds
        self._chance = random.Random()

    url = property(lambda self: self._store.url)
    arrow_filesystem = property(lambda self: self._store.arrow_filesystem)
    delta_options = property(lambda self: self._store.delta_options)

    def delta_url(self, folder: str) -> str:
        return self._store.delta_url(folder)

    def write(self, path: str, data: bytes) -> None:
        self._faulty("write", path, data)

    def put_if_absent(self, path: str, data: bytes) -> bool:
        return bool(self._faulty("put_if_absent", path, data))

    def read(self, path: str) -> bytes | None:
        found: bytes | None = self._faulty("read", path)
        return found

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = self._faulty("read_all", paths)
        return found

    def list(self, folder: str, prefix: str = "") -> list[StoredFile]:
        found: list[StoredFile] = self._faulty("list", folder, prefix)
        return found

    def sizes(self, paths: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = self._faulty("sizes", paths)
        return found

    def delete(self, paths: Sequence[str]) -> None:
        self._faulty("delete", paths)

    def _faulty(self, name: str, *arguments: Any) -> Any:
        if self._chance.random() < self._stall_share:
            time.sleep(self._stall_seconds)
        draw = self._chance.random()
        if draw < self._share / 2:
            raise StoreUnreachableError(self.url, f"{name} did not get through")
        result = getattr(self._store, name)(*arguments)
        if draw < self._share:
            raise StoreUnreachableError(self.url, f"the answer to {name} got lost")
        return result


def open_patiently(store: FaultyStore, config: dict[str, Any]) -> tuple[Dataset, Coordinator]:
    """As Ray does with the coordinator's actor: what fails at the start is tried again."""
    leases = LeaseSettings(
        heartbeat_seconds=2, expires_in_seconds=8, retry_after_seconds=0.3, max_failing_agents=99, max_failures=999
    )
    while True:
        try:
            dataset = Dataset.open_in(store, load_profile("small"))
            coordinator = Coordinator(dataset, Campaign(store), leases)
            coordinator.operations.restore()
            coordinator.operations.add_sweep(small_sweep("chaos", **config["sweep"]))
        except StoreUnreachableError:
            time.sleep(0.1)
        else:
            return dataset, coordinator


def main(config: dict[str, Any]) -> None:
    store = FaultyStore(
        open_store(config["data"]), config["failing_share"], config["stall_share"], config["stall_seconds"]
    )
    dataset, coordinator = open_patiently(store, config)
    limits = GatewayLimits(requests_per_second=1e6, refusals_per_second=1e6)
    app = create_gateway(
        local_backend(coordinator, Embedder(ColourRecogniser()), dataset), TokenStore(config["tokens"]), limits
    )
    uvicorn.run(app, host="127.0.0.1", port=config["port"], log_level="error")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
