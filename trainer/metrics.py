"""Figures of a training, fed by its progress."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from telemetry.family import family

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from trainer.stages import Progress


class TrainingFigures:
    """Call `show` with every progress, beside whoever draws it. Labels are the pipeline's steps and figures."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._steps: dict[str, Progress] = {}
        self._seconds: dict[str, float] = {}
        self._last_seconds = clock()

    def show(self, progress: Progress) -> None:
        with self._lock:
            now = self._clock()
            self._steps[progress.step] = progress
            self._seconds[progress.step] = self._seconds.get(progress.step, 0.0) + now - self._last_seconds
            self._last_seconds = now

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            steps, seconds = dict(self._steps), dict(self._seconds)
        done: dict[tuple[str, ...], float] = {
            (name,): step.done / step.total for name, step in steps.items() if step.total
        }
        yield family("lookalike_training_progress_ratio", done)
        yield family("lookalike_training_seconds_total", {(name,): spent for name, spent in seconds.items()})
        figures: dict[tuple[str, ...], float] = {
            (name, figure): float(value) for name, step in steps.items() for figure, value in step.figures.items()
        }
        yield family("lookalike_training_figure", figures)
