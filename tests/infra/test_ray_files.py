"""The files for `ray up`, KubeRay and systemd: locked, without rights, within limits; each command in them exists."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
import yaml
from typer.core import TyperGroup

from cli.verbs import add_verbs
from coordinator.body_limit import BodyLimits
from coordinator.gateway import GatewayLimits

INFRA = Path(__file__).parents[2] / "infra"
RAY_UP = (INFRA / "ray" / "cluster.yaml").read_text()


@pytest.fixture(scope="module")
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check", INFRA / "ray" / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def cluster() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((INFRA / "kuberay" / "raycluster.yaml").read_text())
    return found


@pytest.fixture
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((INFRA / "ray" / "raycluster.schema.json").read_text())
    return found


def test_the_shipped_files_pass(check: ModuleType) -> None:
    check.main()


@pytest.mark.parametrize(
    "path",
    [
        ("spec", "headGroup"),
        ("spec", "headGroupSpec", "template", "spec", "containers", 0, "imagePullPolici"),
        ("spec", "workerGroupSpecs", 0, "template", "spec", "restartPolice"),
        ("spec", "autoscalerOptions", "idleTimeout"),
    ],
    ids=lambda path: str(path[-1]),
)
def test_a_misspelt_field_is_found(
    check: ModuleType, cluster: dict[str, Any], schema: dict[str, Any], path: tuple[Any, ...]
) -> None:
    place: Any = cluster
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = "x"

    with pytest.raises(Exception, match=path[-1]):
        check.check_raycluster(cluster, schema)


def test_ray_up_refuses_a_file_with_an_unknown_field(check: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "cluster.yaml").write_text(RAY_UP + "\nheadcommands: []\n")
    with pytest.raises(Exception, match="headcommands"):
        check.check_ray_up(tmp_path / "cluster.yaml")


def test_every_pod_runs_locked_without_rights_within_limits_and_is_probed(
    check: ModuleType, cluster: dict[str, Any]
) -> None:
    for name, template in check.pods(cluster["spec"]):
        pod = template["spec"]
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in (*pod["initContainers"], *pod["containers"]):
            rights = container["securityContext"]
            assert (rights["allowPrivilegeEscalation"], rights["capabilities"]) == (False, {"drop": ["ALL"]})
            assert {"cpu", "memory"} <= set(container["resources"]["limits"])
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        for container in pod["containers"]:
            given = {variable["name"]: variable.get("value") for variable in container["env"]}
            assert given["RAY_AUTH_MODE"] == "token"
            assert given["RAY_AUTH_TOKEN_PATH"].startswith("/run/lookalike/")
            assert "RAY_AUTH_TOKEN" not in given
            assert {"livenessProbe", "readinessProbe"} <= set(container)


def test_ray_is_locked_on_every_machine_of_ray_up_and_stops_no_other_ray() -> None:
    described = yaml.safe_load(RAY_UP)
    for command in (*described["head_start_ray_commands"], *described["worker_start_ray_commands"]):
        assert "RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=" in command
        assert "ray stop" not in command


def test_bodies_are_limited_as_the_gateway_limits_them(cluster: dict[str, Any]) -> None:
    limits = GatewayLimits()
    most = max(limits.max_chunk_bytes, limits.max_message_bytes)
    wanted = BodyLimits(max_body_bytes=most, max_bodies_bytes=most * limits.max_chunks).to_environment()
    head = cluster["spec"]["headGroupSpec"]["template"]["spec"]["containers"][0]
    given = {variable["name"]: variable.get("value") for variable in head["env"]}
    assert {name: given.get(name) for name in wanted} == wanted
    assert all(f"{name}={value}" in RAY_UP for name, value in wanted.items())


def test_commands_in_units_and_manifests_are_known_with_all_their_options(cluster: dict[str, Any]) -> None:
    script = cluster["spec"]["headGroupSpec"]["template"]["spec"]["containers"][0]["args"][0].replace("\\\n", " ")
    units = "\n".join(path.read_text() for path in sorted((INFRA / "systemd").glob("*.service")))
    lines = re.findall(r"\blookalike ((?:cluster|serve|agent) [^\n]*)", f"{script}\n{units}")
    assert len(lines) == 4
    for line in lines:
        check_options(shlex.split(line))


def check_options(words: list[str]) -> None:
    app = typer.Typer()
    add_verbs(app)
    command: Any = typer.main.get_command(app)
    while isinstance(command, TyperGroup):
        command, words = command.commands[words[0]], words[1:]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= known
