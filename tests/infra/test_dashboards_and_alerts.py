"""What operators look at names only what processes export, and every alert says what to do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from telemetry.boards import BOARDS, Board
from telemetry.catalogue import FIGURES
from telemetry.dashboard import dashboard_text

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "infra" / "prometheus"
SERIES = {series for figure in FIGURES for series in figure.series}
OTHERS = {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds", "up"}


def names_in(expression: str) -> set[str]:
    """The time series that a query names."""
    return set(re.findall(r"\b(?:lookalike|process)_\w+", expression))


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def anchors(path: Path) -> set[str]:
    return {heading.lower() for heading in re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_dashboard_file_is_what_its_board_says(board: Board) -> None:
    path = ROOT / "infra" / "grafana" / "dashboards" / f"{board.name}.json"
    assert path.read_text() == dashboard_text(board), "run: make dashboards"


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_dashboards_panels_have_ids_of_their_own_and_do_not_overlap(board: Board) -> None:
    panels = json.loads(dashboard_text(board))["panels"]
    cells = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert max(x for x, _ in cells) < 24


def test_dashboards_show_every_figure_and_no_other() -> None:
    shown = {
        name
        for board in BOARDS
        for panel in board.panels
        for query in panel.queries
        for name in names_in(query.expression)
    }
    assert shown - OTHERS <= SERIES
    assert [figure.name for figure in FIGURES if not shown & set(figure.series)] == []


def test_alerts_rest_on_figures_that_exist() -> None:
    for alert in alerts():
        assert names_in(alert["expr"]) - OTHERS <= SERIES, alert["alert"]


def test_every_alert_says_what_to_do_and_has_its_steps_in_the_runbook() -> None:
    sections = anchors(ROOT / "docs" / "operate" / "runbook.md")
    for alert in alerts():
        assert alert["annotations"]["summary"]
        assert len(alert["annotations"]["action"]) > 30, alert["alert"]
        assert alert["labels"]["severity"] in ("warning", "critical")
        assert alert["alert"].lower() in sections, f"{alert['alert']} has no section in docs/operate/runbook.md"


def test_every_alert_has_a_test_case() -> None:
    cases = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text())["tests"]
    assert [case["name"] for case in cases] == [alert["alert"] for alert in alerts()]


def test_the_list_of_figures_in_the_docs_is_the_catalogue() -> None:
    rows = re.findall(
        r"^\| `(lookalike_\w+)` \| (\w+) \| ([^|]*) \| ([^|]+) \|$", (ROOT / "docs/metrics.md").read_text(), re.M
    )
    described = [(name, kind, tuple(filter(None, labels.split(", "))), text) for name, kind, labels, text in rows]
    assert sorted(described) == sorted((f.name, f.kind, f.labels, f.text) for f in FIGURES)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's package prometheus brings promtool")
@pytest.mark.parametrize("arguments", [["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]])
def test_promtool_accepts_rules_and_their_cases(arguments: list[str]) -> None:
    ended = subprocess.run(["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's package prometheus brings promtool")
def test_prometheus_starts_with_the_shipped_configuration(tmp_path: Path) -> None:
    for name in ("prometheus.yml", "alerts.yml"):
        shutil.copy(PROMETHEUS / name, tmp_path)
    (tmp_path / "token").write_text("secret")
    (tmp_path / "targets.json").write_text("[]")
    ended = subprocess.run(
        ["promtool", "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
