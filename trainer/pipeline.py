"""From a snapshot to a model set in one process: the same steps that the jobs run on n workers."""

from __future__ import annotations

import hashlib

from creator.profile import Profile
from dataset.snapshot import Snapshot
from protocol.object_file import Place, delete_folder, place_in, read_object
from trainer.checkpoint import write_whole
from trainer.model_set import ModelSet
from trainer.space import Floats
from trainer.stages import (
    OnProgress,
    Progress,
    Training,
    TrainingConfig,
    affinity_step,
    export_step,
    imitator_step,
    inversion_step,
    slider_step,
)

__all__ = ["OnProgress", "Progress", "TrainingConfig", "train_all"]

STEPS = ("imitator", "inversion", "estimates", "affinity", "sliders", "export")
"""Names in `Progress.step`, in their order."""


def train_all(
    snapshot: Snapshot,
    profile: Profile,
    config: TrainingConfig,
    out_folder: Place,
    on_progress: OnProgress | None = None,
    *,
    extra_XD: Floats | None = None,
    noise_variance: float | None = None,
) -> ModelSet:
    """Trains all three networks and leaves a model set in `out_folder`, with `imitator.pt` beside it for later inversions.

    What is half done stands in `out_folder/training` and is taken up by the next call with the same data and settings.
    Raises TrainingDataError, CheckpointError, ModelSetError.
    """
    training = Training(snapshot, profile, config, str(out_folder), extra_XD, noise_variance, on_progress)
    number = hashlib.sha256(training.identity.encode()).hexdigest()[:12]
    workshop = place_in(place_in(out_folder, "training"), number)
    training = Training(snapshot, profile, config, str(workshop), extra_XD, noise_variance, on_progress)
    imitator = imitator_step(training)
    lessons = inversion_step(training, imitator)
    _, examples = affinity_step(training, lessons)
    slider_step(training, lessons, examples)
    models = export_step(training, imitator, out_folder)
    write_whole(place_in(out_folder, "imitator.pt"), read_object(place_in(workshop, "imitator.pt")))
    delete_folder(place_in(out_folder, "training"))
    return models
