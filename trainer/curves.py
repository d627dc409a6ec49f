"""Learning curves as data: one point an epoch. Whoever draws them reads the model card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """State of a training after an epoch (counted from 1). `rows` is how many rows it has seen, repeats included."""

    epoch: int
    num_epochs: int
    rows: int
    training_loss: float
    held_out: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def curve_json(points: Sequence[CurvePoint]) -> list[dict[str, object]]:
    return [point.to_json() for point in points]
