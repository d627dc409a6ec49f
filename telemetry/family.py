"""The catalogue's figures as families of `prometheus_client`, and states that are counted as they happen."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from telemetry.catalogue import figure
from telemetry.errors import FigureError

Values = Mapping[tuple[str, ...], float]


def family(name: str, values: Values | float) -> Metric:
    """A counter's or gauge's family; values by label values in the catalogue's order, or one number where there are none."""
    known = figure(name)
    by_labels = values if isinstance(values, Mapping) else {(): values}
    kind = CounterMetricFamily if known.kind == "counter" else GaugeMetricFamily
    made = kind(name, known.text, labels=known.labels)
    for labels, value in by_labels.items():
        if len(labels) != len(known.labels):
            raise FigureError(f"Figure {name} has the labels {known.labels}, got the values {labels}")
        made.add_metric(labels, value)
    return made


class Count:
    """A counter that is added to as things happen. Safe to use from several threads."""

    def __init__(self, name: str, known: Iterable[tuple[str, ...]] = ()) -> None:
        """`known` label values stand at 0 from the start, so that a rate over their first event is right."""
        self._name = name
        self._lock = threading.Lock()
        self._values: dict[tuple[str, ...], float] = dict.fromkeys(known, 0.0)
        if not figure(name).labels:
            self._values.setdefault((), 0.0)

    def add(self, amount: float = 1.0, *labels: str) -> None:
        with self._lock:
            self._values[labels] = self._values.get(labels, 0.0) + amount

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            values = dict(self._values)
        yield family(self._name, values)


class Histogram:
    """A histogram with the catalogue's bounds. Safe to use from several threads."""

    def __init__(self, name: str) -> None:
        self._figure = figure(name)
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, ...], list[int]] = {}
        self._sums: dict[tuple[str, ...], float] = {}
        if not self._figure.labels:
            self._begin(())

    def _begin(self, labels: tuple[str, ...]) -> list[int]:
        self._sums.setdefault(labels, 0.0)
        return self._counts.setdefault(labels, [0] * (len(self._figure.bounds) + 1))

    def observe(self, value: float, *labels: str) -> None:
        with self._lock:
            self._begin(labels)[bisect_left(self._figure.bounds, value)] += 1
            self._sums[labels] += value

    def collect(self) -> Iterator[Metric]:
        made = HistogramMetricFamily(self._figure.name, self._figure.text, labels=self._figure.labels)
        names = [*(f"{bound:g}" for bound in self._figure.bounds), "+Inf"]
        with self._lock:
            for labels, counts in self._counts.items():
                buckets = list(zip(names, map(float, accumulate(counts)), strict=True))
                made.add_metric(labels, buckets, self._sums[labels])
        yield made
