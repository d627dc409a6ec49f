"""What a process holds while it lives: memory and open files, and whether they grow.

Hours are of game time, mean of all agents: the clock on which a campaign goes by. A process that was killed starts a new life.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

_FLOOR_SECONDS = 60.0
_LEAST_FLOORS = 10
_TWO_SIDED_95 = 1.96


@dataclass(frozen=True, slots=True)
class Sample:
    hours: float
    seconds: float
    memory_bytes: int
    open_files: int


@dataclass(frozen=True, slots=True)
class Span:
    """On both clocks: game hours go by many times faster than the wall's, by which allocators and caches settle."""

    hours: float
    minutes: float

    def is_within(self, first: Sample, last: Sample) -> bool:
        return last.hours - first.hours >= self.hours and last.seconds - first.seconds >= self.minutes * 60


@dataclass(slots=True)
class Life:
    """One process from start to end. `kind` is what it does."""

    kind: str
    pid: int
    samples: list[Sample] = field(default_factory=list)

    def after(self, warm_up: Span) -> list[Sample]:
        """The samples that count; none of a life that was not yet warm."""
        return [sample for sample in self.samples if warm_up.is_within(self.samples[0], sample)]


@dataclass(frozen=True, slots=True)
class Growth:
    """Of a life after its warm-up, in percent of its memory per game hour, with the ends of a 95 % interval;
    where that has none, those of how far the floor went."""

    kind: str
    pid: int
    hours: float
    minutes: float
    memory_mb: float
    percent_an_hour: float
    least_percent_an_hour: float
    most_percent_an_hour: float


def growth(life: Life, warm_up: Span, shortest: Span) -> Growth | None:
    """Of the floor on which memory stands; None for a life that was shorter after its warm-up."""
    samples = life.after(warm_up)
    if not samples or not shortest.is_within(samples[0], samples[-1]):
        return None
    floors = floors_of(samples)
    if len(floors) < _LEAST_FLOORS:
        return None
    memory = np.array([sample.memory_bytes for sample in floors], float)
    usual = float(np.median(memory))
    hours = np.array([sample.hours for sample in floors])
    slope, least, most = robust_slope(hours, 100 * memory / usual)
    # Where memory sways too slowly for an interval, this still holds: its floor rose and fell by so much and no more.
    furthest = 100 * float(np.ptp(memory)) / usual / float(np.ptp(hours))
    least = min(slope, -furthest) if math.isinf(least) else least
    most = max(slope, furthest) if math.isinf(most) else most
    return Growth(
        kind=life.kind,
        pid=life.pid,
        hours=round(samples[-1].hours - samples[0].hours, 3),
        minutes=round((samples[-1].seconds - samples[0].seconds) / 60, 1),
        memory_mb=round(usual / 1e6, 1),
        percent_an_hour=round(slope, 3),
        least_percent_an_hour=round(least, 3),
        most_percent_an_hour=round(most, 3),
    )


def floors_of(samples: Sequence[Sample]) -> list[Sample]:
    """The lowest of every minute: what is held for a moment comes and goes, what leaks lifts the floor."""
    lowest: dict[int, Sample] = {}
    for sample in samples:
        minute = int((sample.seconds - samples[0].seconds) / _FLOOR_SECONDS)
        if minute not in lowest or sample.memory_bytes < lowest[minute].memory_bytes:
            lowest[minute] = sample
    return list(lowest.values())


def robust_slope(at: np.ndarray, values: np.ndarray) -> tuple[float, float, float]:
    """The median of the slopes of all pairs (Theil 1950, Sen 1968), and the ends of its 95 % interval.

    Single peaks do not count. The interval is Sen's, made wider for values that follow each other: memory that sways slowly
    says less than as many independent looks (Yue and Wang 2004, first order).
    """
    first, second = np.triu_indices(len(at), 1)
    apart = at[second] - at[first]
    slopes = np.sort((values[second] - values[first])[apart > 0] / apart[apart > 0])
    if not len(slopes):
        return 0.0, -math.inf, math.inf
    slope = float(np.median(slopes))
    spread = _TWO_SIDED_95 * math.sqrt(_variance_of_signs(len(at)) * _inflation(values - slope * at))
    lower, upper = (round((len(slopes) + sign * spread) / 2) for sign in (-1, 1))
    least = float(slopes[lower]) if lower >= 0 else -math.inf
    most = float(slopes[upper]) if upper < len(slopes) else math.inf
    return slope, least, most


def _variance_of_signs(number: int) -> float:
    """Of the sum of all pairs' signs where nothing grows (Kendall)."""
    return number * (number - 1) * (2 * number + 5) / 18


def _inflation(residues: np.ndarray) -> float:
    """Of the variance by what one value keeps of the one before; short series show too little of it (Marriott, Pope 1954)."""
    centred = residues - residues.mean()
    power = float(centred @ centred)
    echo = float(centred[1:] @ centred[:-1]) / power if power else 0.0
    kept = min(max(echo + (2 + 4 * echo) / len(centred), 0.0), 0.95)
    return (1 + kept) / (1 - kept)


def grown_files(life: Life, warm_up: Span, shortest: Span) -> int | None:
    """The fewest open in the last third of a life less the fewest in its first one, since connections come and go."""
    samples = life.after(warm_up)
    if len(samples) < 10 or not shortest.is_within(samples[0], samples[-1]):
        return None
    third = len(samples) // 3
    return _fewest(samples[-third:]) - _fewest(samples[:third])


def _fewest(samples: Sequence[Sample]) -> int:
    return min(sample.open_files for sample in samples)
