"""The whole outside world of an agent: press and release keys, grab pixels, read the clock, find the window.

The stand-in implements it in memory, `agents` implements it for Windows, X11 and recordings; neither imports the other.
Nothing here tells what the creator's state is: that must be read from the pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of the creator's client area, in pixels from its top left corner."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    def scaled(self, factor: float) -> Region:
        """The same place on a screen that is `factor` times as large; both edges are rounded, so neighbours still touch."""
        left, top = round(self.left * factor), round(self.top * factor)
        return Region(left, top, round(self.right * factor) - left, round(self.bottom * factor) - top)


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels as grabbed: `rgb` holds height x width x 3 bytes, row by row, taken at `seconds` on the device's clock."""

    width: int
    height: int
    rgb: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class WindowInfo:
    """What a device knows of the creator's window without looking into it."""

    title: str
    width: int
    height: int
    is_in_front: bool


class Device(Protocol):
    """Keys out, pixels in.

    Keys are named as on a US keyboard: "a".."z", "0".."9", "space", "esc", "enter", "tab", "up", "down", "left", "right".
    Raises WindowError when the window is not there or not in front, GameOverError when the creator has ended.
    """

    def key_down(self, key: str) -> None:
        """Presses a key and leaves it down. A key that is down already stays so."""

    def key_up(self, key: str) -> None:
        """Releases a key."""

    def grab(self, region: Region | None = None) -> Picture:
        """The pixels now on the screen, of the whole client area or a region of it."""

    def now(self) -> float:
        """Seconds on the clock that the creator lives by; monotonic."""

    def wait(self, seconds: float) -> None:
        """Lets that much time pass."""

    def window(self) -> WindowInfo:
        """Where the creator is; brings nothing to the front."""

    def focus(self) -> None:
        """Brings the creator's window to the front."""

    def close(self) -> None:
        """Releases every key that is still down and what the device holds."""
