"""The shell blocks of the documentation, and what a test is to do with each.

A fence of the language `sh` is a command block. A comment above it may say `<!-- test: WORDS -->`:
  slow                         run by `make test-all` only
  background                   left running until the page ends
  wait for URL                 with background: go on when something answers there
  with TOOL                    needs a program that not every machine has
  not here: REASON             cannot run in a test; its `lookalike` commands are checked against the program's options
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(
    r"(?:^<!-- test: (?P<words>[^\n]*?) -->\n)?^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_COMMAND = re.compile(
    r"^\s*(?:lookalike|make|prometheus|promtool|python|pip|ray|kubectl|docker|systemctl|aws|openssl|git|sudo|install|curl)\s",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """One command block of a page."""

    page: str
    number: int
    text: str
    words: str

    @property
    def name(self) -> str:
        return f"{self.page}:{self.number}"

    @property
    def is_slow(self) -> bool:
        return "slow" in self._flags

    @property
    def is_background(self) -> bool:
        return "background" in self._flags

    @property
    def url(self) -> str:
        return next((flag.removeprefix("wait for ") for flag in self._flags if flag.startswith("wait for ")), "")

    @property
    def tool(self) -> str:
        return next((flag.removeprefix("with ") for flag in self._flags if flag.startswith("with ")), "")

    @property
    def reason(self) -> str:
        """Why it cannot run in a test."""
        return self.words.removeprefix("not here: ") if self.words.startswith("not here: ") else ""

    @property
    def _flags(self) -> list[str]:
        return [] if self.reason else [flag.strip() for flag in self.words.split(",") if flag.strip()]

    @property
    def unknown_flags(self) -> list[str]:
        return [
            flag
            for flag in self._flags
            if flag not in ("slow", "background") and not flag.startswith(("wait for ", "with "))
        ]

    def commands(self, program: str) -> list[str]:
        """Its lines that call a program, continued ones put together."""
        text = self.text.replace("\\\n", " ")
        return [line.strip() for line in text.splitlines() if line.strip().startswith(f"{program} ")]


def pages() -> list[Path]:
    """Of the site, in a fixed order."""
    return sorted(path for path in (ROOT / "docs").rglob("*.md"))


def blocks_of(path: Path) -> list[Block]:
    page = str(path.relative_to(ROOT))
    found = (
        match for match in _FENCE.finditer(path.read_text(encoding="utf-8")) if match["language"].split(" ")[0] == "sh"
    )
    return [Block(page, number, match["text"], match["words"] or "") for number, match in enumerate(found, start=1)]


def unlabelled_commands(path: Path) -> list[str]:
    """Commands in fences that are no command blocks, so that no test would run them."""
    found = (
        match for match in _FENCE.finditer(path.read_text(encoding="utf-8")) if match["language"].split(" ")[0] != "sh"
    )
    return [line.group().strip() for match in found for line in _COMMAND.finditer(match["text"])]
