from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from agents.agent import AgentConfig, AgentSummary, run_agent
from agents.calibrate import CalibrationResult
from agents.errors import CaptureError, RefusedError, TouchedError
from agents.journal import Journal
from agents.spool import Spool
from agents.uplink import Uplink, UplinkConfig
from creator.profile import Profile
from protocol.chunk import read_chunk
from protocol.device import Device
from protocol.errors import GameOverError
from protocol.frame import Frame
from protocol.lease import LeaseGrant
from protocol.shard import Shard
from tests.agents.conftest import MakeDevice
from tests.agents.test_capture import make_shard, walk

FINISHED = {"grant": None, "no_work": {"reason": "done", "retry_after_seconds": 0.01, "is_finished": True}}


class Coordinator:
    """Grants its shards once each and keeps what arrives."""

    def __init__(self, *shards: Shard) -> None:
        self.shards = list(shards)
        self.frames: dict[str, list[Frame]] = {}
        self.reports: list[dict[str, Any]] = []
        self.rejected_once: tuple[int, ...] = ()
        self.is_held = True
        self.commits = True
        self.on_heartbeat: Callable[[], None] = lambda: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json=getattr(self, f"_{name}")(request))

    def _lease(self, _request: httpx.Request) -> dict[str, Any]:
        if not self.shards:
            return FINISHED
        shard = self.shards.pop(0)
        times = {"heartbeat_seconds": 0.01, "expires_in_seconds": 1.0}
        return {"grant": {"lease_id": f"lease-{shard.index}", "shard": shard.to_json(), "attempt": 1, **times}}

    def _heartbeat(self, _request: httpx.Request) -> dict[str, Any]:
        self.on_heartbeat()
        return {"is_held": self.is_held}

    def _report(self, request: httpx.Request) -> dict[str, Any]:
        self.reports.append(json.loads(request.read()))
        return {"is_committed": self.commits, "reason": "" if self.commits else "step 3 is not staged"}

    def _chunks(self, request: httpx.Request) -> dict[str, Any]:
        frames = read_chunk(request.read())
        self.frames.setdefault(request.url.path.split("/")[3], []).extend(frames)
        rejected, self.rejected_once = self.rejected_once, ()
        return {"is_durable": True, "rejected_steps": list(rejected)}


@pytest.fixture
def run(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult, tmp_path: Path
) -> Callable[..., AgentSummary]:
    def run(coordinator: Coordinator, *, faults: str = "", stop: threading.Event | None = None) -> AgentSummary:
        stop = stop or threading.Event()
        config = AgentConfig(
            name="a1",
            url="http://gateway",
            spool_folder=tmp_path / "spool",
            chunk_frames=3,
            ends_when_finished=True,
        )
        transport = httpx.MockTransport(coordinator)
        pauses = UplinkConfig(first_pause_seconds=0.01)
        uplink = Uplink(config.url, "secret", wait=stop.wait, transport=transport, config=pauses)
        device = make_device(profile, faults=faults, seed=6)
        return run_agent(config, device, profile, learned.calibration, uplink, stop=stop)

    return run


@pytest.fixture
def shard(profile: Profile) -> Shard:
    return make_shard(profile, walk(profile, 8, seed=3))


def test_shards_are_captured_delivered_and_reported_until_nothing_is_left(
    run: Callable[..., AgentSummary], profile: Profile, shard: Shard, tmp_path: Path
) -> None:
    other = Shard("test", 4, profile.hash, shard.characters[:2], (0, 1))
    coordinator = Coordinator(shard, other)

    summary = run(coordinator)

    assert (summary.num_done, summary.num_frames) == (2, 10)
    assert [(report["outcome"], report["num_frames"]) for report in coordinator.reports] == [("done", 8), ("done", 2)]
    assert [frame.record.character for frame in coordinator.frames["lease-3"]] == list(shard.characters)
    assert all(frame.record.is_verified for frames in coordinator.frames.values() for frame in frames)
    assert list((tmp_path / "spool").iterdir()) == []


def test_rejected_steps_are_captured_again_and_only_those(run: Callable[..., AgentSummary], shard: Shard) -> None:
    coordinator = Coordinator(shard)
    coordinator.rejected_once = (1, 2)

    run(coordinator)

    assert [frame.record.step for frame in coordinator.frames["lease-3"]] == [*range(8), 1, 2]
    assert coordinator.reports[-1]["outcome"] == "done"


def test_a_lost_lease_drops_the_shard_without_a_report(
    run: Callable[..., AgentSummary], shard: Shard, tmp_path: Path
) -> None:
    coordinator = Coordinator(shard)
    coordinator.is_held = False

    summary = run(coordinator)

    assert (summary.num_lost, summary.num_done) == (1, 0)
    assert coordinator.reports == []
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_shard_that_is_not_committed_counts_as_lost_and_its_frames_do_not_count(
    run: Callable[..., AgentSummary], shard: Shard, caplog: pytest.LogCaptureFixture
) -> None:
    coordinator = Coordinator(shard)
    coordinator.commits = False

    summary = run(coordinator)

    assert (summary.num_done, summary.num_lost, summary.num_frames) == (0, 1, 0)
    assert "step 3 is not staged" in caplog.text


def test_a_report_that_nobody_takes_is_made_again_at_the_next_start(
    run: Callable[..., AgentSummary], shard: Shard, tmp_path: Path
) -> None:
    class Deaf(Coordinator):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/report"):
                stop.set()
                return httpx.Response(503, json={"error": "starting"})
            return super().__call__(request)

    stop, deaf = threading.Event(), Deaf(shard)
    first = run(deaf, stop=stop)
    second = run(coordinator := Coordinator())

    assert (first.num_done, first.num_lost) == (0, 1)
    assert (second.num_done, second.num_frames) == (1, 8)
    assert [(report["outcome"], report["lease_id"]) for report in coordinator.reports] == [("done", "lease-3")]
    assert coordinator.frames == {}
    assert list((tmp_path / "spool").iterdir()) == []


def test_an_agent_that_is_told_to_stop_gives_its_shard_back(run: Callable[..., AgentSummary], shard: Shard) -> None:
    coordinator, stop = Coordinator(shard), threading.Event()
    coordinator.on_heartbeat = stop.set

    summary = run(coordinator, stop=stop)

    assert summary.num_given_back == 1
    assert [report["outcome"] for report in coordinator.reports] == ["given_back"]


def test_a_creator_that_crashes_ends_the_agent_and_its_shard_is_reported_as_failed(
    run: Callable[..., AgentSummary], shard: Shard
) -> None:
    coordinator = Coordinator(shard)

    with pytest.raises(GameOverError):
        run(coordinator, faults="crash=0.5")

    assert [report["outcome"] for report in coordinator.reports] == ["failed"]
    assert "crashed" in coordinator.reports[0]["error"]


def test_a_reason_with_half_a_character_reaches_the_coordinator_as_text(
    run: Callable[..., AgentSummary], shard: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise CaptureError("No picture of the face in 'caf\udce9.png'")

    monkeypatch.setattr("agents.errand.Errand._capture", fail)
    coordinator = Coordinator(shard)
    run(coordinator)
    assert "caf\\udce9" in coordinator.reports[0]["error"]


def test_what_an_earlier_run_left_in_the_spool_is_given_back_first(
    run: Callable[..., AgentSummary], shard: Shard, tmp_path: Path
) -> None:
    (spool := Spool(tmp_path / "spool")).open()
    spool.put("lease-old", 0, b"frames of a killed agent")
    coordinator = Coordinator(shard)

    run(coordinator)

    assert [(report["lease_id"], report["outcome"]) for report in coordinator.reports] == [
        ("lease-old", "given_back"),
        ("lease-3", "done"),
    ]


def test_an_agent_that_is_refused_ends_with_the_reason(run: Callable[..., AgentSummary]) -> None:
    class Refusing(Coordinator):
        def __call__(self, _request: httpx.Request) -> httpx.Response:
            return httpx.Response(401, json={"error": "unknown token"})

    with pytest.raises(RefusedError, match="unknown token"):
        run(Refusing())


class TouchedDevice:
    """A device whose machine somebody uses for a while, `after` so many keys."""

    def __init__(self, device: Device, after: int) -> None:
        self._device = device
        self._left = after
        self.num_refused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)

    def key_down(self, key: str) -> None:
        self._left -= 1
        if self._left == 0:
            raise TouchedError("Somebody uses this machine", 0.05)
        self._device.key_down(key)

    def focus(self) -> None:
        if self._left < 0 and self.num_refused < 3:
            self.num_refused += 1
            raise TouchedError("Somebody uses this machine", 0.05)
        self._device.focus()


def test_an_agent_whose_machine_is_touched_gives_the_shard_back_and_waits_until_it_is_left_alone(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult, shard: Shard, tmp_path: Path
) -> None:
    other = Shard("test", 4, profile.hash, shard.characters[:2], (0, 1))
    coordinator, stop = Coordinator(shard, other), threading.Event()
    config = AgentConfig(name="a1", url="http://gateway", spool_folder=tmp_path / "spool", ends_when_finished=True)
    uplink = Uplink(config.url, "secret", wait=stop.wait, transport=httpx.MockTransport(coordinator))
    device = TouchedDevice(make_device(profile), after=60)

    summary = run_agent(config, device, profile, learned.calibration, uplink, stop=stop)

    assert [(report["outcome"], report["lease_id"]) for report in coordinator.reports] == [
        ("given_back", "lease-3"),
        ("done", "lease-4"),
    ]
    assert summary.num_given_back == 1
    assert device.num_refused == 3


def test_an_agent_goes_on_with_the_shard_that_it_was_killed_at(
    run: Callable[..., AgentSummary], shard: Shard, tmp_path: Path
) -> None:
    grant = LeaseGrant("lease-9", shard, 1, 0.01, 1.0)
    Spool(tmp_path / "spool").open()
    journal = Journal(tmp_path / "spool")
    journal.begin(grant)
    journal.note_durable("lease-9", [0, 1, 2, 3, 4])
    coordinator = Coordinator()

    summary = run(coordinator)

    assert [frame.record.step for frame in coordinator.frames["lease-9"]] == [5, 6, 7]
    assert [(report["outcome"], report["num_frames"]) for report in coordinator.reports] == [("done", 8)]
    assert summary.num_done == 1
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_shard_that_is_somebody_elses_by_now_is_dropped(
    run: Callable[..., AgentSummary], shard: Shard, tmp_path: Path
) -> None:
    (spool := Spool(tmp_path / "spool")).open()
    Journal(tmp_path / "spool").begin(LeaseGrant("lease-9", shard, 1, 0.01, 1.0))
    spool.put("lease-9", 0, b"frames of a killed agent")
    coordinator = Coordinator()
    coordinator.is_held = False

    run(coordinator)

    assert coordinator.frames == {}
    assert list((tmp_path / "spool").iterdir()) == []
