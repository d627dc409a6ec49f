"""A creator that is not what the profile says: the agent names the row, keeps the picture and delivers nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from agents.agent import AgentConfig, AgentSummary, run_agent
from agents.binding import check_binding
from agents.calibrate import CalibrationResult, calibrate
from agents.capture import CaptureConfig
from agents.errors import CalibrationError
from agents.evidence import kept_evidence
from agents.uplink import Uplink, UplinkConfig
from creator.profile import Profile
from protocol.character import Character
from protocol.device import Picture, Region
from standin.memory_device import MemoryDevice
from tests.agents.conftest import MakeDevice
from tests.agents.test_agent import Coordinator
from tests.agents.test_calibrate import changed
from tests.agents.test_capture import make_shard, walk

Run = Callable[[MemoryDevice, list[Character]], AgentSummary]


@pytest.fixture
def coordinator() -> Coordinator:
    return Coordinator()


@pytest.fixture
def run(profile: Profile, learned: CalibrationResult, coordinator: Coordinator, tmp_path: Path) -> Run:
    def run(device: MemoryDevice, characters: list[Character]) -> AgentSummary:
        coordinator.shards.append(make_shard(profile, characters))
        config = AgentConfig(
            name="a1",
            url="http://gateway",
            spool_folder=tmp_path / "spool",
            ends_when_finished=True,
            capture=CaptureConfig(evidence_folder=tmp_path / "evidence"),
        )
        stop = threading.Event()
        uplink = Uplink(
            config.url,
            "secret",
            wait=stop.wait,
            transport=httpx.MockTransport(coordinator),
            config=UplinkConfig(first_pause_seconds=0.01),
        )
        return run_agent(config, device, profile, learned.calibration, uplink, stop=stop)

    return run


def assert_failed_naming(what: str, coordinator: Coordinator, summary: AgentSummary, folder: Path) -> None:
    report = coordinator.reports[-1]
    assert (summary.num_failed, summary.num_frames) == (1, 0)
    assert report["outcome"] == "failed"
    assert what in report["error"]
    assert coordinator.frames == {}
    pictures = list((folder / "evidence").glob("*.png"))
    assert pictures
    assert all(str(path) in report["error"] for path in pictures)
    assert Image.open(pictures[0]).size[0] > 0


def test_a_row_that_is_missing_is_named(
    profile: Profile, make_device: MakeDevice, run: Run, coordinator: Coordinator, tmp_path: Path
) -> None:
    summary = run(make_device(changed(profile, "nose_length")), walk(profile, 2, seed=1))

    assert_failed_naming("nose_length", coordinator, summary, tmp_path)


def test_a_choice_that_the_profile_does_not_list_is_named(
    profile: Profile, make_device: MakeDevice, run: Run, coordinator: Coordinator, tmp_path: Path
) -> None:
    row = profile.roles["face"]
    ids = {
        gender: tuple(99 if one == row.defaults[gender] else one for one in listed)
        for gender, listed in row.ids.items()
    }
    defaults = dict.fromkeys(profile.genders, 99)

    summary = run(make_device(changed(profile, row.name, ids=ids, defaults=defaults)), walk(profile, 1, seed=1))

    assert_failed_naming(row.name, coordinator, summary, tmp_path)


class Interrupted:
    """From some grab on, the creator shows a screen that nobody has seen before."""

    def __init__(self, device: MemoryDevice, after_grabs: int) -> None:
        self._device = device
        self._left = after_grabs

    def __getattr__(self, name: str) -> object:
        return getattr(self._device, name)

    def grab(self, region: Region | None = None) -> Picture:
        picture = self._device.grab(region)
        self._left -= 1
        if self._left > 0:
            return picture
        pixels = np.random.default_rng(1).integers(0, 255, len(picture.rgb), np.uint8)
        return replace(picture, rgb=pixels.tobytes())


def test_an_unknown_screen_names_what_was_wanted(
    profile: Profile, make_device: MakeDevice, run: Run, coordinator: Coordinator, tmp_path: Path
) -> None:
    interrupted = Interrupted(make_device(profile), after_grabs=40)

    summary = run(interrupted, walk(profile, 2, seed=1))  # type: ignore[arg-type]

    assert_failed_naming("row '", coordinator, summary, tmp_path)
    assert "an unknown screen" in coordinator.reports[-1]["error"]


def test_an_unknown_screen_at_the_start_is_kept_as_well(
    profile: Profile, make_device: MakeDevice, learned: CalibrationResult, tmp_path: Path
) -> None:
    device = Interrupted(make_device(profile), after_grabs=1)

    with pytest.raises(CalibrationError) as error, kept_evidence(tmp_path, "small"):
        check_binding(device, profile, learned.calibration)  # type: ignore[arg-type]

    assert [path.suffix for path in tmp_path.iterdir()] == [".png"]
    assert str(next(tmp_path.iterdir())) in error.value.__notes__[0]


def test_a_creator_that_cannot_be_learned_leaves_a_picture(
    profile: Profile, make_device: MakeDevice, tmp_path: Path
) -> None:
    with pytest.raises(CalibrationError, match="not found: wrinkles"), kept_evidence(tmp_path, "small"):
        calibrate(make_device(changed(profile, "wrinkles")), profile, checks_ranges=False)

    assert [path.suffix for path in tmp_path.iterdir()] == [".png"]
