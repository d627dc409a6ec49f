"""Every command of the documentation is run, or is checked against the program where it cannot run."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from shell_blocks import ROOT, Block, blocks_of, pages, unlabelled_commands
from typer.core import TyperGroup

from cli.verbs import add_verbs

NOT_HERE = {
    "docs/campaign.md": ["needs the game on Windows", "needs a bucket"],
    "docs/index.md": ["the tests bring their own environment"],
    "docs/quickstart.md": [
        "`make demo` is the same as the next command after setting everything up, and CI runs it",
        "the tests bring their own environment",
    ],
    "docs/train.md": ["needs a running Ray cluster"],
    "docs/operate/several_machines.md": [
        "needs machines that are reached by ssh",
        "needs machines that are reached by ssh",
        "needs a Kubernetes cluster with KubeRay",
    ],
    "docs/operate/machines.md": ["needs root on a machine of yours", "needs docker"],
}
"""What cannot run in a test, page by page: a block that joins it has to be added here, so that none is left out unseen."""


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.stem)
def test_no_command_escapes_the_tests(path: Path) -> None:
    blocks = blocks_of(path)
    assert unlabelled_commands(path) == [], "give the fence the language sh"
    assert [(block.name, block.unknown_flags) for block in blocks if block.unknown_flags] == []
    reasons = [block.reason for block in blocks if block.reason]
    assert reasons == NOT_HERE.get(str(path.relative_to(ROOT)), [])


_START_SECONDS = 600.0  # of what runs in the background; patience costs nothing


def lookalike_lines() -> list[str]:
    """All calls of the command, those of the README included."""
    lines = [line for path in pages() for block in blocks_of(path) for line in block.commands("lookalike")]
    readme = re.findall(r"^lookalike [^\n]*", (ROOT / "README.md").read_text(), re.MULTILINE)
    return sorted({line.partition("  #")[0].strip() for line in lines + readme if "..." not in line})


@functools.cache
def the_command() -> Any:
    app = typer.Typer()
    add_verbs(app)
    return typer.main.get_command(app)


@pytest.mark.parametrize("line", lookalike_lines())
def test_the_command_knows_every_verb_and_option(line: str) -> None:
    words = shlex.split(line)[1:]
    command = the_command()
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"no verb {words[0]}"
        command = command.commands[words[0]]
        words = words[1:]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help"
    }
    used = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert used <= known, f"{used - known} of `{line}`"


def runnable(path: Path, *, slow: bool) -> list[Block]:
    """Blocks of a page in their order; the slow run has the quick ones too, which slow ones may rest on."""
    return [block for block in blocks_of(path) if not block.reason and (slow or not block.is_slow)]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder as the project's: with what the docs name by relative paths."""
    for name in ("sweeps", "infra", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.mark.parametrize("path", [path for path in pages() if runnable(path, slow=False)], ids=lambda path: path.stem)
@pytest.mark.timeout(900)
def test_quick_commands_of_a_page_run(path: Path, desk: Path) -> None:
    run_page(runnable(path, slow=False), desk)


@pytest.mark.slow
@pytest.mark.timeout(5400)
@pytest.mark.parametrize(
    "path", [path for path in pages() if any(b.is_slow for b in runnable(path, slow=True))], ids=lambda path: path.stem
)
def test_all_commands_of_a_page_run(path: Path, desk: Path) -> None:
    run_page(runnable(path, slow=True), desk)


def run_page(blocks: list[Block], desk: Path) -> None:
    with contextlib.ExitStack() as stack:
        for block in blocks:
            if block.tool and shutil.which(block.tool) is None:
                pytest.skip(f"{block.name} needs {block.tool}")
            if block.is_background:
                stack.enter_context(_running(block, desk))
            else:
                ended = subprocess.run(_shell(block), cwd=desk, env=_environment(desk), capture_output=True, text=True)
                assert ended.returncode == 0, (
                    f"{block.name}\n{block.text}\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}"
                )


def _shell(block: Block) -> list[str]:
    return ["bash", "-euo", "pipefail", "-c", block.text]


def _environment(desk: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(desk), "OMP_WAIT_POLICY": "PASSIVE"}


@contextlib.contextmanager
def _running(block: Block, desk: Path) -> Iterator[None]:
    """Until the page ends; then it is asked to stop as by Ctrl-C."""
    output = desk / f"background-{block.number}.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            _shell(block), cwd=desk, env=_environment(desk), stdout=file, stderr=file, start_new_session=True
        )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while block.url and not _answers(block.url):
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, f"{block.url} does not answer\n{output.read_text()}"
            time.sleep(0.5)
        yield
        assert process.poll() is None, f"{block.name} ended by itself\n{output.read_text()[-2000:]}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=5).is_success
    except httpx.HTTPError:
        return False
