"""The game at one moment, as plain records that are replaced, never changed."""

from __future__ import annotations

from typing import NamedTuple

from creator.menu import Cursor
from standin.pose import Pose
from standin.settings import Values

ANIMATION_KINDS = ("section", "page")


class Load(NamedTuple):
    """From tick `start` on the face of `old_values` is shown, from `half` on the half-loaded new one, from `end` on the new."""

    start: int
    half: int
    end: int
    old_values: Values


class Animation(NamedTuple):
    """The menu goes from `before` to the cursor of the state; from tick `end` on it is there."""

    start: int
    end: int
    before: Cursor
    kind: str

    def progress(self, tick: int) -> float:
        """0 at the start, 1 at the end."""
        return min(1.0, (tick - self.start) / (self.end - self.start))


class State(NamedTuple):
    """Settings, menu and troubles at the end of a tick."""

    cursor: Cursor
    values: Values
    toggles_on: frozenset[str]
    load: Load | None = None
    animation: Animation | None = None
    popup: int | None = None  # which message is open
    is_blinking: bool = False
    is_black: bool = False
    tear: float | None = None  # share of the height above which the picture is new
    is_frozen: bool = False
    is_in_front: bool = True
    is_over: bool = False
    offset_pixels: tuple[int, int] = (0, 0)  # how far the window has moved, at scale 1


class View(NamedTuple):
    """What a screen shows: the state at the end of a tick, how the face stood, and what stood there one tick before."""

    tick: int
    state: State
    pose: Pose
    before: View | None = None  # only where the picture is torn
