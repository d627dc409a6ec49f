"""The display that the stand-in's window opens on: whether there is one, and whether the window fits."""

from __future__ import annotations

import os
import sys
from math import floor

import pygame

from protocol.device import Region
from standin.errors import DisplayError

_UNSEEN_DRIVERS = ("dummy", "offscreen")  # SDL takes the latter by itself where it finds no display
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
_DRIVER = "SDL_VIDEODRIVER"


def open_display(window: Region, scale: float) -> None:
    """For a window so large at scale 1. Raises DisplayError where nobody could see it, unless SDL_VIDEODRIVER asks for that."""
    wanted = os.environ.get(_DRIVER, "")
    if sys.platform == "linux" and not wanted and not any(os.environ.get(name) for name in _DISPLAYS):
        raise _no_display()
    try:
        pygame.display.init()
    except pygame.error as error:
        raise DisplayError(f"The display cannot be used: {error}. Check {', '.join((*_DISPLAYS, _DRIVER))}") from error
    if pygame.display.get_driver().lower() in _UNSEEN_DRIVERS:
        if not wanted:
            raise _no_display()
        return
    check_fits(window, scale, pygame.display.get_desktop_sizes())


def check_fits(window: Region, scale: float, desktops: list[tuple[int, int]]) -> None:
    """Raises DisplayError with the largest scale at which one of the desktops can hold the window."""
    largest = max(min(width / window.width, height / window.height) for width, height in desktops)
    if scale > largest:
        whole = window.scaled(scale)
        raise DisplayError(
            f"At scale {scale:g} the window of {whole.width} x {whole.height} is larger than the display "
            f"({', '.join(f'{width} x {height}' for width, height in desktops)}); the largest that fits is "
            f"{floor(largest * 100) / 100:g}"
        )


def _no_display() -> DisplayError:
    return DisplayError(
        f"There is no display to open a window on: set {' or '.join(_DISPLAYS)}, or {_DRIVER}=dummy for a window nobody sees"
    )
