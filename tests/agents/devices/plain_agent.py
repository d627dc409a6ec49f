"""An agent that can be killed, on the in-memory stand-in with plain faces."""

from __future__ import annotations

import logging
import resource
import threading
from dataclasses import dataclass
from pathlib import Path

from agents.agent import AgentConfig, run_agent
from agents.calibration_file import load_calibration
from agents.uplink import Uplink, UplinkConfig
from creator.profile_file import load_profile
from standin.faults import Faults
from standin.game import Game
from standin.memory_device import MemoryDevice
from standin.screen import Screen
from tests.agents.conftest import PlainPainter
from tests.agents.devices.local_coordinator import AGENT


@dataclass(frozen=True)
class AgentOrder:
    """`file_bytes`: no file may grow beyond that, as if the disk were full."""

    url: str
    token: str
    folder: Path
    seed: int
    spool_bytes: int = 1 << 30
    file_bytes: int | None = None


def be_an_agent(order: AgentOrder) -> None:
    """Until all work is done."""
    logging.basicConfig(filename=order.folder / "agent.log", level=logging.INFO)
    if order.file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order.file_bytes, order.file_bytes))
    profile = load_profile("small")
    game = Game(profile, faults=Faults.parse("dropped_press=0.02"), seed=order.seed)
    device = MemoryDevice(game, Screen(profile, PlainPainter()))
    config = AgentConfig(
        name=AGENT,
        url=order.url,
        spool_folder=order.folder / "spool",
        spool_bytes=order.spool_bytes,
        chunk_frames=2,
        ends_when_finished=True,
    )
    stop = threading.Event()
    pauses = UplinkConfig(first_pause_seconds=0.05, longest_pause_seconds=1.0)
    uplink = Uplink(order.url, order.token, wait=stop.wait, config=pauses)
    calibration = load_calibration(order.folder / "small.calibration")
    run_agent(config, device, profile, calibration, uplink, stop=stop)
