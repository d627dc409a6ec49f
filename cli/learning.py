"""Trains a model set with progress bars: one for each step, with the figures known so far."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.progress import Progress as Bars
from rich.progress import TaskID

from cli.console import progress_bars
from creator.profile import Profile
from dataset.snapshot import Snapshot
from telemetry.folder import exported
from trainer.metrics import RECORD_FILE, TrainingRecord
from trainer.model_set import ModelSet
from trainer.pipeline import Progress, TrainingConfig, train_all
from trainer.rows import sweeps_of

_TITLES = {
    "imitator": ("Training the imitator", "epochs"),
    "inversion": ("Inverting targets", "targets"),
    "estimates": ("Estimating more targets", "targets"),
    "affinity": ("Training affinity network", "epochs"),
    "sliders": ("Training slider network", "epochs"),
    "export": ("Exporting", "nets"),
}


def train_with_progress(
    snapshot: Snapshot,
    profile: Profile,
    folder: Path,
    *,
    seed: int = 0,
    most_inverted: int | None = None,
    is_quiet: bool = False,
    metrics: Path | None = None,
) -> ModelSet:
    """`most_inverted` bounds the targets that inversion refines, which take most of the time; `metrics` is the folder for
    figures, where Prometheus finds this process beside the others.

    Raises TrainingDataError when there is too little to learn from.
    """
    config = TrainingConfig.for_rows(snapshot.info.num_rows, seed=seed)
    if most_inverted is not None:
        judges = min(config.targets.num_judges, max(1, most_inverted // 5))
        targets = replace(config.targets, num_judges=judges)
        config = replace(config, num_inverted=min(config.num_inverted, most_inverted), targets=targets)
    with progress_bars(is_quiet=is_quiet) as bars:
        info = snapshot.info
        about = {"rows": info.num_rows, "sweeps": sweeps_of(snapshot), "dataset_version": info.dataset_version}
        steps, record = _Steps(bars), TrainingRecord(folder / RECORD_FILE, about | {"seed": seed})

        def on_progress(progress: Progress) -> None:
            steps.show(progress)
            record.show(progress)

        with exported("training", record.figures, metrics), record.kept():
            return train_all(snapshot, profile, config, folder, on_progress)


class _Steps:
    """A bar for each step, made when the step begins."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def show(self, progress: Progress) -> None:
        title, unit = _TITLES.get(progress.step, (progress.step, "steps"))
        if progress.step not in self._tasks:
            self._tasks[progress.step] = self._bars.add_task(title, total=progress.total, unit=unit)
        self._bars.update(self._tasks[progress.step], completed=progress.done, total=progress.total)
