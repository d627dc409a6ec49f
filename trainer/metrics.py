"""What a training tells, fed by its progress: figures for Prometheus, log lines, and `training.json` for afterwards."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from protocol.object_file import Place, read_object, write_object
from telemetry.family import family
from telemetry.log import working_on
from trainer.errors import TrainerError

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from trainer.stages import Progress

_LOG = logging.getLogger(__name__)
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
        yield family("lookalike_training_rows_total", {(name,): step.rows for name, step in steps.items() if step.rows})
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

    `about` says what is known beforehand: rows, sweeps, version of the tables, seed, workers. `attempt` counts the times that
    this very training was begun and did not end well.
    """

    def __init__(self, place: Place, about: Mapping[str, object], clock: Callable[[], float] = time.monotonic) -> None:
        self.figures = TrainingFigures(clock)
        self._place, self._about, self._clock = place, dict(about), clock
        self.attempt = 1
        self._next_write_seconds = clock()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Around the training: its log lines say what it learns from, and how it ended is left behind."""
        self.attempt = self._attempts_before() + 1
        with working_on(**self._names()):
            _LOG.info("training starts rows=%s", self._about.get("rows"))
            try:
                yield
            except BaseException as error:
                _LOG.error("training failed reason=%s: %s", type(error).__name__, error)
                self.write("failed")
                raise
            _LOG.info("training done")
            self.write("done")

    def show(self, progress: Progress) -> None:
        self.figures.show(progress)
        _log_progress(progress)
        if self._clock() >= self._next_write_seconds or progress.done == progress.total:
            self.write("running")

    def write(self, state: str) -> None:
        """`state`: running, done or failed. Raises TrainerError when the place cannot be written."""
        self._next_write_seconds = self._clock() + _SECONDS_BETWEEN_WRITES
        table = {
            "schema_version": RECORD_SCHEMA_VERSION,
            "state": state,
            "attempt": self.attempt,
            "about": self._about,
            "steps": self.figures.to_json(),
        }
        try:
            write_object(self._place, (json.dumps(table, indent=1) + "\n").encode())
        except OSError as error:
            raise TrainerError(f"{self._place} cannot be written: {error}") from error

    def _names(self) -> dict[str, object]:
        """The fields of every line; `sweep` as in the logs of those who captured, with commas where there are several."""
        sweeps = self._about.get("sweeps")
        names: dict[str, object] = {"sweep": ",".join(map(str, sweeps)) if isinstance(sweeps, list) else ""}
        names |= {name: self._about[name] for name in ("network", "dataset_version", "seed") if name in self._about}
        return names | {"attempt": self.attempt}

    def _attempts_before(self) -> int:
        """0 after a training that ended well, and where there was none or another one."""
        try:
            table = json.loads(read_object(self._place))
            is_same = table["about"] == json.loads(json.dumps(self._about)) and table["state"] != "done"
            return int(table["attempt"]) if is_same else 0
        except (OSError, ValueError, KeyError, TypeError):
            return 0


def _log_progress(progress: Progress) -> None:
    """An epoch is a line, and so is the end of a step without epochs."""
    if progress.figures or progress.done == progress.total:
        figures = " ".join(f"{name}={value:.6g}" for name, value in progress.figures.items())
        _LOG.info("trained step=%s done=%d total=%d %s", progress.step, progress.done, progress.total, figures)
