"""Where things stand on a screen of a given size, in pixels of the client area.

`menu` is the smallest rectangle around title and list: all that a readout needs, and nothing of the face.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from agents.errors import CalibrationError
from creator.profile import Screen
from protocol.device import Region

_WIDEST_DISTORTION = 0.01  # a screen this much off the profile's shape is another layout


@dataclass(frozen=True)
class Layout:
    """A profile's screen at the size that the creator's window has."""

    screen: Screen
    width: int
    height: int

    def __post_init__(self) -> None:
        across, down = self.width / self.screen.width, self.height / self.screen.height
        if abs(across - down) > _WIDEST_DISTORTION * across:
            raise CalibrationError(
                f"The window is {self.width} x {self.height}; the profile describes {self.screen.width} x "
                f"{self.screen.height} and multiples of it: choose another resolution"
            )

    @property
    def scale(self) -> float:
        return self.width / self.screen.width

    @cached_property
    def face(self) -> Region:
        return self.screen.face.scaled(self.scale)

    @cached_property
    def tabs(self) -> Region:
        return self.screen.tabs.scaled(self.scale)

    @cached_property
    def menu(self) -> Region:
        title, rows = self.screen.title.scaled(self.scale), self.screen.list.scaled(self.scale)
        left, top = min(title.left, rows.left), min(title.top, rows.top)
        return Region(left, top, max(title.right, rows.right) - left, max(title.bottom, rows.bottom) - top)

    @cached_property
    def title(self) -> Region:
        """Within the menu."""
        return self._inside(self.screen.title)

    @cached_property
    def slots(self) -> tuple[Region, ...]:
        """Lines of the list from its top, within the menu."""
        listing, height = self.screen.list, self.screen.row_height
        return tuple(
            self._inside(Region(listing.left, listing.top + at * height, listing.width, height))
            for at in range(listing.height // height)
        )

    @cached_property
    def name_columns(self) -> slice:
        """Columns of a slot that hold the name."""
        return slice(round(self.screen.name_left * self.scale), round(self.screen.name_right * self.scale))

    @cached_property
    def value_columns(self) -> slice:
        """Columns of a slot that hold the number or choice."""
        return slice(round(self.screen.value_left * self.scale), round(self.screen.value_right * self.scale))

    def _inside(self, region: Region) -> Region:
        scaled = region.scaled(self.scale)
        return Region(scaled.left - self.menu.left, scaled.top - self.menu.top, scaled.width, scaled.height)
