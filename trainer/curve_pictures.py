"""Learning curves as a picture: one SVG with a panel for each network, which any browser shows by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

Point = tuple[float, float]

_WIDTH, _HEIGHT = 360, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 16.0, 40.0, 34.0
_COLOURS = ("#5a6762", "#0f7461", "#a8341c", "#3b5b92", "#8a6d1d")
_STYLE = "text{font:12px system-ui,sans-serif;fill:#3a4541}.name{font-weight:600;font-size:14px}.tick{fill:#5a6762}"


def curves_svg(curves: Mapping[str, Sequence[Mapping[str, object]]]) -> str:
    """`curves` as a model card has them: by network, one object an epoch."""
    panels = []
    for number, (network, points) in enumerate(curves.items()):
        panels.append(f'<g transform="translate({number * _WIDTH},0)">{_panel(network, points)}</g>')
    size = f'viewBox="0 0 {_WIDTH * max(1, len(panels))} {_HEIGHT}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><title>Learning curves</title>'
        f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{"".join(panels)}</svg>\n'
    )


def _panel(network: str, points: Sequence[Mapping[str, object]]) -> str:
    series = {name: line for name, line in _series(points).items() if line}
    if not series:
        return f'<text class="name" x="{_LEFT}" y="20">{escape(network)}: no points</text>'
    values = [point for line in series.values() for point in line]
    low, high = min(y for _, y in values), max(y for _, y in values)
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    last = max(max(x for x, _ in values), 2.0)
    parts = [f'<text class="name" x="{_LEFT}" y="18">{escape(network)}</text>', _frame(low, high, last)]
    for number, (name, line) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{_x(x, last):.1f},{_y(y, low, high):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        label = f"{name.replace('_', ' ')} {line[-1][1]:.3g}"
        parts.append(f'<text x="{_LEFT + 6}" y="{_TOP + 2 + 15 * number}" style="fill:{colour}">{escape(label)}</text>')
    return "".join(parts)


def _series(points: Sequence[Mapping[str, object]]) -> dict[str, list[Point]]:
    """Training's loss and every held-out figure, by epoch; what is no finite number is left out."""
    found: dict[str, list[Point]] = {}
    for point in points:
        epoch, held_out = point.get("epoch"), point.get("held_out")
        figures = {"training_loss": point.get("training_loss"), **(held_out if isinstance(held_out, Mapping) else {})}
        for name, value in figures.items():
            if isinstance(epoch, int) and isinstance(value, int | float) and math.isfinite(value):
                found.setdefault(str(name), []).append((float(epoch), float(value)))
    return found


def _frame(low: float, high: float, last: float) -> str:
    parts = []
    for share in (0.0, 0.5, 1.0):
        value = low + share * (high - low)
        y = _y(value, low, high)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d8dedb"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    bottom = _HEIGHT - 12
    parts.append(f'<text class="tick" x="{_LEFT}" y="{bottom}">1</text>')
    parts.append(f'<text class="tick" x="{_WIDTH - _RIGHT}" y="{bottom}" text-anchor="end">epoch {last:.0f}</text>')
    return "".join(parts)


def _x(epoch: float, last: float) -> float:
    return _LEFT + (epoch - 1) / (last - 1) * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float, low: float, high: float) -> float:
    return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)
