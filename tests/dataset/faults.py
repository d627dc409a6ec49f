"""Faults as networks and tired servers make them: some requests fail, some of those after they were done, and some stall."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LOOK_SECONDS = 0.1


class Faults:
    """Fails `share` of what is done, half of that after it was done; nothing ends while the file `stalled` is there."""

    def __init__(self, share: float, *, stalled: Path | None = None, seed: int | None = None) -> None:
        self._share = share
        self._stalled = stalled
        self._chance = random.Random(seed)
        self.num_failed = 0

    def strike(
        self, fail: Callable[[str], Exception], name: str, do: Callable[..., Any], *told: Any, **named: Any
    ) -> Any:
        self.wait()
        draw = self.draw()
        if draw == "before":
            raise fail(f"{name} did not get through")
        result = do(*told, **named)
        if draw == "after":
            raise fail(f"the answer to {name} got lost")
        return result

    def wait(self) -> None:
        while self._stalled is not None and self._stalled.exists():
            time.sleep(_LOOK_SECONDS)

    def draw(self) -> str:
        """Whether to fail `before` or `after` it is done, or `never`."""
        draw = self._chance.random()
        self.num_failed += draw < self._share
        return "before" if draw < self._share / 2 else "after" if draw < self._share else "never"
