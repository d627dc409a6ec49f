from __future__ import annotations

from trainer.metrics import TrainingFigures
from trainer.stages import Progress


def test_a_trainings_progress_quality_and_pace_are_told() -> None:
    clock = iter([0.0, 2.0, 5.0])
    figures = TrainingFigures(clock=lambda: next(clock))
    figures.show(Progress("imitator", 1, 4, {"loss": 0.5}))
    figures.show(Progress("imitator", 2, 4, {"loss": 0.25}))

    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in figures.collect()
        for sample in family.samples
    }
    assert found["lookalike_training_progress_ratio", "imitator"] == 0.5
    assert found["lookalike_training_figure", "imitator", "loss"] == 0.25
    assert found["lookalike_training_seconds_total", "imitator"] == 5.0
