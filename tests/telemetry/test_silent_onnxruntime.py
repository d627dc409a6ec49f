"""Nobody but the user hears of a match: onnxruntime would tell its maker."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.parent for path in ROOT.glob("*/__init__.py"))
THE_ONE = ROOT / "telemetry" / "silent_onnxruntime.py"


@pytest.mark.parametrize("module", ["embedding.onnx_session", "trainer.model_set"])
def test_onnxruntime_leaves_no_trace_in_the_home_of_its_user(module: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "XDG_CACHE_HOME"}
    environment |= {"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    code = f"import {module}; from telemetry.silent_onnxruntime import onnxruntime; onnxruntime.SessionOptions()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
    assert list(tmp_path.rglob("*")) == []


def test_nobody_imports_onnxruntime_but_in_the_silent_way() -> None:
    importing = [path for package in PACKAGES for path in package.rglob("*.py") if _imports_it(path)]
    assert importing == [THE_ONE]


def _imports_it(path: Path) -> bool:
    if "onnxruntime" not in (text := path.read_text(encoding="utf-8")):
        return False
    nodes = list(ast.walk(ast.parse(text)))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names = plain + [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return any(name.partition(".")[0] == "onnxruntime" for name in names)
