"""A process's endpoint as Prometheus meets it: over HTTP, with the token from the folder."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from telemetry.catalogue import FIGURES, figure
from telemetry.errors import EndpointError, FigureError, TelemetryError
from telemetry.exporter import Exporter, ExporterConfig, render
from telemetry.family import Count, Histogram, family
from telemetry.folder import MetricsFolder, exported
from telemetry.targets import Target, TargetFile, TargetList


@pytest.fixture
def folder(tmp_path: Path) -> MetricsFolder:
    return MetricsFolder(tmp_path / "metrics")


def scrape(address: str, token: str = "", path: str = "/metrics") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.get(f"http://{address}{path}", headers=headers, trust_env=False)


def test_figures_are_shown_for_the_folders_token_and_for_no_other(folder: MetricsFolder) -> None:
    config = folder.prepare()
    token = (folder.path / "token").read_text()
    refused = Count("lookalike_commit_failures_total")
    refused.add(3)

    with Exporter("coordinator", [refused], config, folder.target_file().announce) as exporter:
        address = exporter.target.address
        answer = scrape(address, token)
        codes = [
            scrape(address).status_code,
            scrape(address, "wrong").status_code,
            scrape(address, token[:-1]).status_code,
            scrape(address, token, "/").status_code,
        ]

    assert address.startswith("127.0.0.1:")
    families = {found.name: found for found in text_string_to_metric_families(answer.text)}
    assert families["lookalike_commit_failures"].samples[0].value == 3
    assert families["process_resident_memory_bytes"].samples[0].value > 1e6
    assert codes == [401, 401, 401, 404]


def test_the_discovery_file_names_whoever_announced_itself(folder: MetricsFolder) -> None:
    config = folder.prepare()
    file = folder.target_file()
    with (
        Exporter("gateway", [], config, file.announce) as first,
        Exporter("gateway", [], config, file.announce) as second,
    ):
        while (
            len(groups := json.loads((folder.path / "targets.json").read_text())) == 0 or len(groups[0]["targets"]) < 2
        ):
            pass
    assert groups[0]["labels"] == {"process": "gateway"}
    assert set(groups[0]["targets"]) == {first.target.address, second.target.address}


def test_a_process_that_moved_is_found_at_its_new_address_only(tmp_path: Path) -> None:
    now = 0.0
    file = TargetFile(tmp_path / "targets.json", clock=lambda: now)
    file.announce(Target("coordinator", "127.0.0.1:1"))
    now = 30.0
    file.announce(Target("coordinator", "127.0.0.1:2"))
    now = 60.0
    file.announce(Target("coordinator", "127.0.0.1:2"))

    groups = json.loads((tmp_path / "targets.json").read_text())
    assert groups == [{"targets": ["127.0.0.1:2"], "labels": {"process": "coordinator"}}]


def test_the_file_is_left_alone_while_nobody_moves() -> None:
    targets = TargetList()
    assert targets.announce(Target("gateway", "a:1"), 0.0)
    assert not targets.announce(Target("gateway", "a:1"), 10.0)
    assert targets.announce(Target("embedding", "a:2"), 10.0)


def test_the_token_is_the_owners_alone_and_outlives_a_restart(folder: MetricsFolder) -> None:
    first = folder.prepare()
    token = folder.path / "token"

    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert MetricsFolder(folder.path).prepare() == first
    assert token.read_text() not in str(first)


def test_one_part_that_fails_does_not_hide_the_others() -> None:
    class Broken:
        def collect(self) -> Iterator[Metric]:
            raise RuntimeError("the store is away")

    text = render([Broken(), Count("lookalike_commit_failures_total")])().decode()
    assert "lookalike_commit_failures_total 0.0" in text


def test_histogram_buckets_add_up() -> None:
    histogram = Histogram("lookalike_commit_seconds")
    for seconds in (0.005, 0.2, 100.0):
        histogram.observe(seconds)

    (found,) = histogram.collect()
    values = {sample.labels.get("le", sample.name): sample.value for sample in found.samples}
    assert (values["0.005"], values["0.25"], values["30"], values["+Inf"]) == (1, 2, 2, 3)
    assert values["lookalike_commit_seconds_sum"] == pytest.approx(100.205)


def test_a_figure_that_nobody_described_is_refused() -> None:
    with pytest.raises(FigureError, match="catalogue"):
        figure("lookalike_moon_phase")
    with pytest.raises(FigureError, match="sweep"):
        family("lookalike_campaign_rows", 1.0)


def test_names_follow_the_rules_of_prometheus() -> None:
    names = [known.name for known in FIGURES]
    assert len(set(names)) == len(names)
    for known in FIGURES:
        assert known.name.startswith("lookalike_")
        assert known.name.endswith("_total") == (known.kind == "counter")
        assert bool(known.bounds) == (known.kind == "histogram")
        assert not set(known.labels) & {"shard", "lease", "path", "address", "instance", "process", "le"}


def test_an_address_in_use_is_named() -> None:
    config = ExporterConfig(token_sha256="0")
    with Exporter("gateway", [], config, lambda _: None) as exporter:
        port = int(exporter.target.address.rpartition(":")[2])
        with pytest.raises(EndpointError, match=str(port)):
            Exporter("gateway", [], ExporterConfig(token_sha256="0", port=port), lambda _: None)


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TelemetryError, match="file"):
        MetricsFolder(tmp_path / "file" / "metrics").prepare()


def test_a_process_outside_the_cluster_has_a_list_of_its_own_and_the_dead_are_dropped(folder: MetricsFolder) -> None:
    folder.path.mkdir()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = folder.path / f"targets-training-{dead.pid}.json"
    left.write_text("[]")

    with exported("training", Count("lookalike_commit_failures_total"), folder.path):
        path = folder.path / f"targets-training-{os.getpid()}.json"
        while not path.exists():
            pass
    with exported("training", Count("lookalike_commit_failures_total"), None):
        pass

    assert path != left
    assert not left.exists()
    assert list(folder.path.glob("targets-training-*.json")) == []
