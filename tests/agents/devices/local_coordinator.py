"""A real coordinator and gateway behind a real port, in this process, with a recogniser that sees colours; and a cable to cut."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections import Counter
from pathlib import Path

import uvicorn

from coordinator.backend import local_backend
from coordinator.coordinator import Coordinator
from coordinator.gateway import create_gateway
from coordinator.leases import LeaseSettings
from coordinator.sweep import SweepSpec, plan_sweep
from coordinator.tokens import TokenStore
from creator.profile import Profile
from dataset.dataset import Dataset
from embedding.embedder import Embedder
from protocol.character import Character
from tests.coordinator.capturing import ColourRecogniser

AGENT = "agent-1"


class LocalCoordinator:
    """Tables, tokens and leases are in a folder, so that it can be stopped and started again."""

    def __init__(self, folder: Path, profile: Profile, sweep: SweepSpec) -> None:
        self.profile, self.sweep = profile, sweep
        self.dataset = Dataset.open(folder / "data", profile)
        self._tokens = TokenStore(folder / "tokens.json")
        self.token = self._tokens.issue(AGENT)
        self._embedder = Embedder(ColourRecogniser())
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        limits = LeaseSettings(max_failing_agents=99, max_failures=999, max_failing_shards=999)
        self.coordinator = Coordinator.open(self.dataset, limits)
        self.coordinator.operations.add_sweep(self.sweep)
        app = create_gateway(local_backend(self.coordinator, self._embedder, self.dataset), self._tokens)
        config = uvicorn.Config(app, port=self.port, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def planned(self) -> Counter[tuple[str, int, Character]]:
        return Counter(
            (shard.shard_id, step, character)
            for shard in plan_sweep(self.sweep, self.profile)
            for step, character in enumerate(shard.characters)
        )

    def committed(self) -> Counter[tuple[str, int, Character]]:
        columns = ("shard_id", "step", "gender", "face", "skin", "sliders")
        return Counter(
            (row["shard_id"], row["step"], Character(row["gender"], row["face"], row["skin"], tuple(row["sliders"])))
            for row in self.dataset.frame_table(columns).to_pylist()
        )


class Cable:
    """Passes connections on to a port, until it is cut."""

    def __init__(self, to_port: int) -> None:
        self.port = free_port()
        self._to_port = to_port
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        self._is_cut = True
        self._loop.call_soon_threadsafe(self._drop)

    def mend(self) -> None:
        self._is_cut = False

    def _drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._connect, "127.0.0.1", self.port))
        self._loop.run_forever()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        self._writers -= {writer, far_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
