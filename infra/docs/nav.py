"""A hook of mkdocs: decision records, facts and pages that nobody listed stand in the navigation all the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDERS = ("decisions", "facts")
OTHERS = "Inside"
"""The section of pages that are listed nowhere; those of `operate/` go to `Operate`."""


def on_config(config: Any) -> Any:
    """Puts the pages of a folder in its name's place, as in `Decisions: [decisions]`."""
    docs = Path(config.docs_dir)
    config.nav = _filled(config.nav, docs)
    listed = set(_pages(config.nav))
    for path in sorted(docs.rglob("*.md")):
        page = str(path.relative_to(docs))
        if page not in listed:
            section = "Operate" if page.startswith("operate/") else OTHERS
            next(entry[section] for entry in config.nav if section in entry).append({_title(path): page})
    return config


def _pages(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    for value in entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else ():
        yield from _pages(value)


def _filled(entry: Any, docs: Path) -> Any:
    if isinstance(entry, dict):
        return {name: _filled(value, docs) for name, value in entry.items()}
    if not isinstance(entry, list):
        return entry
    if len(entry) == 1 and entry[0] in FOLDERS:
        return [{_title(path): str(path.relative_to(docs))} for path in sorted((docs / entry[0]).glob("*.md"))]
    return [_filled(value, docs) for value in entry]


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
