"""Smooth one-dimensional shapes that all geometry is written in. Lengths are centimetres."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Floats: TypeAlias = NDArray[np.float64]


def bell(x: Floats, centre: float, width: float) -> Floats:
    """1 at the centre, 1/e one width away."""
    return np.exp(-(((x - centre) / width) ** 2))


def ellipse_bell(x: Floats, y: Floats, centre: tuple[float, float], widths: tuple[float, float]) -> Floats:
    return np.exp(-(((x - centre[0]) / widths[0]) ** 2) - ((y - centre[1]) / widths[1]) ** 2)


def plateau(x: Floats, half_width: float) -> Floats:
    """A bell with a flat top: 1 inside, 1/e at the half width, steep edges."""
    return np.exp(-((np.abs(x) / half_width) ** 4))


def ramp(start: float, end: float, x: Floats) -> Floats:
    """Smoothstep from 0 at `start` to 1 at `end`; falls when end < start."""
    t = np.clip((x - start) / (end - start), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def spline(x: Floats, knots: Sequence[tuple[float, float]]) -> Floats:
    """Monotone cubic through (position, value) knots, constant outside them."""
    positions, values = np.array(knots, dtype=np.float64).T
    return np.asarray(PchipInterpolator(positions, values)(np.clip(x, positions[0], positions[-1])))
