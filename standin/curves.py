"""Smooth one-dimensional shapes that all geometry is written in. Lengths are centimetres."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

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
    """Monotone cubic through (position, value) knots, constant outside them.

    Source: Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5 (1984). Written here because importing scipy for it
    takes longer than everything else at start.
    """
    positions, values = np.array(knots, dtype=np.float64).T
    slopes = _monotone_slopes(positions, values)
    x = np.clip(x, positions[0], positions[-1])
    i = np.clip(np.searchsorted(positions, x, side="right") - 1, 0, len(positions) - 2)
    width = positions[i + 1] - positions[i]
    t = (x - positions[i]) / width
    left, right = (1 + 2 * t) * (1 - t) ** 2, t * t * (3 - 2 * t)
    rise = t * (1 - t) ** 2 * slopes[i] - t * t * (1 - t) * slopes[i + 1]
    curve: Floats = left * values[i] + right * values[i + 1] + width * rise
    return curve


def _monotone_slopes(positions: Floats, values: Floats) -> Floats:
    """Weighted harmonic means of the neighbouring secants; 0 where these change sign."""
    widths, secants = np.diff(positions), np.diff(values) / np.diff(positions)
    slopes = np.zeros_like(values)
    before, after = secants[:-1], secants[1:]
    is_bent = before * after > 0
    near, far = (2 * widths[1:] + widths[:-1])[is_bent], (widths[1:] + 2 * widths[:-1])[is_bent]
    slopes[1:-1][is_bent] = (near + far) / (near / before[is_bent] + far / after[is_bent])
    slopes[0] = _end_slope(widths[0], widths[1], secants[0], secants[1])
    slopes[-1] = _end_slope(widths[-1], widths[-2], secants[-1], secants[-2])
    return slopes


def _end_slope(width: float, next_width: float, secant: float, next_secant: float) -> float:
    slope = ((2 * width + next_width) * secant - width * next_secant) / (width + next_width)
    if slope * secant <= 0:
        return 0.0
    return 3 * secant if secant * next_secant < 0 and abs(slope) > 3 * abs(secant) else slope
