"""The real agent on the small stand-in with plain heads, in a process that is killed: python -m tests.chaos.agent PLAN NAME"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from pathlib import Path

from agents.agent import AgentConfig, run_agent
from agents.calibration_file import load_calibration
from agents.uplink import Uplink, UplinkConfig
from creator.profile_file import load_profile
from protocol.lease import ChunkReply
from standin.faults import Faults
from standin.game import Game
from standin.memory_device import MemoryDevice
from standin.screen import Screen
from tests.agents.conftest import PlainPainter
from tests.chaos.plan import CHUNK_FRAMES, PROFILE, ChaosPlan

PATIENCE = UplinkConfig(first_pause_seconds=0.1, longest_pause_seconds=2.0, timeout_seconds=20.0)


class NotedUplink(Uplink):
    """Writes down every chunk that was acknowledged, for those who look whether work goes on."""

    def __init__(self, plan: ChaosPlan, agent: str, stop: threading.Event) -> None:
        super().__init__(plan.url, plan.token(agent).read_text(), wait=stop.wait, config=PATIENCE)
        self._progress = plan.progress(agent)

    def send_chunk(self, lease_id: str, data: bytes) -> ChunkReply:
        sent = time.time()
        reply = super().send_chunk(lease_id, data)
        with self._progress.open("a") as progress:
            progress.write(f"{sent} {time.time()}\n")
        return reply


def main(plan: ChaosPlan, name: str) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    profile = load_profile(PROFILE)
    game = Game(profile, faults=Faults.parse("dropped_press=0.005"), seed=plan.agents.index(name))
    device = MemoryDevice(game, Screen(profile, PlainPainter()))
    config = AgentConfig(
        name=name,
        url=plan.url,
        spool_folder=plan.place / "spool" / name,
        chunk_frames=CHUNK_FRAMES,
        ends_when_finished=plan.agents_end,
    )
    stop = threading.Event()
    threading.Thread(target=_tell_time, args=(game, plan.clock(name)), daemon=True).start()
    run_agent(config, device, profile, load_calibration(plan.calibration), NotedUplink(plan, name, stop), stop=stop)


def _tell_time(game: Game, path: Path) -> None:
    beside = path.with_suffix(".new")
    while True:
        beside.write_text(f"{os.getpid()} {game.seconds}")
        beside.replace(path)
        time.sleep(1.0)


if __name__ == "__main__":
    main(ChaosPlan.load(sys.argv[1]), sys.argv[2])
