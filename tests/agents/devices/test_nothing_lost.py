"""Whatever is killed, cut or full: every planned frame is committed once, with its own settings."""

from __future__ import annotations

import multiprocessing
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from agents.calibrate import CalibrationResult
from agents.calibration_file import save_calibration
from coordinator.sweep import SweepSpec
from creator.profile import Profile
from tests.agents.devices.local_coordinator import Cable, LocalCoordinator
from tests.agents.devices.plain_agent import AgentOrder, be_an_agent

Start = Callable[..., BaseProcess]
_FINISH_SECONDS = 280.0


def small_sweep(num_frames: int) -> SweepSpec:
    return SweepSpec.from_table(
        {"name": "kills", "kind": "interleaved", "num_frames": num_frames, "frames_per_shard": 6, "seed": 3}
    )


@pytest.fixture
def coordinator(profile: Profile, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[LocalCoordinator]:
    running = LocalCoordinator(tmp_path, profile, small_sweep(request.param))
    yield running
    running.stop()


@pytest.fixture
def order(coordinator: LocalCoordinator, learned: CalibrationResult, tmp_path: Path) -> AgentOrder:
    save_calibration(learned.calibration, tmp_path / "small.calibration")
    return AgentOrder(coordinator.url, coordinator.token, tmp_path, seed=1)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts agents in processes of their own, from a server that has everything loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.agents.devices.plain_agent"])
    started: list[BaseProcess] = []

    def start(order: AgentOrder) -> BaseProcess:
        process = context.Process(target=be_an_agent, args=(order,))
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.join()


def finish(start: Start, order: AgentOrder, coordinator: LocalCoordinator) -> None:
    """An agent that nobody disturbs brings the sweep to its end."""
    last = start(order)
    last.join(_FINISH_SECONDS)
    assert last.exitcode == 0
    assert coordinator.committed() == coordinator.planned()
    assert list((order.folder / "spool").iterdir()) == []


def kill_often(
    start: Start, order: AgentOrder, num_kills: int, generator: random.Random, coordinator: LocalCoordinator
) -> int:
    """How many of the kills struck an agent with work in hand."""
    num_in_work = 0
    for at in range(num_kills):
        agent = start(replace(order, seed=at))
        agent.join(generator.uniform(0.2, 2.5))
        agent.kill()
        agent.join()
        num_in_work += bool(list((order.folder / "spool").glob("*.lease")))
        committed = coordinator.committed()
        assert all(count == 1 for count in committed.values())
        assert committed.keys() <= coordinator.planned().keys()
    return num_in_work


@pytest.mark.parametrize("coordinator", [36], indirect=True)
def test_an_agent_that_is_killed_again_and_again_loses_nothing(
    coordinator: LocalCoordinator, order: AgentOrder, start: Start
) -> None:
    assert kill_often(start, order, 3, random.Random(1), coordinator) > 0

    finish(start, order, coordinator)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("coordinator", [600], indirect=True)
def test_fifty_kills_lose_nothing(coordinator: LocalCoordinator, order: AgentOrder, start: Start) -> None:
    num_in_work = kill_often(start, order, 50, random.Random(2), coordinator)

    finish(start, order, coordinator)
    log = (order.folder / "agent.log").read_text()
    print(f"{num_in_work} of 50 kills struck at work, {len(re.findall('goes on with', log))} shards went on")
    assert num_in_work >= 10


def cut_for(seconds: float, start: Start, order: AgentOrder, coordinator: LocalCoordinator) -> None:
    cable = Cable(coordinator.port)
    agent = start(replace(order, url=cable.url))
    wait_until(lambda: bool(coordinator.committed()))
    cable.cut()
    time.sleep(seconds)
    cable.mend()
    agent.join(_FINISH_SECONDS)

    assert agent.exitcode == 0
    assert coordinator.committed() == coordinator.planned()


@pytest.mark.parametrize("coordinator", [24], indirect=True)
def test_a_network_that_is_cut_for_a_while_loses_nothing(
    coordinator: LocalCoordinator, order: AgentOrder, start: Start
) -> None:
    cut_for(2.0, start, order, coordinator)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("coordinator", [60], indirect=True)
def test_a_network_that_is_cut_for_a_minute_loses_nothing(
    coordinator: LocalCoordinator, order: AgentOrder, start: Start
) -> None:
    cut_for(60.0, start, order, coordinator)


@pytest.mark.parametrize("coordinator", [36], indirect=True)
def test_a_coordinator_that_is_restarted_while_agents_work_loses_nothing(
    coordinator: LocalCoordinator, order: AgentOrder, start: Start
) -> None:
    agent = start(order)
    for num_rows in (1, 12):
        wait_until(lambda least=num_rows: len(coordinator.committed()) >= least)  # type: ignore[misc]
        coordinator.stop()
        time.sleep(0.3)
        coordinator.start()
    agent.join(_FINISH_SECONDS)

    assert agent.exitcode == 0
    assert coordinator.committed() == coordinator.planned()


@pytest.mark.parametrize("coordinator", [12], indirect=True)
def test_a_full_disk_ends_the_agent_with_the_reason_and_loses_nothing(
    coordinator: LocalCoordinator, order: AgentOrder, start: Start
) -> None:
    agent = start(replace(order, file_bytes=2000))
    agent.join(120)

    assert agent.exitcode not in (0, None)
    assert "make room on the disk" in (order.folder / "agent.log").read_text()
    finish(start, order, coordinator)


@pytest.mark.parametrize("coordinator", [12], indirect=True)
def test_a_spool_with_room_for_one_chunk_sends_before_it_goes_on(
    coordinator: LocalCoordinator, order: AgentOrder, start: Start
) -> None:
    finish(start, replace(order, spool_bytes=30_000), coordinator)


def wait_until(is_so: Callable[[], bool], seconds: float = 120.0) -> None:
    ended = threading.Event()
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "waited too long"
        ended.wait(0.1)
