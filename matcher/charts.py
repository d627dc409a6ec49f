"""Drawings of the report: inline SVG and places in percent, coloured by the page's style so that they follow its theme.

Text that must stay readable on a phone is HTML beside the drawing, not part of a drawing that shrinks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from matcher.meaning import ImpostorPairs
from matcher.report_content import LearningCurve

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight way from values to places."""

    low: float
    high: float
    first: float = 0.0
    last: float = 100.0

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.first + min(max(share, 0.0), 1.0) * (self.last - self.first), 2)


def similarity_scale(values: Sequence[float], pairs: ImpostorPairs) -> Scale:
    """From the halves below everything that is shown up to 1, in percent of the width."""
    lowest = min([*values, *pairs.similarities, 0.0])
    return Scale(max(math.floor(lowest * 2) / 2, -1.0), 1.0)


def halves(scale: Scale) -> list[float]:
    """The marks on a scale of similarities."""
    return [mark / 2 for mark in range(round(scale.low * 2), round(scale.high * 2) + 1)]


def impostor_hill(pairs: ImpostorPairs, scale: Scale) -> Markup:
    """How pairs of different faces spread over the scale, as an area to lay under it."""
    num_steps = 96
    values = [scale.low + (scale.high - scale.low) * step / num_steps for step in range(num_steps + 1)]
    points = zip(values, pairs.density(values), strict=True)
    path = " ".join(f"L{scale(value):g} {40 - 38 * max(share, 0):.2f}" for value, share in points)
    return Markup(
        '<svg class="hill" viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">'
        '<path d="M0 40 {} L100 40 Z"/></svg>'
    ).format(path)


_WIDTH, _HEIGHT = 340, 190
_LEFT, _TOP, _BOTTOM = 40.0, 12.0, 158.0
_CHARACTER_WIDTH = 6.6  # of the 12 pixel type, on average
_LONGEST_NAME = 20
_LABEL_DISTANCE = 26.0


def line_chart(curve: LearningCurve) -> Markup:
    """A curve's series over a light grid, each named where it ends, the last one drawn strongest."""
    drawn = {name: finite for name, series in curve.series.items() if (finite := _finite(series))}
    points = [point for series in drawn.values() for point in series]
    if not points:
        return Markup('<p class="missing">{}</p>').format("No points were recorded.")
    y_ticks = _ticks(min(y for _, y in points), max(y for _, y in points))
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    x_scale = Scale(first, max(last, first + 1), _LEFT, _right_edge(drawn))
    y_scale = Scale(y_ticks[0], y_ticks[-1], _BOTTOM, _TOP)
    parts = [_grid(y_ticks, y_scale, x_scale.last), _x_axis(x_scale, curve.x_label), _lines(drawn, x_scale, y_scale)]
    label = f"{curve.network}: {curve.measure} by {curve.x_label}"
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, _HEIGHT, label, Markup("").join(parts)
    )


def _right_edge(names: Iterable[str]) -> float:
    """Where the lines end, so that the longest name fits beside them."""
    longest = min(max(map(len, names)), _LONGEST_NAME)
    return _WIDTH - 14 - max(longest, 8) * _CHARACTER_WIDTH


def _grid(ticks: Sequence[float], y_scale: Scale, right: float) -> Markup:
    digits = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    return Markup("").join(
        Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="tick" x="{}" y="{}">{}</text>').format(
            _LEFT, right, y_scale(tick), y_scale(tick), _LEFT - 8, y_scale(tick) + 4, _tick_text(tick, digits)
        )
        for tick in ticks
    )


def _tick_text(tick: float, digits: int) -> str:
    is_plain = digits <= 3 and abs(tick) < 10_000
    return f"{tick:.{digits}f}" if is_plain else f"{tick:.0e}".replace("e-0", "e-").replace("e+0", "e")


def _x_axis(x_scale: Scale, label: str) -> Markup:
    return Markup(
        '<text class="x" x="{}" y="{}">{}</text><text class="x end" x="{}" y="{}">{}</text>'
        '<text class="x middle" x="{}" y="{}">{}</text>'
    ).format(
        _LEFT, _BOTTOM + 20, f"{x_scale.low:g}", x_scale.last, _BOTTOM + 20, f"{x_scale.high:g}",
        (_LEFT + x_scale.last) / 2, _BOTTOM + 20, label,
    )  # fmt: skip


def _finite(series: Sequence[Point]) -> list[Point]:
    return [point for point in series if all(map(math.isfinite, point))]


def _lines(drawn: Mapping[str, Sequence[Point]], x_scale: Scale, y_scale: Scale) -> Markup:
    label_places = _apart([y_scale(series[-1][1]) for series in drawn.values()])
    parts = []
    for number, ((name, series), label_y) in enumerate(zip(drawn.items(), label_places, strict=True)):
        places = [(x_scale(x), y_scale(y)) for x, y in series]
        strength = "strong" if number == len(drawn) - 1 else "quiet"
        parts.append(_series(places, name, series[-1][1], label_y, strength))
    return Markup("").join(parts)


def _series(points: Sequence[Point], name: str, last: float, label_y: float, strength: str) -> Markup:
    path = "M" + " L".join(f"{x:g} {y:g}" for x, y in points)
    x, y = points[-1]
    shown = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return Markup(
        '<g class="{}"><path d="{}"/><circle cx="{}" cy="{}" r="3"/>'
        '<text x="{}" y="{}">{}</text><text class="value" x="{}" y="{}">{}</text></g>'
    ).format(strength, path, x, y, x + 9, label_y, shown, x + 9, label_y + 13, f"{last:.3g}")


def _apart(places: Sequence[float]) -> list[float]:
    """Labels moved apart so that none covers another, and kept inside the drawing."""
    order = sorted(range(len(places)), key=lambda at: places[at])
    moved = list(places)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + _LABEL_DISTANCE)
    too_low = max([*moved, _BOTTOM - 10]) - (_BOTTOM - 10)
    return [max(place - too_low, _TOP) for place in moved]


def _ticks(low: float, high: float, num_wanted: int = 4) -> list[float]:
    """Round numbers that enclose the values."""
    span = max(high - low, abs(high) * 1e-3, 1e-6)
    power = 10.0 ** math.floor(math.log10(span / num_wanted))
    step = next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= num_wanted)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * number, 12) for number in range(first, max(last, first + 1) + 1)]
