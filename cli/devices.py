"""Opens what an agent drives: the stand-in in memory, a window under X11, a window on Windows, a recording."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from agents.recording import PlaybackDevice, RecordingDevice
from protocol.errors import DeviceError

if TYPE_CHECKING:
    from creator.profile import Profile
    from protocol.device import Device


class DeviceKind(StrEnum):
    """Where the creator runs."""

    STANDIN = "standin"
    X11 = "x11"
    WINDOWS = "windows"
    PLAYBACK = "playback"


HERE = DeviceKind.WINDOWS if sys.platform == "win32" else DeviceKind.X11  # where a creator's window is on this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class StandinOptions:
    """What can be told a stand-in in memory; other devices take the creator as it is."""

    faults: str = ""
    seed: int = 0
    truth_log: Path | None = None


def open_device(
    kind: DeviceKind, profile: Profile, standin: StandinOptions | None = None, *, recording: Path | None = None
) -> Device:
    """`recording` is written, or played back by the device of that kind.

    Raises FaultError for faults that do not exist, DeviceError when faults are asked of a real window, WindowError.
    """
    options = standin or StandinOptions()
    if kind is DeviceKind.PLAYBACK:
        if recording is None:
            raise DeviceError("--device playback needs --recording FILE")
        return PlaybackDevice(recording)
    device = _open_live(kind, profile, options)
    return device if recording is None else RecordingDevice(device, recording, note=f"{kind} {profile.name}")


def _open_live(kind: DeviceKind, profile: Profile, options: StandinOptions) -> Device:
    if kind is DeviceKind.STANDIN:
        return _open_standin(profile, options)
    if options.faults or options.truth_log:
        raise DeviceError(f"Faults and truth log belong to --device standin; a creator on {kind} has its own")
    if kind is DeviceKind.X11:
        try:
            from agents.x11_device import open_x11_device  # python-xlib is there on Linux only
        except ModuleNotFoundError as error:
            raise DeviceError(f"X11 devices work on Linux only ({error}): choose another --device") from error
        return open_x11_device(profile.title)
    from agents.windows_device import open_windows_device

    return open_windows_device(profile.title)


def _open_standin(profile: Profile, options: StandinOptions) -> Device:
    """An agent beside a real creator has none of what the stand-in draws with."""
    try:
        from standin.faults import Faults
        from standin.game import Game
        from standin.memory_device import MemoryDevice
        from standin.screen import Screen
    except ModuleNotFoundError as error:
        raise DeviceError(
            f"The stand-in is not installed here ({error}): run pip install 'lookalike[standin]', or choose another --device"
        ) from error
    game = Game(profile, faults=Faults.parse(options.faults), seed=options.seed)
    return MemoryDevice(game, Screen.with_head(profile), truth_log=options.truth_log, logs_only_seen=True)
