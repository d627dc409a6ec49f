"""The part of the screen that somebody wants to see. Legend: H height, W width, 3 red green blue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocol.device import Region

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Canvas:
    """`pixels` show `region` of the screen; what lies outside is neither drawn nor asked for."""

    region: Region
    pixels: Pixels

    def touches(self, place: Region) -> bool:
        region = self.region
        return (
            place.left < region.right
            and region.left < place.right
            and place.top < region.bottom
            and region.top < place.bottom
        )

    def paste(self, place: Region, draw: Callable[[], Pixels]) -> None:
        """Puts a picture of `place` there; it is drawn only if some of it is visible."""
        if not self.touches(place):
            return
        region, drawn = self.region, draw()
        left, right = max(place.left, region.left), min(place.right, region.right)
        top, bottom = max(place.top, region.top), min(place.bottom, region.bottom)
        self.pixels[top - region.top : bottom - region.top, left - region.left : right - region.left] = drawn[
            top - place.top : bottom - place.top, left - place.left : right - place.left
        ]

    def crop(self, place: Region) -> Pixels:
        """A view of the pixels of a place that lies inside."""
        left, top = place.left - self.region.left, place.top - self.region.top
        return self.pixels[top : top + place.height, left : left + place.width]
