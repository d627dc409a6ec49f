"""What a process holds while it lives: memory and open files, and whether they grow.

Hours are of game time, mean of all agents: the clock on which a campaign goes by. A process that was killed starts a new life.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

_MOST_SAMPLES = 400  # of one life; every pair of them gives a slope


@dataclass(frozen=True, slots=True)
class Sample:
    hours: float
    seconds: float
    memory_bytes: int
    open_files: int


@dataclass(slots=True)
class Life:
    """One process from start to end. `kind` is what it does."""

    kind: str
    pid: int
    samples: list[Sample] = field(default_factory=list)

    def after(self, warm_up_hours: float) -> list[Sample]:
        """The samples that count; none of a life that was not yet warm."""
        return [sample for sample in self.samples if sample.hours - self.samples[0].hours >= warm_up_hours]


@dataclass(frozen=True, slots=True)
class Growth:
    """Of a life after its warm-up. Percent are of the memory's median; `files`: the fewest open in its last third less the
    fewest in its first one, since connections come and go."""

    kind: str
    pid: int
    hours: float
    memory_mb: float
    percent_an_hour: float
    percent_an_hour_of_the_wall: float
    grown_mb: float
    files: int


def growth(life: Life, warm_up_hours: float) -> Growth | None:
    """None for a life that ended with its warm-up."""
    samples = life.after(warm_up_hours)
    if len(samples) < 10 or samples[-1].hours == samples[0].hours:
        return None
    thin = samples[:: -(-len(samples) // _MOST_SAMPLES)]
    memory = np.array([sample.memory_bytes for sample in thin], float)
    hours = np.array([sample.hours for sample in thin])
    wall_hours = np.array([sample.seconds for sample in thin]) / 3600
    percent = 100 / float(np.median(memory))
    third = len(samples) // 3
    return Growth(
        kind=life.kind,
        pid=life.pid,
        hours=round(samples[-1].hours - samples[0].hours, 3),
        memory_mb=round(float(np.median(memory)) / 1e6, 1),
        percent_an_hour=round(robust_slope(hours, memory) * percent, 3),
        percent_an_hour_of_the_wall=round(robust_slope(wall_hours, memory) * percent, 3),
        grown_mb=round((np.median(memory[-third:]) - np.median(memory[:third])) / 1e6, 2),
        files=_fewest(samples[-third:]) - _fewest(samples[:third]),
    )


def robust_slope(at: np.ndarray, values: np.ndarray) -> float:
    """The median of the slopes of all pairs (Theil 1950, Sen 1968): single peaks do not count."""
    first, second = np.triu_indices(len(at), 1)
    apart = at[second] - at[first]
    slopes = (values[second] - values[first])[apart > 0] / apart[apart > 0]
    return float(np.median(slopes)) if len(slopes) else 0.0


def _fewest(samples: Sequence[Sample]) -> int:
    return min(sample.open_files for sample in samples)
