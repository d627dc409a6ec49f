"""A creator to set characters in and take their picture, as an agent does: by keys and pixels."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.binding import check_binding
from agents.calibration_file import load_calibration
from agents.capture import Camera
from agents.driver import Driver
from cli.devices import DeviceKind, StandinOptions, open_device
from creator.profile import Profile
from protocol.character import Character


@dataclass(frozen=True)
class Studio:
    """Use `open_studio`."""

    driver: Driver
    camera: Camera

    def picture(self, character: Character) -> NDArray[np.uint8]:
        """Sets a character, reads every setting back, and takes its settled picture (H, W, 3).

        Raises DriverError, CaptureError when the creator cannot be brought there.
        """
        self.driver.set_character(character)
        return self.camera.take().face_HW3


@contextlib.contextmanager
def open_studio(
    profile: Profile,
    calibration: Path,
    *,
    device: DeviceKind = DeviceKind.STANDIN,
    standin: StandinOptions | None = None,
    recording: Path | None = None,
) -> Iterator[Studio]:
    """A studio on any device, for as long as the block lasts. Raises CalibrationError before a key is pressed when the
    calibration is not of this creator."""
    learned = load_calibration(calibration)
    opened = open_device(device, profile, standin, recording=recording)
    try:
        check_binding(opened, profile, learned)
        driver = Driver(opened, profile, learned)
        driver.read_all()
        yield Studio(driver, Camera(driver))
    finally:
        opened.close()
