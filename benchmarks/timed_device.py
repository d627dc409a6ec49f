"""A device that passes everything on and notes how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from protocol.device import Device, Picture, Region, WindowInfo


class TimedDevice:
    """`seconds` by what they were spent on; `grab_seconds` of each picture, by the time that it carries."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.reset()

    def reset(self) -> None:
        self.seconds = {"keys": 0.0, "grabs": 0.0, "waits": 0.0}
        self.grab_seconds: dict[float, float] = {}

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] += time.perf_counter() - started

    def key_down(self, key: str) -> None:
        with self._timed("keys"):
            self._device.key_down(key)

    def key_up(self, key: str) -> None:
        with self._timed("keys"):
            self._device.key_up(key)

    def grab(self, region: Region | None = None) -> Picture:
        with self._timed("grabs"):
            picture = self._device.grab(region)
        self.grab_seconds[picture.seconds] = self._device.now() - picture.seconds
        return picture

    def wait(self, seconds: float) -> None:
        with self._timed("waits"):
            self._device.wait(seconds)

    def now(self) -> float:
        return self._device.now()

    def window(self) -> WindowInfo:
        with self._timed("keys"):
            return self._device.window()

    def focus(self) -> None:
        with self._timed("keys"):
            self._device.focus()

    def close(self) -> None:
        self._device.close()
