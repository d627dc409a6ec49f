"""Ears: their shape at rest and at the sliders' ends. Legend: V = vertex."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from standin.curves import Floats, bell, ellipse_bell, ramp

EAR_ROOT = (6.75, -1.5, 0.9)
EAR_ROWS, EAR_COLUMNS = 13, 36


@dataclass(frozen=True, slots=True)
class EarShape:
    size: float = 1.0
    angle_radians: float = 0.52  # how far it stands off the head
    openness: float = 1.0  # depth of the bowl and roll of the rim
    tilt_radians: float = 0.12
    tip_cm: float = 0.0  # a pointed upper end
    lobe: float = 1.0


def ear_surface(side: float, shape: EarShape) -> Floats:
    """(V, 3) positions of one ear."""
    radius, around = ear_grid()
    up, backward = np.sin(around), np.cos(around)
    y = radius * np.where(up > 0, 3.05, 2.55 + 0.55 * (shape.lobe - 1) * ramp(0.3, 0.95, -up)) * up
    outward = 1.45 + radius * 1.6 * backward * (1 + np.where(up > 0, 0.16, 0.42) * up)
    outward += 0.35 * (shape.lobe - 1) * radius * ramp(0.2, 0.9, -up)
    y = y + shape.tip_cm * radius**2 * np.clip(up, 0, 1) ** 6
    rolled = ramp(-0.95, -0.45, up)  # the rim runs out towards the lobe
    rim = (0.34 * bell(radius, 0.91, 0.09) - 0.16 * bell(radius, 0.75, 0.08)) * rolled - 0.25 * (radius > 0.97)
    bowl = 0.75 * ellipse_bell(outward, y, (1.15, -0.45), (0.62, 0.95))
    fold = 0.24 * bell(radius, 0.56, 0.13) * np.clip(backward * 0.8 + 0.4, 0, 1)
    flap = 0.40 * ellipse_bell(outward, y, (0.25, -0.55), (0.32, 0.45))  # before the ear's opening
    relief = (rim - bowl + fold + flap) * shape.openness
    outward, y = _tilted(outward + 0.07 * y, y, shape.tilt_radians)
    sine, cosine = np.sin(shape.angle_radians), np.cos(shape.angle_radians)
    x = EAR_ROOT[0] + (sine * outward + cosine * relief) * shape.size
    z = EAR_ROOT[2] + (-cosine * outward + sine * relief) * shape.size
    return np.stack([side * x.ravel(), EAR_ROOT[1] + y.ravel() * shape.size, z.ravel()], 1)


def ear_grid() -> tuple[Floats, Floats]:
    """Share of the way from the middle to the rim, and angle around, 0 at the back."""
    rows, columns = np.linspace(0, 1, EAR_ROWS), np.linspace(0, 2 * np.pi, EAR_COLUMNS)
    radius, around = np.meshgrid(rows, columns, indexing="ij")
    return radius, around


def _tilted(a: Floats, b: Floats, angle: float) -> tuple[Floats, Floats]:
    return a * np.cos(angle) + b * np.sin(angle), b * np.cos(angle) - a * np.sin(angle)


_ENDS: Mapping[str, EarShape] = {
    "ear_size": EarShape(size=1.46),
    "ear_angle": EarShape(angle_radians=1.06),
    "ear_openness": EarShape(openness=2.0, angle_radians=0.78),
    "ear_tilt": EarShape(tilt_radians=0.75),
    "ear_tips": EarShape(tip_cm=2.2),
    "ear_lobes": EarShape(lobe=3.0),
}


def ear_fields(side: float) -> dict[str, Floats]:
    """(V, 3) by slider: what a move from 0 to 1 adds."""
    rest = ear_surface(side, EarShape())
    fields = {name: ear_surface(side, end) - rest for name, end in _ENDS.items()}
    return fields | {"head_size": ear_surface(side, replace(EarShape(), size=1.065)) - rest}
