"""A stand-in creator with a simple face, so that agents are tested without a renderer."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.calibrate import CalibrationResult, calibrate
from creator.profile import Profile
from creator.profile_file import load_profile
from standin.faults import Faults
from standin.game import Game
from standin.looks import Looks
from standin.memory_device import MemoryDevice
from standin.pose import Pose
from standin.screen import Screen

MakeDevice = Callable[..., MemoryDevice]


class PlainPainter:
    """A head of one colour with two eyes that close; every character has its own colours."""

    def render(
        self, *, gender: str, face: int, skin: int, sliders: Mapping[str, float], pose: Pose
    ) -> NDArray[np.uint8]:
        seed = zlib.crc32(repr((gender, face, skin, sorted(sliders.items()))).encode())
        skin_rgb = 90 + np.array([seed & 127, seed >> 7 & 127, seed >> 14 & 127])
        pixels = np.full((256, 256, 3), 40, np.uint8)
        x, y = round(pose.shift_x_pixels), round(pose.shift_y_pixels)
        pixels[30 + y : 230 + y, 60 + x : 196 + x] = skin_rgb
        open_rows = round(12 * (1 - pose.eyelid_closure))
        for left in (85, 145):
            pixels[110 + y : 110 + y + open_rows, left + x : left + 28 + x] = (255, 255, 255)
        return pixels


@pytest.fixture(scope="session")
def profile() -> Profile:
    return load_profile("small")


@pytest.fixture(scope="session")
def make_device() -> MakeDevice:
    def make(
        profile: Profile, *, faults: str = "", seed: int = 0, looks: Looks | None = None, truth_log: Path | None = None
    ) -> MemoryDevice:
        game = Game(profile, faults=Faults.parse(faults), seed=seed)
        return MemoryDevice(game, Screen(profile, PlainPainter(), looks=looks), truth_log=truth_log)

    return make


@pytest.fixture(scope="session")
def learned(profile: Profile, make_device: MakeDevice) -> CalibrationResult:
    """The small creator, calibrated under lost and doubled presses and pop-ups."""
    device = make_device(profile, faults="dropped_press=0.02,doubled_press=0.01,popup=0.1", seed=11)
    return calibrate(device, profile)
