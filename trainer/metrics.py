"""Figures of a training, fed by its progress: for Prometheus while it runs, and in `training.json` for afterwards."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from protocol.object_file import Place, write_object
from telemetry.family import family
from trainer.errors import TrainerError

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from trainer.stages import Progress

RECORD_FILE = "training.json"
RECORD_SCHEMA_VERSION = 1
_SECONDS_BETWEEN_WRITES = 2.0


class TrainingFigures:
    """Call `show` with every progress, beside whoever draws it. Labels are the pipeline's steps and figures."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._steps: dict[str, Progress] = {}
        self._seconds: dict[str, float] = {}
        self._courses: dict[str, list[dict[str, float]]] = {}
        self._last_seconds = clock()

    def show(self, progress: Progress) -> None:
        with self._lock:
            now = self._clock()
            self._steps[progress.step] = progress
            self._seconds[progress.step] = self._seconds.get(progress.step, 0.0) + now - self._last_seconds
            self._last_seconds = now
            if progress.figures:
                self._courses.setdefault(progress.step, []).append({"done": progress.done, **progress.figures})

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

    def to_json(self) -> dict[str, Any]:
        """By step: how far, how long, and its figures each time that they were told."""
        with self._lock:
            return {
                name: {
                    "done": step.done,
                    "total": step.total,
                    "seconds": round(self._seconds[name], 3),
                    "course": list(self._courses.get(name, [])),
                }
                for name, step in self._steps.items()
            }


class TrainingRecord:
    """`training.json`: what is trained on what, and how it went. Whoever looks while it runs sees it grow.

    `about` says what is known beforehand: snapshot, rows, seed, workers.
    """

    def __init__(self, place: Place, about: Mapping[str, object], clock: Callable[[], float] = time.monotonic) -> None:
        self.figures = TrainingFigures(clock)
        self._place, self._about, self._clock = place, dict(about), clock
        self._next_write_seconds = clock()

    def show(self, progress: Progress) -> None:
        self.figures.show(progress)
        if self._clock() >= self._next_write_seconds or progress.done == progress.total:
            self.write("running")

    def write(self, state: str) -> None:
        """`state`: running, done or failed. Raises TrainerError when the place cannot be written."""
        self._next_write_seconds = self._clock() + _SECONDS_BETWEEN_WRITES
        table = {
            "schema_version": RECORD_SCHEMA_VERSION,
            "state": state,
            "about": self._about,
            "steps": self.figures.to_json(),
        }
        try:
            write_object(self._place, (json.dumps(table, indent=1) + "\n").encode())
        except OSError as error:
            raise TrainerError(f"{self._place} cannot be written: {error}") from error
