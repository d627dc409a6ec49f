"""Grafana's files of the boards. `python -m telemetry.dashboard FOLDER` writes them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from protocol.object_file import write_object
from telemetry.boards import BOARDS, Board, Panel

_COLUMNS, _ROWS = 24, 8
_NUMBER_ROWS = 4
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_KINDS = {"lines": "timeseries", "number": "stat", "bars": "bargauge", "table": "table"}


def dashboard(board: Board) -> dict[str, Any]:
    """A dashboard that Grafana 9 and later import or provision as it is; it asks for its data source."""
    return {
        "uid": f"lookalike-{board.name}",
        "title": board.title,
        "tags": ["lookalike"],
        "schemaVersion": 37,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "label": "Data source", "type": "datasource", "query": "prometheus"}]
        },
        "panels": [
            _panel(panel, number, place)
            for number, (panel, place) in enumerate(zip(board.panels, _places(board.panels), strict=True), start=1)
        ],
    }


def _places(panels: Sequence[Panel]) -> Iterator[dict[str, int]]:
    """From left to right, and a new row when one is full."""
    left = top = height = 0
    for panel in panels:
        rows = _NUMBER_ROWS if panel.shape == "number" else _ROWS
        if left + panel.width > _COLUMNS or (height and rows != height):
            left, top = 0, top + height
        height = rows
        yield {"x": left, "y": top, "w": panel.width, "h": rows}
        left += panel.width


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    targets = [
        {
            "refId": chr(ord("A") + at),
            "datasource": _SOURCE,
            "expr": query.expression,
            "legendFormat": query.legend or "__auto",
            **({"instant": True} if panel.shape != "lines" else {}),
        }
        for at, query in enumerate(panel.queries)
    ]
    return {
        "id": number,
        "type": _KINDS[panel.shape],
        "title": panel.title,
        "description": panel.text,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": targets,
    }


def dashboard_text(board: Board) -> str:
    return json.dumps(dashboard(board), indent=2) + "\n"


def write_dashboards(folder: Path) -> list[Path]:
    """Raises OSError."""
    paths = []
    for board in BOARDS:
        paths.append(folder / f"{board.name}.json")
        write_object(paths[-1], dashboard_text(board).encode())
    return paths


if __name__ == "__main__":
    write_dashboards(Path(sys.argv[1]))
