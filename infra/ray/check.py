"""Checks what Ray's tools will be given: the file for `ray up` by Ray's own schema and rules, KubeRay's kinds by theirs.

No package ships KubeRay's definitions. `raycluster.schema.json` has the fields of its API (ray-operator/apis/ray/v1, version 1.3); the pods
in between are checked by kubernetes-validate as Kubernetes would.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

INFRA = Path(__file__).parents[1]
KUBERNETES = "1.37"


def main() -> None:
    check_ray_up(INFRA / "ray" / "cluster.yaml")
    schema = json.loads((INFRA / "ray" / "raycluster.schema.json").read_text())
    for path in sorted((INFRA / "kuberay").glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            if document["apiVersion"].startswith("ray.io/"):
                check_raycluster(document, schema)


def check_ray_up(path: Path) -> None:
    """As `ray up` does before it reaches for the machines."""
    config = yaml.safe_load(path.read_text())
    validate_config(prepare_config(config))


def check_raycluster(document: dict[str, Any], schema: dict[str, Any]) -> None:
    jsonschema.validate(document, schema)
    for name, template in pods(document["spec"]):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **template.get("metadata", {})}, "spec": template["spec"]}
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)


def pods(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "head", spec["headGroupSpec"]["template"]
    for group in spec["workerGroupSpecs"]:
        yield group["groupName"], group["template"]


if __name__ == "__main__":
    try:
        main()
    except (jsonschema.ValidationError, kubernetes_validate.utils.ValidationError, ValueError, KeyError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
