"""Figures of matching: how long, how alike, how often not at all, and who was not let in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from protocol.errors import LookalikeError
from telemetry.family import Count, Histogram

if TYPE_CHECKING:
    from prometheus_client.core import Metric


class MatchFigures:
    """Put `with figures.match() as done:` around a match, and call `done(similarity)` when there is one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds = Histogram("lookalike_match_seconds")
        self._similarity = Histogram("lookalike_match_similarity_ratio")
        self._failures = Count("lookalike_match_failures_total", [("refused",), ("error",)])
        self._turned_away = Count("lookalike_service_refusals_total", [("token",), ("too_often",)])

    @contextmanager
    def match(self) -> Iterator[Callable[[float], None]]:
        """Failures that a user can put right are "refused", others "error"; both go on as they came."""
        started = self._clock()
        try:
            yield self._similarity.observe
        except LookalikeError:
            self._failures.add(1.0, "refused")
            raise
        except BaseException:
            self._failures.add(1.0, "error")
            raise
        self._seconds.observe(self._clock() - started)

    def turn_away(self, reason: Literal["token", "too_often"]) -> None:
        """Somebody asked without a token of the service's, or too often."""
        self._turned_away.add(1.0, reason)

    def collect(self) -> Iterator[Metric]:
        for part in (self._seconds, self._similarity, self._failures, self._turned_away):
            yield from part.collect()
