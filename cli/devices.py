"""Opens what an agent drives: the stand-in in memory, a window under X11, a window on Windows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from protocol.errors import DeviceError
from standin.faults import Faults
from standin.game import Game
from standin.memory_device import MemoryDevice
from standin.screen import Screen

if TYPE_CHECKING:
    from creator.profile import Profile
    from protocol.device import Device


class DeviceKind(StrEnum):
    """Where the creator runs."""

    STANDIN = "standin"
    X11 = "x11"
    WINDOWS = "windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandinOptions:
    """What can be told a stand-in in memory; other devices take the creator as it is."""

    faults: str = ""
    seed: int = 0
    truth_log: Path | None = None


def open_device(kind: DeviceKind, profile: Profile, standin: StandinOptions | None = None) -> Device:
    """Raises FaultError for faults that do not exist, DeviceError when faults are asked of a real window, WindowError."""
    options = standin or StandinOptions()
    if kind is DeviceKind.STANDIN:
        game = Game(profile, faults=Faults.parse(options.faults), seed=options.seed)
        return MemoryDevice(game, Screen.with_head(profile), truth_log=options.truth_log, logs_only_seen=True)
    if options.faults or options.truth_log:
        raise DeviceError(f"Faults and truth log belong to --device standin; a creator on {kind} has its own")
    return _open_window(kind, profile)


def _open_window(kind: DeviceKind, profile: Profile) -> Device:
    if kind is DeviceKind.X11:
        from agents.x11_device import X11Device  # python-xlib is there on Linux only

        return X11Device(profile.title)
    from agents.windows_device import WindowsDevice  # pydirectinput is there on Windows only

    return WindowsDevice(profile.title)
