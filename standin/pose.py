"""How the character stands at one moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pose:
    """What moves while the character stands there; the rest pose is `Pose()`."""

    eyelid_closure: float = 0.0  # 0 open .. 1 closed
    shift_x_pixels: float = 0.0  # sway, at render size
    shift_y_pixels: float = 0.0  # breathing
    yaw_radians: float = 0.0
