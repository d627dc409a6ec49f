"""How every benchmark ends: one JSON object on one line, its figures beside the circumstances under which they were taken."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def report(figures: Mapping[str, object], out: Path | None, packages: tuple[str, ...] = ()) -> None:
    """Prints the line, last of the output, and writes it to `out`. `packages`: whose versions the figures depend on."""
    line = json.dumps({**figures, **circumstances(packages)})
    if out is not None:
        out.write_text(line + "\n", encoding="utf-8")
    print(line)


def circumstances(packages: tuple[str, ...] = ()) -> dict[str, object]:
    """`command` names files and folders without the place where they lie."""
    module = Path(sys.argv[0]).stem
    words = [Path(word).name if word.startswith(("/", "~")) else word for word in sys.argv[1:]]
    return {
        "command": " ".join(["python -m", f"benchmarks.{module}", *words]),
        "commit": _commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
    }


def _commit() -> str:
    """With a plus behind it where files differ from the commit; empty outside of a checkout."""
    git = shutil.which("git") or "git"
    told = subprocess.run(
        [git, "describe", "--always", "--abbrev=8", "--dirty=+"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return told.stdout.strip()
