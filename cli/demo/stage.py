"""How long each stage of the demo took."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from protocol.errors import LookalikeError
from protocol.object_file import write_object


def read_json(path: Path) -> Any:
    """Raises LookalikeError for a damaged file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LookalikeError(f"{path} is damaged ({error}); begin anew with --fresh") from error


@dataclass
class StageClock:
    """Seconds by stage, in the order in which they began, kept in a file; a resumed stage adds up."""

    path: Path
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> StageClock:
        return cls(path, read_json(path) if path.exists() else {})

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - started, 2)
            write_object(self.path, json.dumps(self.seconds).encode())
