"""Agents see keys and pixels and nothing else: shown by what they import and by what a device offers."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

import agents
from agents.agent import run_agent
from agents.calibrate import calibrate
from agents.driver import Driver
from protocol.device import Device, Picture, Region, WindowInfo

MODULES = sorted(Path(agents.__file__).parent.glob("*.py"))
HEAVY = {"ray", "torch", "pyarrow", "onnxruntime", "deltalake", "fastapi", "numba", "scipy"}
PARTS = {"standin", "dataset", "embedding", "coordinator", "trainer", "matcher", "cli"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).partition(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from (
                str(argument.value).partition(".")[0] for argument in node.args if isinstance(argument, ast.Constant)
            )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_module_of_agents_imports_the_stand_in_or_what_a_windows_pc_has_not(path: Path) -> None:
    assert not set(imports(path)) & (HEAVY | PARTS)


def test_a_device_offers_keys_pixels_clock_and_window_and_nothing_else() -> None:
    offered = {name for name in vars(Device) if not name.startswith("_")}

    assert offered == {"key_down", "key_up", "grab", "now", "wait", "window", "focus", "close"}
    assert get_type_hints(Device.grab) == {"region": Region | None, "return": Picture}
    assert get_type_hints(Device.window)["return"] is WindowInfo
    assert set(Picture.__slots__) == {"width", "height", "rgb", "seconds"}
    assert set(WindowInfo.__slots__) == {"title", "width", "height", "is_in_front"}


@pytest.mark.parametrize("entrance", [run_agent, calibrate, Driver.__init__])
def test_whoever_drives_is_given_a_device_and_no_game(entrance: object) -> None:
    hints = inspect.get_annotations(entrance, eval_str=True)  # type: ignore[arg-type]

    assert hints["device"] is Device
