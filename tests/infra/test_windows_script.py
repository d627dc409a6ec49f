"""The install script for Windows: what can be known of it without Windows."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from cli.agent import agent
from cli.calibrate import calibrate

SCRIPT = Path(__file__).parents[2] / "infra" / "windows" / "agent.ps1"
TEXT = SCRIPT.read_text(encoding="utf-8")


def options_of(verb: Callable[..., None]) -> set[str]:
    """Every option that a verb of the command has."""
    hints = get_type_hints(verb, include_extras=True)
    found = set()
    for name in inspect.signature(verb).parameters:
        told = [one for part in get_args(hints[name]) for one in getattr(part, "param_decls", None) or ()]
        found |= set(told or ["--" + name.replace("_", "-")])
    return found


def options_in(line: str) -> set[str]:
    return {word for word in shlex.split(line.replace("\\", "/")) if word.startswith("--")}


def test_the_agent_is_started_with_options_that_it_has() -> None:
    line = next(line for line in TEXT.splitlines() if "-m cli.main agent" in line)
    command = line.partition("cli.main agent ")[2].partition(" >>")[0]

    assert options_in(command) <= options_of(agent)
    assert {"--url", "--token-file", "--calibration", "--spool", "--evidence"} <= options_in(command)


def test_calibration_is_asked_with_options_that_it_has_and_goes_where_the_agent_looks() -> None:
    line = next(line for line in TEXT.splitlines() if "'calibrate', '--device'" in line)

    assert set(re.findall(r"'(--[a-z-]+)'", line)) <= options_of(calibrate)
    assert "'--to', $Calibration" in line


def test_every_function_that_is_called_is_there() -> None:
    own = set(re.findall(r"^function ([A-Z][a-z]+-[A-Za-z]+)", TEXT, re.MULTILINE))
    code = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"|#.*", "", TEXT.partition("#>")[2])
    shipped = re.compile(
        "(Get|Set|New|Remove|Copy|Test|Join|Resolve|Write|Push|Pop|Out|Start|Stop|Register|Unregister|Format|Where|ForEach|"
        "ConvertTo|ConvertFrom)-(Content|Item|ChildItem|Path|Location|Null|Host|Error|StrictMode|Command|Process|Object|Json|"
        "List|CimInstance|TimeSpan|ScheduledTask[A-Za-z]*)"
    )
    called = set(re.findall(r"(?<![\w-])([A-Z][A-Za-z]+-[A-Z][A-Za-z]+)", code))

    assert {name for name in called - own if not shipped.fullmatch(name)} == set()
    assert own <= called


def test_the_script_is_powershell() -> None:
    tree_sitter = pytest.importorskip("tree_sitter", reason="pip install tree-sitter tree-sitter-powershell")
    grammar = pytest.importorskip("tree_sitter_powershell", reason="pip install tree-sitter-powershell")
    root = tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(TEXT.encode()).root_node

    assert [f"line {node.start_point[0] + 1}: {node.text[:80]!r}" for node in faults(root)] == []


def faults(node: Any) -> Iterator[Any]:
    if node.type == "ERROR" or node.is_missing:
        yield node
    for child in node.children:
        yield from faults(child)
